"""Judging a bundle by a suite: what it gets right, by functionality and by target."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from evaluation.metrics import Measured, accuracy, auc, macro_f1
from evaluation.scoring import in_order
from evaluation.suites.case import Case
from models.bundle import flatten
from models.manifest import Manifest
from models.scorer import Scorer
from upstander.progress import track


@dataclass(frozen=True, slots=True)
class SuiteReport:
    """A suite's result. The tables map a name to accuracy on the rows that have it."""

    suite: str
    label: str
    threshold: float
    operating_point: str
    rows: int
    headline: dict[str, Measured]
    functionalities: dict[str, Measured]
    targets: dict[str, Measured]


def judge(
    name: str, cases: Sequence[Case], scorer: Scorer, operating_point: str = "balanced"
) -> SuiteReport:
    """Score every case once and compare the decisions with the right ones."""
    label = cases[0].label
    threshold = scorer.manifest.threshold(label, operating_point)
    scores = np.empty(len(cases))
    with track(name, total=len(cases), unit="texts") as progress:
        answers = in_order(lambda case: flatten(scorer, case.text)[label], cases)
        for index, score in enumerate(answers):
            scores[index] = score
            progress.advance()
    truth = np.array([case.expected for case in cases])
    decided = scores >= threshold

    def table(names: Sequence[str]) -> dict[str, Measured]:
        column = np.array(names)
        return {
            str(value): accuracy(truth[column == value], decided[column == value])
            for value in sorted(set(names) - {""})
        }

    return SuiteReport(
        suite=name,
        label=label,
        threshold=threshold,
        operating_point=operating_point,
        rows=len(cases),
        headline={
            "accuracy": accuracy(truth, decided),
            "macro_f1": macro_f1(truth, decided),
            "auc": auc(truth, scores),
        },
        functionalities=table([case.functionality for case in cases]),
        targets=table([case.target for case in cases]),
    )


def show(report: SuiteReport, console: Console) -> None:
    """The report as tables on a terminal."""
    console.print(
        f"\n[bold]{report.suite}[/bold]: label {report.label}, threshold "
        f"{report.threshold:.3f} ({report.operating_point})"
    )
    console.print(_table("headline", "", report.headline))
    console.print(_table("functionality", "accuracy", report.functionalities))
    if report.targets:
        console.print(_table("target", "accuracy", report.targets))


def write(reports: Sequence[SuiteReport], manifest: Manifest, sha256: str, path: Path) -> None:
    """The reports as JSON, with the bundle that they are of."""
    path.parent.mkdir(parents=True, exist_ok=True)
    body: dict[str, Any] = {
        "model": {"name": manifest.name, "version": manifest.version, "sha256": sha256},
        "suites": [asdict(report) for report in reports],
    }
    path.write_text(json.dumps(body, indent=2) + "\n", encoding="utf-8")


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
