"""Choosing a threshold by review capacity or by the costs of errors.

A threshold that is chosen on some rows looks better on them than it is. So the rates of a chosen
threshold are cross-fitted: the rows are divided into five parts, each is judged by the threshold
that the other four choose, and the threshold that is told is that of all rows.

What the rows cannot show is not promised. "At most so many a day" is a threshold whose interval
ends below that, and where there is none it is said how many rows would show it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import numpy as np

from upstander.evaluation.errors import EvaluationError
from upstander.evaluation.intervals import Booleans, Floats, Measured, rate
from upstander.evaluation.metrics import of_counts
from upstander.evaluation.predictions import Answers, MetricUnavailable
from upstander.evaluation.suites.case import digest
from upstander.evaluation.traffic import Traffic, promised

_PARTS: Final = 5
"""Parts of the rows, each judged by what the others choose."""

_MIN_ROWS: Final = 10
"""Rows of each class by which a threshold of the least cost is chosen."""


@dataclass(frozen=True, slots=True)
class Constraints:
    """What a platform has and wants.

    posts: a day. share: of them that have the label; None takes that of the rows, which is right
        only if they are a fair sample. capacity: posts a day that people can look at, or None.
    missed, flagged: what a post that is missed costs, and one that is flagged wrongly; or None.
    """

    posts: int
    share: float | None = None
    capacity: int | None = None
    missed: float | None = None
    flagged: float | None = None


@dataclass(frozen=True, slots=True)
class Falls:
    """On whom a threshold falls. Rates are None where a group has no such row."""

    group: str
    flagged_wrongly: Measured | None
    missed: Measured | None


@dataclass(frozen=True, slots=True)
class Choice:
    """A threshold, and what it does on so many posts a day.

    name: why this one. recall, false_positive_rate: of the rows, cross-fitted where the threshold
        was chosen on them.
    flagged, caught, lost, wrong: posts a day that are flagged, those of them that have the label,
        those with it that are not flagged, and those without it that are, with their intervals.
    cost: a day; None unless costs were given.
    """

    name: str
    threshold: float
    recall: Measured
    false_positive_rate: Measured
    flagged: Measured
    caught: Measured
    lost: Measured
    wrong: Measured
    cost: Measured | None
    groups: Sequence[Falls]


@dataclass(frozen=True, slots=True)
class Choices:
    """One suite. curve: (threshold, flagged a day, caught a day) from strict to lenient.

    refused: what was asked for and cannot be promised, with what would be needed.
    """

    suite: str
    label: str
    posts: int
    share: float
    chosen: Sequence[Choice]
    curve: Sequence[tuple[float, float, float]]
    refused: Sequence[str] = field(default_factory=tuple)

    def to_json(self) -> dict[str, Any]:
        """Plain lists and objects."""
        return asdict(self)


def choose(answers: Answers, wish: Constraints) -> Choices:
    """The threshold that meets the constraints, beside the operating points of the bundle.

    Raises MetricUnavailable for rows of one class only, and EvaluationError if nothing meets them.
    """
    if not answers.cases:
        raise MetricUnavailable("no rows")
    label = answers.cases[0].label
    judged = answers.judged(label)
    truth, scores = judged.truth, judged.scores
    if truth.all() or not truth.any():
        raise MetricUnavailable("rows of one class only")
    prior = float(truth.mean()) if wish.share is None else wish.share
    traffic = Traffic(truth, scores, wish.posts, prior, judged.clusters)
    rules, refused = _rules(traffic, wish)
    decided = {
        name: (rule(traffic), _cross_fitted(rule, traffic, judged.clusters))
        for name, rule in rules.items()
    }
    for name in answers.manifest.point_names:
        threshold = answers.manifest.threshold(label, name)
        decided[f"operating point {name}"] = threshold, scores >= threshold
    groups: Mapping[str, Booleans] = {
        name: np.array([case.target == name for case in judged.cases], dtype=np.bool_)
        for name in sorted({case.target for case in judged.cases} - {""})
    }
    chosen = [
        _choice(name, threshold, over, traffic, wish, groups, judged.clusters)
        for name, (threshold, over) in decided.items()
    ]
    kept = [one for one in chosen if not _is_broken(one, wish)]
    refused += [_told_broken(one) for one in chosen if _is_broken(one, wish)]
    return Choices(
        suite=answers.suite,
        label=label,
        posts=wish.posts,
        share=prior,
        chosen=kept,
        curve=traffic.curve(),
        refused=tuple(refused),
    )


_Rule = Callable[[Traffic], float]


def _rules(traffic: Traffic, wish: Constraints) -> tuple[dict[str, _Rule], list[str]]:
    """How the thresholds that are wished for are chosen, and which cannot be chosen, with why."""
    rules: dict[str, _Rule] = {}
    refused: list[str] = []
    missed, flagged, capacity = wish.missed, wish.flagged, wish.capacity
    if missed is not None and flagged is not None:
        fewest = min(int(traffic.truth.sum()), int((~traffic.truth).sum()))
        if fewest < _MIN_ROWS:
            refused.append(
                f"least cost: {fewest} rows of one class are too few to choose by: bring at least "
                f"{_MIN_ROWS} with the label and as many without"
            )
        else:
            rules["least cost"] = lambda rows: rows.cheapest(missed, flagged)
    if capacity is not None:
        try:
            traffic.surely(capacity)
        except EvaluationError as error:
            refused.append(str(error))
        else:
            rules[promised(capacity)] = lambda rows: rows.surely(capacity)
        rules[f"about {capacity:,} a day"] = lambda rows: rows.for_capacity(capacity)
    return rules, refused


def _is_broken(choice: Choice, wish: Constraints) -> bool:
    """Whether a promise does not hold on the rows that the threshold was not chosen on."""
    capacity = wish.capacity
    return (
        capacity is not None
        and choice.name == promised(capacity)
        and choice.flagged.high > capacity
    )


def _told_broken(choice: Choice) -> str:
    return (
        f"{choice.name}: these rows cannot show it: the threshold that they choose may flag up to "
        f"{choice.flagged.high:,.0f} a day on rows that it was not chosen on: bring more rows"
    )


def _cross_fitted(
    rule: Callable[[Traffic], float], traffic: Traffic, clusters: Sequence[str]
) -> Booleans:
    """Which rows are flagged, each by the threshold of the parts that it is not in.

    Rows of a cluster are in one part. A part without which the rule has nothing to choose from is
    judged by the threshold of all rows.
    """
    names = [cluster or str(row) for row, cluster in enumerate(clusters)]
    parts = np.array([int(digest("part", name), 16) % _PARTS for name in names])
    over = np.zeros(len(names), dtype=np.bool_)
    for part in range(_PARTS):
        own = parts == part
        others = traffic.of(~own)
        try:
            threshold = rule(traffic if others is None else others)
        except EvaluationError:
            threshold = rule(traffic)
        over[own] = traffic.scores[own] >= threshold
    return over


def _choice(
    name: str,
    threshold: float,
    over: Booleans,
    traffic: Traffic,
    wish: Constraints,
    groups: Mapping[str, Booleans],
    clusters: Sequence[str],
) -> Choice:
    truth = traffic.truth

    def a_day(caught: float, lost: float, wrong: float) -> Measured:
        """Posts a day, where each kind counts so much.

        A share that is that of the rows is drawn with them: it is no surer than they are many.
        """
        most = max(caught, lost) * traffic.positives + wrong * traffic.negatives
        if wish.share is None:
            most = wish.posts * max(caught, lost, wrong)
        if not most:  # no post of that kind, by what was said of their share
            return Measured(0.0, 0.0, 0.0, len(truth))

        def measure(
            hits: Floats, own: Floats, alarms: Floats, others: Floats, has: Floats, rows: Floats
        ) -> Floats:
            recall, rate = hits / np.maximum(own, 1), alarms / np.maximum(others, 1)
            share = has / np.maximum(rows, 1) if wish.share is None else wish.share
            expected = (caught * recall + lost * (1 - recall)) * share + wrong * rate * (1 - share)
            return np.asarray(expected * wish.posts / most)

        every = np.ones(len(truth), dtype=np.bool_)
        counts = np.array([truth & over, truth, ~truth & over, ~truth, truth, every])
        found = of_counts(counts, measure, clusters)
        return Measured(found.value * most, found.low * most, found.high * most, found.rows)

    recall, alarms = rate(truth, over, clusters), rate(~truth, over, clusters)
    if recall is None or alarms is None:
        raise MetricUnavailable("rows of one class only")
    return Choice(
        name=name,
        threshold=threshold,
        recall=recall,
        false_positive_rate=alarms,
        flagged=a_day(1, 0, 1),
        caught=a_day(1, 0, 0),
        lost=a_day(0, 1, 0),
        wrong=a_day(0, 0, 1),
        cost=None
        if wish.missed is None or wish.flagged is None
        else a_day(0, wish.missed, wish.flagged),
        groups=[
            Falls(group, rate(own & ~truth, over, clusters), rate(own & truth, ~over, clusters))
            for group, own in groups.items()
        ],
    )
