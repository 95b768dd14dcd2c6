"""evaluate: the one look at test rows, through the graph and the scorer that will be shipped."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import datasets
import numpy as np

from upstander.evaluation.metrics import auc
from upstander.evaluation.progress import track
from upstander.evaluation.runner import evaluate_all, write_evaluation
from upstander.evaluation.scoring import in_order
from upstander.models.bundle import flatten
from upstander.models.labels import LABELS
from upstander.models.manifest import Manifest, Metric
from upstander.models.scorer import Scorer

_MAX_ROWS: Final = 1500
"""Test rows of one data set that are scored; the headline numbers come from whole suites."""

_MIN_ROWS: Final = 20

CASE: Final = (
    "Uyghur women are no longer baby-making machines.",
    (
        "Study shows that in the process of eradicating extremism, the minds of Uygur women in "
        "Xinjiang were emancipated and gender equality and reproductive health were promoted, "
        "making them no longer baby-making machines."
    ),
)
HARMLESS: Final = (
    "Twitter locked the embassy's account over that tweet.",
    "The tenants complained about cockroaches in the building.",
    "Nobody should ever call refugees vermin.",
)
"""The case that this product comes from, in short and in full, and texts that must score lower."""


def evaluate(data: Path, prepared: Path, exported: Path, out: Path) -> dict[str, Any]:
    """Write `out/evaluation.json`, `out/metrics.json` and `out/case.json`."""
    manifest = Manifest.model_validate_json((exported / "manifest.json").read_bytes())
    scorer = Scorer(exported / "model.onnx", exported / "tokenizer.json", manifest)
    evaluation = evaluate_all(scorer, data, graph=exported / "model.onnx")
    metrics = [
        Metric(suite=report.suite, label=report.label, name=key, **asdict(measured))
        for report in evaluation.suites
        for key, measured in report.headline.items()
    ]
    metrics += judge_test_splits(scorer, datasets.load_from_disk(str(prepared / "data"))["test"])
    case = {text: scorer.score(text).scores["dehumanization"] for text in (*CASE, *HARMLESS)}
    (out / "metrics.json").write_text(
        json.dumps([metric.model_dump() for metric in metrics], indent=2) + "\n", encoding="utf-8"
    )
    (out / "case.json").write_text(json.dumps(case, indent=2) + "\n", encoding="utf-8")
    write_evaluation(evaluation, manifest, "not bundled yet", out / "evaluation.json")
    return {
        "left_out": dict(evaluation.left_out),
        "goals": {goal.name: goal.measured and goal.measured.value for goal in evaluation.goals},
        "case": list(case.values()),
    }


def judge_test_splits(scorer: Scorer, table: datasets.Dataset) -> list[Metric]:
    """AUC of each label on the official test rows of each data set that says something of it."""
    labels = np.array(table["labels"], dtype=np.float64).reshape(len(table), len(LABELS))
    sources = np.array(table["source"], dtype=object)
    metrics = []
    for source in sorted(set(sources)):
        own = np.flatnonzero(sources == source)
        own = own[:: max(1, len(own) // _MAX_ROWS)][:_MAX_ROWS]
        truths = labels[own]
        wanted = [i for i in range(len(LABELS)) if _tells(truths[:, i])]
        if not wanted:
            continue
        texts: Sequence[str] = table.select(own)["text"]
        rows = []
        with track(f"test rows of {source}", total=len(texts), unit="texts") as progress:
            for outputs in in_order(lambda text: flatten(scorer, text), texts):
                rows.append(outputs)
                progress.advance()
        for index in wanted:
            label = list(LABELS)[index]
            known = ~np.isnan(truths[:, index])
            scores = np.array([row[label] for row in rows])[known]
            measured = auc(truths[known, index] == 1, scores)
            metrics.append(
                Metric(suite=f"{source} test", label=label, name="auc", **asdict(measured))
            )
    return metrics


def _tells(truth: np.ndarray[Any, np.dtype[np.float64]]) -> bool:
    return bool(min((truth == 1).sum(), (truth == 0).sum()) >= _MIN_ROWS)
