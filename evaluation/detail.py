"""What pictures are drawn of: curves, a grid of cells, and the worst errors of a suite."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from sklearn.metrics import precision_recall_curve

from upstander.evaluation.calibration import bins_of
from upstander.evaluation.intervals import Booleans, Floats, Measured, rate, share_of
from upstander.evaluation.predictions import Answers, Judged, MetricUnavailable
from upstander.models.rationale import Span

_BINS: Final = 10
_POINTS: Final = 200
_WORST: Final = 15
_MIN_COLUMNS: Final = 2
_MAX_COLUMNS: Final = 24
_MAX_LINES: Final = 100
"""A grid is drawn as a table: it may be long, but not so wide that nobody can read it."""


@dataclass(frozen=True, slots=True)
class Point:
    """An operating point on the rows of a suite. Rates are None where there is no such row."""

    name: str
    threshold: float
    precision: Measured | None
    recall: Measured | None
    false_positive_rate: Measured | None


@dataclass(frozen=True, slots=True)
class Bin:
    """Rows of like scores: their mean, and the share of them that has the label."""

    score: float
    share: Measured


@dataclass(frozen=True, slots=True)
class Wrong:
    """A case that was decided wrongly.

    text: "" where only its id was kept. expected, score: None where they were not kept.
    """

    id: str
    text: str
    expected: bool | None
    score: float | None
    spans: Sequence[Span]
    functionality: str
    target: str

    def to_json(self) -> dict[str, Any]:
        """What it is, without its text."""
        return {
            "id": self.id,
            "expected": self.expected,
            "score": self.score,
            "functionality": self.functionality,
            "target": self.target,
        }


@dataclass(frozen=True, slots=True)
class Detail:
    """One suite. precisions, recalls: the curve, thinned; empty for one class only.

    grid: functionality to target to accuracy; empty where a suite has not both. grid_of: "target",
        or "category" of the target where a suite names too many to read.
    histogram: for scores from 0 to 1 in twenty steps, rows without and with the label.
    worst: the wrong decisions that are farthest from the threshold.
    examples: of each functionality with a wrong decision, the one that is farthest.
    """

    suite: str
    label: str
    reliability: Sequence[Bin]
    precisions: Sequence[float]
    recalls: Sequence[float]
    points: Sequence[Point]
    grid: Mapping[str, Mapping[str, Measured]]
    histogram: tuple[Sequence[int], Sequence[int]]
    worst: Sequence[Wrong]
    grid_of: str = "target"
    examples: Sequence[Wrong] = ()

    def to_json(self) -> dict[str, Any]:
        """The numbers, and the ids of the worst errors; no text."""
        found = asdict(self)
        found["worst"] = [wrong.id for wrong in self.worst]
        found["errors"] = [wrong.to_json() for wrong in self.worst]
        found["examples"] = [wrong.to_json() for wrong in self.examples]
        return found


def detail_of(answers: Answers) -> Detail:
    """The pictures of a suite by its label. Raises MetricUnavailable as `Answers.judged` does."""
    if not answers.cases:
        raise MetricUnavailable("no rows")
    label = answers.cases[0].label
    judged = answers.judged(label)
    truth, scores, clusters = judged.truth, judged.scores, judged.clusters
    edges = np.linspace(0, 1, 21)
    precisions, recalls = _curve(truth, scores)
    wrong = _wrong(answers, label)
    grid_of, grid = _grid(judged)
    return Detail(
        suite=answers.suite,
        label=label,
        reliability=_reliability(truth, scores, clusters),
        precisions=precisions,
        recalls=recalls,
        points=[
            _point(name, answers.manifest.threshold(label, name), judged)
            for name in answers.manifest.point_names
        ],
        grid=grid,
        histogram=(
            np.histogram(scores[~truth], edges)[0].tolist(),
            np.histogram(scores[truth], edges)[0].tolist(),
        ),
        worst=_worst(wrong),
        grid_of=grid_of,
        examples=_examples(wrong),
    )


def _curve(truth: Booleans, scores: Floats) -> tuple[list[float], list[float]]:
    if not truth.any() or truth.all():
        return [], []
    precisions, recalls, _ = precision_recall_curve(truth, scores, drop_intermediate=True)
    kept = np.unique(np.linspace(0, len(recalls) - 1, _POINTS).astype(int))
    return precisions[kept].tolist(), recalls[kept].tolist()


def _reliability(truth: Booleans, scores: Floats, clusters: Sequence[str]) -> list[Bin]:
    return [
        Bin(float(scores[own].mean()), share_of(truth[own], [clusters[row] for row in own]))
        for own in bins_of(scores, np.ones(len(scores)), _BINS)
    ]


def _point(name: str, threshold: float, judged: Judged) -> Point:
    truth, flagged, clusters = judged.truth, judged.scores >= threshold, judged.clusters
    return Point(
        name,
        threshold,
        rate(flagged, truth, clusters),
        rate(truth, flagged, clusters),
        rate(~truth, flagged, clusters),
    )


def _grid(judged: Judged) -> tuple[str, dict[str, dict[str, Measured]]]:
    """Accuracy by functionality and target; by category where there are too many targets."""
    rows = [case.functionality for case in judged.cases]
    names = sorted(set(rows) - {""})
    targets = {case.target for case in judged.cases} - {""}
    if len(targets) <= _MAX_COLUMNS:
        kind, columns = "target", sorted(targets)
        groups = [frozenset({case.target}) for case in judged.cases]
    else:
        kind, groups = "category", [case.categories for case in judged.cases]
        columns = sorted({name for own in groups for name in own})
    if not _MIN_COLUMNS <= len(columns) <= _MAX_COLUMNS or len(names) > _MAX_LINES:
        return kind, {}
    functionality = np.array(rows, dtype=object)
    in_column = {
        column: np.array([column in own for own in groups], dtype=np.bool_) for column in columns
    }
    right, clusters = judged.right, judged.clusters
    cells: dict[str, dict[str, Measured]] = {}
    for name in names:
        of_name = functionality == name
        for column in columns:
            if measured := rate(of_name & in_column[column], right, clusters):
                cells.setdefault(name, {})[column] = measured
    return kind, cells


def _wrong(answers: Answers, label: str) -> list[Wrong]:
    """Every wrong decision, the farthest from the threshold first."""
    threshold = answers.threshold(label)
    found = [
        (
            abs(score.scores[label] - threshold),
            Wrong(
                case.id, case.text, expected, score.scores[label], score.spans,
                case.functionality, case.target,
            ),
        )
        for case, score in zip(answers.cases, answers.scores, strict=True)
        if (expected := case.has(label)) is not None
        and (score.scores[label] >= threshold) != expected
    ]  # fmt: skip
    return [wrong for _, wrong in sorted(found, key=lambda item: -item[0])]


def _worst(wrong: Sequence[Wrong]) -> list[Wrong]:
    missed = [one for one in wrong if one.expected]
    flagged = [one for one in wrong if one.expected is False]
    return [*missed[:_WORST], *flagged[:_WORST]]


def _examples(wrong: Sequence[Wrong]) -> list[Wrong]:
    first: dict[str, Wrong] = {}
    for one in wrong:
        first.setdefault(one.functionality, one)
    return [one for name, one in first.items() if name]
