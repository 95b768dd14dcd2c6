"""What pictures are drawn of: curves, a grid of cells, and the worst errors of a suite."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from sklearn.metrics import precision_recall_curve

from evaluation.answers import Answers, Judged, NoNumber
from evaluation.calibration import bins_of
from evaluation.intervals import Booleans, Floats, Measured, rate, share_of
from models.rationale import Span

_BINS: Final = 10
_POINTS: Final = 200
_WORST: Final = 15
_FEWEST_TARGETS: Final = 2
_MOST_CELLS: Final = 40


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
    """A case that was decided wrongly."""

    id: str
    text: str
    expected: bool
    score: float
    spans: Sequence[Span]
    functionality: str
    target: str


@dataclass(frozen=True, slots=True)
class Detail:
    """One suite. precisions, recalls: the curve, thinned; empty for one class only.

    grid: functionality to target to accuracy; empty where a suite has not both.
    histogram: for scores from 0 to 1 in twenty steps, rows without and with the label.
    worst: the wrong decisions that are farthest from the threshold.
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

    def to_json(self) -> dict[str, Any]:
        """The numbers, and the ids of the worst errors; no text."""
        found = asdict(self)
        found["worst"] = [wrong["id"] for wrong in found["worst"]]
        return found


def detail_of(answers: Answers) -> Detail:
    """The pictures of a suite by its own label. Raises NoNumber as `Answers.judged` does."""
    if not answers.cases:
        raise NoNumber("no rows")
    label = answers.cases[0].label
    judged = answers.judged(label)
    truth, scores, clusters = judged.truth, judged.scores, judged.clusters
    edges = np.linspace(0, 1, 21)
    precisions, recalls = _curve(truth, scores)
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
        grid=_grid(judged),
        histogram=(
            np.histogram(scores[~truth], edges)[0].tolist(),
            np.histogram(scores[truth], edges)[0].tolist(),
        ),
        worst=_worst(answers, label),
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


def _grid(judged: Judged) -> dict[str, dict[str, Measured]]:
    rows = np.array([case.functionality for case in judged.cases], dtype=object)
    columns = np.array([case.target for case in judged.cases], dtype=object)
    names = sorted(set(rows) - {""})
    targets = sorted(set(columns) - {""})
    if len(targets) < _FEWEST_TARGETS or max(len(names), len(targets)) > _MOST_CELLS:
        return {}
    cells: dict[str, dict[str, Measured]] = {}
    for name in names:
        for target in targets:
            own = (rows == name) & (columns == target)
            if measured := rate(own, judged.right, judged.clusters):
                cells.setdefault(name, {})[target] = measured
    return cells


def _worst(answers: Answers, label: str) -> list[Wrong]:
    threshold = answers.threshold(label)
    found = [
        Wrong(
            case.id, case.text, expected, score.scores[label], score.spans, case.functionality,
            case.target,
        )
        for case, score in zip(answers.cases, answers.scores, strict=True)
        if (expected := case.has(label)) is not None
        and (score.scores[label] >= threshold) != expected
    ]  # fmt: skip
    found.sort(key=lambda wrong: -abs(wrong.score - threshold))
    missed = [wrong for wrong in found if wrong.expected]
    flagged = [wrong for wrong in found if not wrong.expected]
    return [*missed[:_WORST], *flagged[:_WORST]]
