"""Comparing a bundle with another one, or with scores of another system."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import compress
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
from scipy.stats import binomtest

from upstander.evaluation.compare import Bad, read_stored
from upstander.evaluation.errors import EvaluationError
from upstander.evaluation.intervals import Booleans, Counts, Floats, Measured, clustered, numbers_of
from upstander.evaluation.predictions import Answers, MetricUnavailable, collect
from upstander.evaluation.resampling import (
    Number,
    accuracy_of,
    area_of,
    average_precision_of,
    macro_f1_of,
)
from upstander.evaluation.scoring import ManyScorer
from upstander.evaluation.suites.case import Case
from upstander.models.names import label_of
from upstander.models.scorer import Scorer

NUMBERS: Final = ("accuracy", "macro_f1", "auc", "average_precision")
"""What two systems are compared by; the first does for rows of one class."""

_RESAMPLES: Final = 1000
_FEW_RESAMPLES: Final = 200
_MANY: Final = 5000
_MIN_ROWS: Final = 10


@dataclass(frozen=True, slots=True)
class Flip:
    """A case that one of the two decides rightly and the other does not. No text."""

    id: str
    expected: bool
    ours: float
    theirs: float
    functionality: str
    target: str


@dataclass(frozen=True, slots=True)
class Cell:
    """A part of a suite. difference: our accuracy less theirs."""

    kind: str
    name: str
    difference: Measured


@dataclass(frozen=True, slots=True)
class Pair:
    """A suite, by two systems, on the cases that both have scored.

    ours, theirs: number to value. differences: ours less theirs, with paired bootstrap intervals.
    gained, lost: cases that only we, and only they, decide rightly. p_value: of the exact
    test that these are equally many but for chance (McNemar 1947). missing: cases that they did not
    score. cells: the parts that have become worse, the worst first.
    """

    suite: str
    label: str
    rows: int
    missing: int
    ours: Mapping[str, float]
    theirs: Mapping[str, float]
    differences: Mapping[str, Measured]
    gained: int
    lost: int
    p_value: float
    flips: Sequence[Flip]
    cells: Sequence[Cell]

    def to_json(self) -> dict[str, Any]:
        """Plain lists and objects."""
        return asdict(self)


class Other(Protocol):
    """What the bundle is compared with."""

    @property
    def name(self) -> str:
        """As it is called in the report."""

    def scores_of(self, answers: Answers, label: str) -> tuple[Sequence[float | None], float]:
        """A score of each case, or None where it has none, and the threshold it decides by."""


@dataclass(frozen=True, slots=True)
class OtherBundle:
    """Another bundle, by what scores with it."""

    scorer: Scorer | ManyScorer

    @property
    def name(self) -> str:
        """Name and version."""
        return f"{self.scorer.manifest.name} {self.scorer.manifest.version}"

    def scores_of(self, answers: Answers, label: str) -> tuple[Sequence[float | None], float]:
        """Scored now, by the operating point of the same name."""
        if label not in {own.name for own in self.scorer.manifest.labels}:
            return [None] * len(answers.cases), 1.0
        theirs = collect(
            f"{answers.suite}, {self.name}",
            answers.cases,
            self.scorer,
            answers.operating_point,
        )
        by_id = {id(c): s for c, s in zip(theirs.cases, theirs.scores, strict=True)}
        found = [by_id.get(id(case)) for case in answers.cases]
        scores = [None if score is None else score.scores[label] for score in found]
        return scores, theirs.threshold(label)


@dataclass(frozen=True, slots=True)
class OtherScores:
    """A file of JSON lines, as for `upstander compare`. scores: text to label to score."""

    path: Path
    threshold: float
    scores: Mapping[str, Mapping[str, float]]

    @property
    def name(self) -> str:
        """The file."""
        return self.path.name

    def scores_of(self, answers: Answers, label: str) -> tuple[Sequence[float | None], float]:
        """What the file says of each text."""
        found = [self.scores.get(case.text, {}).get(label) for case in answers.cases]
        return found, self.threshold


def read_other(
    path: Path, threshold: float, open_scorer: Callable[[Path], Scorer | ManyScorer]
) -> Other:
    """A folder is a bundle, a file holds scores. Raises UpstanderError if it is neither."""
    if path.is_dir():
        return OtherBundle(open_scorer(path))
    scores = {}
    for row in read_stored(path):
        if isinstance(row, Bad):
            raise EvaluationError(f"{path}, line {row.line}: {row.problem}")
        scores[row.text] = {label_of(name): value for name, value in row.scores.items()}
    return OtherScores(path, threshold, scores)


def pair(answers: Answers, other: Other) -> Pair:
    """A suite by both. Raises MetricUnavailable if the other has scored none of its cases."""
    if not answers.cases:
        raise MetricUnavailable("no rows")
    label = answers.cases[0].label
    scores, threshold = other.scores_of(answers, label)
    ours = answers.output(label)
    truths = [case.has(label) for case in answers.cases]
    judged = [i for i, has in enumerate(truths) if has is not None]
    kept = [i for i in judged if scores[i] is not None]
    if not kept:
        raise MetricUnavailable(f"{other.name} has scored none of its texts for {label}")
    cases = [answers.cases[i] for i in kept]
    clusters = [case.drawn_with for case in cases]
    truth = np.array([bool(truths[i]) for i in kept])
    mine, other_scores = ours[kept], np.array([scores[i] for i in kept], dtype=np.float64)
    decided, others = mine >= answers.threshold(label), other_scores >= threshold
    right, others_right = decided == truth, others == truth
    gained, lost = int((right & ~others_right).sum()), int((~right & others_right).sum())
    one, another = _numbers(truth, mine, decided), _numbers(truth, other_scores, others)
    whole = np.ones(len(kept))
    return Pair(
        suite=answers.suite,
        label=label,
        rows=len(kept),
        missing=len(judged) - len(kept),
        ours={name: number(whole) for name, number in one.items()},
        theirs={name: number(whole) for name, number in another.items()},
        differences={
            name: _difference(truth, number, another[name], clusters)
            for name, number in one.items()
        },
        gained=gained,
        lost=lost,
        p_value=_p_value(right, others_right, clusters),
        flips=[
            Flip(c.id, bool(t), float(a), float(b), c.functionality, c.target)
            for c, t, a, b, changed in zip(
                cases, truth, mine, other_scores, right != others_right, strict=True
            )
            if changed
        ],
        cells=_cells(cases, right, others_right),
    )


def _numbers(truth: Booleans, scores: Floats, decided: Booleans) -> dict[str, Number]:
    """Each number that there can be, of one system."""
    accuracy = accuracy_of(truth, decided)
    if not truth.any() or truth.all():
        return {"accuracy": accuracy}
    others = (
        macro_f1_of(truth, decided),
        area_of(truth, scores),
        average_precision_of(truth, scores),
    )
    return dict(zip(NUMBERS, (accuracy, *others), strict=True))


def _p_value(right: Booleans, others_right: Booleans, clusters: Sequence[str]) -> float:
    """The exact sign test on the clusters of which one system decides more rows rightly.

    Rows that stand alone are clusters of one: it is McNemar's exact test.
    """
    change = right.astype(np.int64) - others_right.astype(np.int64)
    numbers = numbers_of(clusters)
    net = change if numbers is None else np.bincount(numbers, change)
    gained, lost = int((net > 0).sum()), int((net < 0).sum())
    return float(binomtest(gained, gained + lost).pvalue) if gained + lost else 1.0


def _difference(truth: Booleans, ours: Number, theirs: Number, clusters: Sequence[str]) -> Measured:
    """Ours less theirs, both on the same drawn rows: clusters, or positives and negatives apart."""
    classes = [own for own in (np.flatnonzero(truth), np.flatnonzero(~truth)) if len(own)]
    numbers = numbers_of(clusters)
    random = np.random.default_rng(0)
    if numbers is not None:
        order = np.argsort(numbers, kind="stable")
        members = np.split(order, np.cumsum(np.bincount(numbers))[:-1])

    def draw() -> Counts:
        if numbers is None:
            return np.concatenate([random.choice(own, len(own)) for own in classes])
        while True:
            drawn = random.integers(0, len(members), len(members))
            rows = np.concatenate([members[cluster] for cluster in drawn])
            if len(classes) == 1 or len(set(truth[rows].tolist())) == len(classes):
                return rows

    def difference(rows: Counts) -> float:
        times = np.bincount(rows, minlength=len(truth)).astype(np.float64)
        return ours(times) - theirs(times)

    resamples = _RESAMPLES if len(truth) < _MANY else _FEW_RESAMPLES
    drawn = [difference(draw()) for _ in range(resamples)]
    value = difference(np.arange(len(truth)))
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Measured(value, min(float(low), value), max(float(high), value), len(truth))


def _cells(cases: Sequence[Case], right: Booleans, others: Booleans) -> list[Cell]:
    """The parts of ten rows or more that are decided worse, the worst first."""
    change = right.astype(np.int64) - others.astype(np.int64)
    found = []
    for kind, names in (
        ("functionality", [case.functionality for case in cases]),
        ("target", [case.target for case in cases]),
        ("source", [case.source for case in cases]),
    ):
        column = np.array(names, dtype=object)
        for name in sorted(set(names) - {""}):
            own = change[column == name]
            if len(own) >= _MIN_ROWS and own.mean() < 0:
                clusters = [case.drawn_with for case in compress(cases, column == name)]
                mean = clustered(clusters, lambda rows, own=own: float(own[rows].mean()))  # type: ignore[misc]
                found.append(Cell(kind, name, mean))
    return sorted(found, key=lambda cell: cell.difference.value)
