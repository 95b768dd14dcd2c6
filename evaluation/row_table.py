"""A table of every row with its score and decision."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from upstander.evaluation.batch.output import Output
from upstander.evaluation.batch.shape import Kind
from upstander.evaluation.batch.writing import write_flat
from upstander.evaluation.comparison import Other
from upstander.evaluation.predictions import Answers, MetricUnavailable
from upstander.models.files import replacing

_AT_A_TIME: Final = 8192

COLUMNS: Final[dict[str, Kind]] = {
    "suite": "text",
    "id": "text",
    "label": "text",
    "truth": "yes",
    "score": "number",
    "threshold": "number",
    "decision": "yes",
    "right": "yes",
    "target": "text",
    "functionality": "text",
    "source": "text",
    "cluster": "text",
    "other_score": "number",
    "other_decision": "yes",
    "flip": "text",
}
"""flip: `gained` where only this bundle decides rightly, `lost` where only the other does."""


class Remembered:
    """Another system that is asked once for a suite, however many want to know."""

    def __init__(self, other: Other) -> None:
        self._other = other
        self._known: tuple[Answers, str, tuple[Sequence[float | None], float]] | None = None

    @property
    def name(self) -> str:
        """As it is called in the report."""
        return self._other.name

    def scores_of(self, answers: Answers, label: str) -> tuple[Sequence[float | None], float]:
        """A score of each case, or None where it has none, and the threshold it decides by."""
        known = self._known
        if known is None or known[0] is not answers or known[1] != label:
            known = self._known = answers, label, self._other.scores_of(answers, label)
        return known[2]


@dataclass(slots=True)
class RowTable:
    """The rows of every suite, by its own label. other: what they are compared with."""

    other: Other | None = None
    rows: list[list[Any]] = field(default_factory=list)

    def add(self, answers: Answers) -> None:
        """Take in the cases of a suite that say whether they have its label."""
        if not answers.cases:
            return
        label = answers.cases[0].label
        try:
            scores, threshold = answers.output(label).tolist(), answers.threshold(label)
        except MetricUnavailable:
            return
        theirs: Sequence[float | None] = [None] * len(scores)
        bar = 1.0
        if self.other is not None:
            theirs, bar = self.other.scores_of(answers, label)
        for case, score, other in zip(answers.cases, scores, theirs, strict=True):
            truth = case.has(label)
            if truth is None:
                continue
            right = (score >= threshold) == truth
            others_right = None if other is None else (other >= bar) == truth
            flip = None
            if others_right is not None and others_right != right:
                flip = "gained" if right else "lost"
            self.rows.append(
                [
                    answers.suite, case.id, label, truth, score, threshold, score >= threshold,
                    right, case.target, case.functionality, case.source, case.drawn_with, other,
                    None if other is None else other >= bar, flip,
                ]
            )  # fmt: skip

    def write(self, path: Path) -> None:
        """Write them as a table. Raises UpstanderError if the file cannot be written."""
        pieces = (
            self.rows[first : first + _AT_A_TIME] for first in range(0, len(self.rows), _AT_A_TIME)
        )
        with replacing(path) as whole:
            write_flat(pieces, COLUMNS, Output(path, "flat"), whole)
