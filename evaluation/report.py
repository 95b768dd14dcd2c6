"""The report of a bundle on a suite, by functionality and by target."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from rich.console import Console
from rich.table import Table

from upstander.evaluation.calibration import calibration_error
from upstander.evaluation.intervals import Measured, rate
from upstander.evaluation.metrics import (
    accuracy,
    auc,
    average_precision,
    balanced_accuracy,
    brier,
    f1,
    macro_f1,
    precision_at_recall,
)
from upstander.evaluation.predictions import Answers, Judged, MetricUnavailable, collect
from upstander.evaluation.suites.case import Case, checksum_of
from upstander.models.scorer import Scorer

_MIN_ROWS: Final = 30

_LENGTHS: Final = (10, 25, 50, 100)
"""Words at which a text falls into the next group."""

_RECALL: Final = 0.8

OF_ONE_CLASS: Final = ("accuracy",)
HEADLINE: Final = (
    *OF_ONE_CLASS,
    "precision",
    "recall",
    "f1",
    "macro_f1",
    "balanced_accuracy",
    "auc",
    "average_precision",
    f"precision_at_recall_{_RECALL}",
    "calibration_error",
    "brier",
)
"""The numbers of a suite, those that need rows of one class only first. Where nothing is flagged
there is no precision."""


@dataclass(frozen=True, slots=True)
class SuiteReport:
    """A suite's result. The tables map a name to accuracy on the rows that have it.

    checksum: of the cases that were judged.
    """

    suite: str
    label: str
    threshold: float
    operating_point: str
    rows: int
    positives: int
    headline: dict[str, Measured]
    functionalities: dict[str, Measured]
    targets: dict[str, Measured]
    sources: dict[str, Measured]
    lengths: dict[str, Measured]
    checksum: str


def judge(
    name: str, cases: Sequence[Case], scorer: Scorer, operating_point: str = "balanced"
) -> SuiteReport:
    """Score every case once and compare the decisions with the right ones."""
    return report_of(collect(name, cases, scorer, operating_point))


def report_of(answers: Answers) -> SuiteReport:
    """The result of a suite by its own label, on the cases that say whether they have it.

    Raises MetricUnavailable if the bundle lacks the label, or there are no cases.
    """
    if not answers.cases:
        raise MetricUnavailable("no rows")
    label = answers.cases[0].label
    judged = answers.judged(label)
    truth, clusters = judged.truth, judged.clusters

    def table(names: Sequence[str]) -> dict[str, Measured]:
        column = np.array(names)
        found = {v: rate(column == v, judged.right, clusters) for v in sorted(set(names) - {""})}
        return {str(value): measured for value, measured in found.items() if measured}

    return SuiteReport(
        suite=answers.suite,
        label=label,
        threshold=answers.threshold(label),
        operating_point=answers.operating_point,
        rows=len(truth),
        positives=int(truth.sum()),
        headline=headline_of(judged),
        functionalities=table([case.functionality for case in judged.cases]),
        targets=table([case.target for case in judged.cases]),
        sources=table([case.source for case in judged.cases]),
        lengths=table([length_of(case.text) for case in judged.cases]),
        checksum=checksum_of(judged.cases),
    )


def headline_of(judged: Judged) -> dict[str, Measured]:
    """The numbers of all rows; those that need both classes only where there are both."""
    truth, scores, decided = judged.truth, judged.scores, judged.decided
    clusters = judged.clusters
    found = {"accuracy": accuracy(truth, decided, clusters)}
    if not truth.any() or truth.all():
        return found
    precision, recall = rate(decided, truth, clusters), rate(truth, decided, clusters)
    found |= {} if precision is None else {"precision": precision}
    found |= {} if recall is None else {"recall": recall}
    return found | {
        "f1": f1(truth, decided, clusters),
        "macro_f1": macro_f1(truth, decided, clusters),
        "balanced_accuracy": balanced_accuracy(truth, decided, clusters),
        "auc": auc(truth, scores, clusters),
        "average_precision": average_precision(truth, scores, clusters),
        f"precision_at_recall_{_RECALL}": precision_at_recall(truth, scores, _RECALL, clusters),
        "calibration_error": calibration_error(truth, scores, clusters=clusters),
        "brier": brier(truth, scores, clusters),
    }


def length_of(text: str) -> str:
    """The group of a text by its words, which sorts by length."""
    words = len(text.split())
    low = 0
    for high in _LENGTHS:
        if words < high:
            return f"{low:>3} to {high - 1} words"
        low = high
    return f"{low} words or more"


def show(report: SuiteReport, console: Console) -> None:
    """The report as tables on a terminal."""
    console.print(
        f"\n[bold]{report.suite}[/bold]: label {report.label}, threshold "
        f"{report.threshold:.3f} ({report.operating_point})"
    )
    console.print(_table("headline", "", report.headline))
    if report.functionalities:
        console.print(_table("functionality", "accuracy", report.functionalities))
    # DynaHate's target column names a hundred combinations; only those with rows enough tell.
    targets = {name: m for name, m in report.targets.items() if m.rows >= _MIN_ROWS}
    if targets:
        console.print(_table(f"target (of {_MIN_ROWS} rows or more)", "accuracy", targets))


def _table(first: str, value: str, rows: dict[str, Measured]) -> Table:
    table = Table(first, value or "value", "95 % interval", "rows", box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for name, measured in rows.items():
        table.add_row(
            name,
            f"{measured.value:.3f}",
            f"{measured.low:.3f} to {measured.high:.3f}",
            f"{measured.rows:,}",
        )
    return table
