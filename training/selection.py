"""Model selection: one number, from rows that are in no test half.

Written down before the first training of 2.0.0 and not changed since (decision 0022): the mean of
seven numbers, all with thresholds from ordinary posts. Suites are divided by template, and only the
validation half is looked at here.
"""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import numpy as np
from sklearn.metrics import average_precision_score, f1_score

from upstander.evaluation.errors import SuiteMissing
from upstander.evaluation.suites import dehumcheck, hatecheck
from upstander.evaluation.suites.case import Case
from upstander.models.labels import LABELS
from upstander.models.normaliser import normalise
from upstander.training.inference import Floats, Rows, WindowLogits, Windows
from upstander.training.seeded_random import uniform

_NATURAL: Final = "dehum_natural"
_ADVERSARIAL: Final = "dynahate"
_BALANCED: Final = 0.005
_QUIET: Final = 0.001


def selection(
    windows: Windows,
    calibration: Mapping[str, Any],
    validation: Rows,
    ordinary: WindowLogits,
    data: Path,
) -> dict[str, float]:
    """The numbers by name, and their mean as `score`; those that no row speaks of are left out."""
    outputs = [output["name"] for output in calibration["outputs"]]
    if not len(ordinary) or not {"hate", "dehumanization"} <= set(outputs):
        return {}

    def fused(label: str) -> tuple[Floats, float]:
        place = outputs.index(label)
        return np.array(calibration["fusion"][place]), calibration["bias"][place]

    everyday = {label: ordinary.highest(*fused(label)) for label in ("hate", "dehumanization")}
    threshold = {label: np.quantile(logits, 1 - _BALANCED) for label, logits in everyday.items()}
    found: dict[str, float] = {}
    for label in ("dehumanization", "hate"):
        logits = validation.logits @ fused(label)[0] + fused(label)[1]
        values = validation.labels[:, list(LABELS).index(label)]
        clear = (validation.sources == _NATURAL) & ((values >= 0.75) | (values <= 0.25))
        truth = values[clear] >= 0.75
        if truth.any() and not truth.all():
            found[f"natural AP of {label}"] = float(average_precision_score(truth, logits[clear]))
            share = _BALANCED if label == "hate" else _QUIET
            at = np.quantile(everyday[label], 1 - share)
            found[f"natural {label} found at {1000 * share:g} in 1,000"] = float(
                (logits[clear][truth] > at).mean()
            )
        known = (validation.sources == _ADVERSARIAL) & ~np.isnan(values)
        if label == "hate" and known.any():
            found["DynaHate dev macro-F1"] = _macro_f1(
                values[known] >= 0.5, logits[known] > threshold[label]
            )
    for name, label, load in (
        ("HateCheck half macro-F1", "hate", hatecheck.load),
        ("DehumCheck half macro-F1", "dehumanization", dehumcheck.load),
    ):
        with suppress(SuiteMissing):
            cases = [case for case in load(data) if in_validation_half(case)]
            texts = [normalise(case.text).text for case in cases]
            logits = windows.logits(texts).highest(*fused(label))
            truth = np.array([bool(case.has(label)) for case in cases])
            found[name] = _macro_f1(truth, logits > threshold[label])
    return {**found, "score": float(np.mean(list(found.values())))}


def in_validation_half(case: Case) -> bool:
    """Whether a case of a suite may be looked at before the last run: half of the templates."""
    return uniform(0, "half", case.template or case.text) < 0.5


def _macro_f1(truth: Any, decided: Any) -> float:
    return float(f1_score(truth, decided, average="macro"))
