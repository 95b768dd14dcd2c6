"""Which threshold: what people can look at in a day, or what a miss and a false alarm cost."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from evaluation.answers import Answers, NoNumber
from evaluation.errors import EvaluationError
from evaluation.metrics import Booleans, Floats, Measured, rate, share


@dataclass(frozen=True, slots=True)
class Wish:
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

    name: why this one. flagged, caught, lost, wrong: posts a day that are flagged, those of them
        that have the label, those with it that are not flagged, and those without it that are.
    cost: a day; None unless costs were given.
    """

    name: str
    threshold: float
    recall: Measured
    false_positive_rate: Measured
    flagged: float
    caught: float
    lost: float
    wrong: float
    cost: float | None
    groups: Sequence[Falls]


@dataclass(frozen=True, slots=True)
class Choices:
    """One suite. curve: (threshold, flagged a day, caught a day) from strict to lenient."""

    suite: str
    label: str
    posts: int
    share: float
    chosen: Sequence[Choice]
    curve: Sequence[tuple[float, float, float]]

    def to_json(self) -> dict[str, Any]:
        """Plain lists and objects."""
        return asdict(self)


def choose(answers: Answers, wish: Wish) -> Choices:
    """The threshold that a wish asks for, beside the operating points of the bundle.

    Raises NoNumber for rows of one class only, and EvaluationError for a wish that nothing meets.
    """
    if not answers.cases:
        raise NoNumber("no rows")
    label = answers.cases[0].label
    judged = answers.judged(label)
    truth, scores = judged.truth, judged.scores
    if truth.all() or not truth.any():
        raise NoNumber("rows of one class only")
    prior = float(truth.mean()) if wish.share is None else wish.share
    traffic = _Traffic(truth, scores, wish.posts, prior)
    thresholds = {
        f"operating point {name}": answers.manifest.threshold(label, name)
        for name in answers.manifest.point_names
    }
    if wish.capacity is not None:
        thresholds = {
            f"at most {wish.capacity:,} a day": traffic.for_capacity(wish.capacity)
        } | thresholds
    if wish.missed is not None and wish.flagged is not None:
        thresholds = {"least cost": traffic.cheapest(wish.missed, wish.flagged)} | thresholds
    groups: Mapping[str, Booleans] = {
        name: np.array([case.target == name for case in judged.cases], dtype=np.bool_)
        for name in sorted({case.target for case in judged.cases} - {""})
    }
    return Choices(
        suite=answers.suite,
        label=label,
        posts=wish.posts,
        share=prior,
        chosen=[
            _choice(name, threshold, traffic, wish, groups)
            for name, threshold in thresholds.items()
        ],
        curve=traffic.curve(),
    )


class _Traffic:
    """The rows as a day's posts: as many, and with the share of positives that they have."""

    def __init__(self, truth: Booleans, scores: Floats, posts: int, prior: float) -> None:
        self.truth, self.scores = truth, scores
        self.positives, self.negatives = posts * prior, posts * (1 - prior)
        self._levels = np.unique(scores)[::-1]
        # The share of each class at or over each level, from the strictest down.
        self._recalls = self._shares(np.sort(scores[truth]))
        self._alarms = self._shares(np.sort(scores[~truth]))

    def _shares(self, ordered: Floats) -> Floats:
        below = np.searchsorted(ordered, self._levels, "left")
        return np.asarray(1 - below / len(ordered))

    @property
    def _flagged(self) -> Floats:
        return self.positives * self._recalls + self.negatives * self._alarms

    def for_capacity(self, capacity: int) -> float:
        """The lowest threshold that flags no more than so many posts."""
        fits = np.flatnonzero(self._flagged <= capacity)
        if not len(fits):
            raise EvaluationError(
                f"--capacity {capacity}: even the highest score would flag "
                f"{self._flagged[0]:,.0f} posts a day on these rows: the rows are too few to tell"
            )
        return float(self._levels[fits[-1]])

    def cheapest(self, missed: float, flagged: float) -> float:
        """The threshold of the least cost."""
        cost = (
            missed * self.positives * (1 - self._recalls) + flagged * self.negatives * self._alarms
        )
        return float(self._levels[int(np.argmin(cost))])

    def curve(self, points: int = 200) -> list[tuple[float, float, float]]:
        """(threshold, flagged, caught) at so many levels."""
        kept = np.unique(np.linspace(0, len(self._levels) - 1, points).astype(int))
        caught = self.positives * self._recalls
        return [(float(self._levels[i]), float(self._flagged[i]), float(caught[i])) for i in kept]


def _choice(
    name: str, threshold: float, traffic: _Traffic, wish: Wish, groups: Mapping[str, Booleans]
) -> Choice:
    truth, over = traffic.truth, traffic.scores >= threshold
    recall = share(int((over & truth).sum()), int(truth.sum()))
    alarms = share(int((over & ~truth).sum()), int((~truth).sum()))
    caught, wrong = traffic.positives * recall.value, traffic.negatives * alarms.value
    lost = traffic.positives - caught
    priced = wish.missed is not None and wish.flagged is not None
    return Choice(
        name=name,
        threshold=threshold,
        recall=recall,
        false_positive_rate=alarms,
        flagged=caught + wrong,
        caught=caught,
        lost=lost,
        wrong=wrong,
        cost=(wish.missed or 0) * lost + (wish.flagged or 0) * wrong if priced else None,
        groups=[
            Falls(group, rate(own & ~truth, over), rate(own & truth, ~over))
            for group, own in groups.items()
        ],
    )
