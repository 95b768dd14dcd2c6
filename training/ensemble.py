"""Both models of a cascade as one: the mean of their log-odds, calibrated on the rows of a run."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import datasets
import numpy as np
from numpy.typing import NDArray

from upstander.models.cascade import Ensemble
from upstander.models.ensemble import mean_log_odds
from upstander.models.labels import LABELS
from upstander.models.manifest import Calibration, Manifest
from upstander.training.errors import TrainingError
from upstander.training.inference import Rows, WindowLogits
from upstander.training.outputs import (
    HeldOut,
    calibrate_outputs,
    points_by_name,
    reliability_by_label,
    supported,
)
from upstander.training.recipe import Recipe

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Said:
    """Rows of a split that both models have read.

    table: the prepared rows. student, base: (rows, outputs), calibrated probabilities; NaN where a
    text cannot be scored.
    """

    table: datasets.Dataset
    student: Floats
    base: Floats

    @property
    def is_read(self) -> NDArray[np.bool_]:
        """(rows,), whether both could score the text."""
        unread = np.isnan(self.student).any(axis=1) | np.isnan(self.base).any(axis=1)
        return np.asarray(~unread)


def fit_ensemble(
    recipe: Recipe,
    prepared: Path,
    manifest: Manifest,
    validation: Said,
    calibration: Said,
    student_share: float,
) -> Ensemble:
    """The mean of two models, calibrated as the recipe calibrates one.

    recipe: whose `labels` and `points` say which rows count. prepared: the folder of the step that
    made them. manifest: of either model, for its outputs.
    Raises TrainingError for a label that the recipe or no row knows, and for `points.languages`.
    """
    if missing := [label.name for label in manifest.labels if label.name not in recipe.labels]:
        raise TrainingError(
            f"the recipe {recipe.name} says nothing of labels.{missing[0]}: give the recipe of the "
            "base with --recipe"
        )
    if recipe.points.languages:
        raise TrainingError(
            f"points.languages of the recipe {recipe.name}: an ensemble has no thresholds by "
            "language yet: make the cascade without --student-share"
        )
    every_head = json.loads((prepared / "heads.json").read_text())
    heads = [label.name for label in manifest.labels]
    heads += [f"target.{target.name}" for target in manifest.targets]
    heads += [f"mechanism.{mechanism.name}" for mechanism in manifest.mechanisms]
    rows_v, rows_c = (
        _rows(one, student_share, heads, every_head) for one in (validation, calibration)
    )
    ordinary = np.concatenate(
        [one.logits[np.isin(one.sources, list(recipe.points.ordinary))] for one in (rows_v, rows_c)]
    )
    held_out = HeldOut(
        validation=rows_v,
        calibration=rows_c,
        ordinary=WindowLogits(ordinary, np.arange(len(ordinary))),
        posts=WindowLogits(np.zeros((0, len(heads))), np.zeros(0, dtype=np.int64)),
        languages=np.array([], dtype=np.str_),
    )
    own = recipe.model_copy(
        update={
            "labels": {
                name: choice.model_copy(update={"heads": (name,)})
                for name, choice in recipe.labels.items()
            }
        }
    )
    found = calibrate_outputs(own, heads, held_out)
    outputs = found["outputs"]
    return Ensemble(
        student_share=student_share,
        calibrations={
            output["name"]: Calibration.model_validate(output["calibration"]) for output in outputs
        },
        operating_points=points_by_name(outputs),
        own_thresholds=supported(found["own_thresholds"]),
        reliability=reliability_by_label(outputs),
    )


def _rows(
    said: Said, student_share: float, heads: Sequence[str], every_head: Sequence[str]
) -> Rows:
    kept = np.flatnonzero(said.is_read)
    table = said.table.select(kept)
    values = np.array(table["heads"], dtype=np.float64)
    values[np.array(table["weak"]) > 0] = np.nan
    annotated = np.full((len(kept), len(heads)), np.nan)
    for column, head in enumerate(heads):
        if head in every_head:
            annotated[:, column] = values[:, every_head.index(head)]
    return Rows(
        table=table,
        encodings=[],
        logits=mean_log_odds(said.student[kept], said.base[kept], student_share),
        tokens=[],
        labels=np.array(table["labels"], dtype=np.float64).reshape(len(kept), len(LABELS)),
        annotated=annotated,
    )
