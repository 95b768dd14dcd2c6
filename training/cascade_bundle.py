"""Making a cascade: both models read the held-out rows of a run, bounds are chosen, and written."""

import hashlib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import datasets
import numpy as np

from upstander.evaluation.progress import track
from upstander.evaluation.scoring import scored
from upstander.evaluation.timing import base_over_student
from upstander.models.bundle import Bundle, open_bundle, write_cascade
from upstander.models.cascade import (
    CASCADE_SCHEMA,
    CascadeManifest,
    Passed,
    StageRecord,
    highest_bounds,
    refuse_unlike,
    thresholds_of,
)
from upstander.models.contents import stage_folder
from upstander.models.ensemble import together
from upstander.models.errors import BundleExists
from upstander.models.manifest import Manifest
from upstander.models.score import Score
from upstander.models.strict import NAME, VERSION
from upstander.training.card.cascade import card_of
from upstander.training.cascade import Floats, Rows, choose_bounds, passed
from upstander.training.ensemble import Said, fit_ensemble
from upstander.training.errors import DataError, TrainingError
from upstander.training.recipe import load_recipe

Split = Literal["validation", "calibration"]
SPLITS: Final[tuple[Split, ...]] = ("validation", "calibration")

OTHER_SHARES: Final = (0.001, 0.002, 0.005, 0.01, 0.02)
"""Shares of the base's flags for which it is told what losing them would save."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be made.

    run: folder of the run that prepared the rows. ordinary: sources of everyday posts. left_out:
    sources whose rows are not looked at. max_lost, unflagged_at: as in cascade.json. rows: at most
    so many of each split; 0 is all of them. base_cost: as in cascade.json; 0 measures it.
    """

    name: str
    version: str
    run: Path
    ordinary: Collection[str] = ("ordinary",)
    left_out: Collection[str] = ()
    max_lost: float = 0.001
    unflagged_at: str = "watchful"
    rows: int = 0
    base_cost: float = 0.0
    student_share: float = 0.0
    recipe: Path = Path("mpnet")


@dataclass(frozen=True, slots=True)
class Made:
    """The cascade, and what other shares of lost flags would have given: share to what passes."""

    bundle: Bundle
    others: dict[float, Passed]


def make_cascade(student: Path, base: Path, plan: Plan, bundles: Path, work: Path) -> Made:
    """Choose the bounds of two bundles and write `bundles/NAME/VERSION`.

    work: folder where what the models said of the rows is kept: it takes most of the time, and the
    same models and rows need not be read again.
    Raises TrainingError, and BundleError if the cascade would not find its two bundles.
    """
    for option, value, pattern in (
        ("--name", plan.name, NAME),
        ("--version", plan.version, VERSION),
    ):
        if re.match(pattern, value) is None:
            raise TrainingError(f"{option} {value}: write it as upstander-cascade, or as 1.0.0")
    destination = bundles / plan.name / plan.version
    if destination.exists():  # now, and not after an hour
        raise BundleExists(f"{destination} exists: raise the version, or remove the folder")
    one, other = open_bundle(student), open_bundle(base)
    try:
        refuse_unlike(one.manifest, other.manifest)
        highest_bounds(one.manifest, other.manifest, plan.unflagged_at)
    except ValueError as error:
        raise TrainingError(f"no cascade can be made of these two: {error}") from error
    if one.cascade or other.cascade:
        raise TrainingError("a cascade cannot be a stage of another: give two bundles with a graph")
    recipe = load_recipe(plan.recipe) if plan.student_share else None
    records = [_record(bundle) for bundle in (one, other)]
    for record in records:
        stage_folder(destination, record)  # before hours of reading
    said = {split: _said(split, one, other, plan, work) for split in SPLITS}
    ensemble = None
    if recipe is not None:
        ensemble = fit_ensemble(
            recipe,
            plan.run / "prepare",
            other.manifest,
            said["validation"],
            said["calibration"],
            plan.student_share,
        )
    answers = other.manifest.model_copy(update=dict(thresholds_of(ensemble)))
    limits = highest_bounds(one.manifest, answers, plan.unflagged_at)
    names = [output.name for output in answers.outputs]
    by_split = {
        split: _judged(
            own.student,
            own.base if ensemble is None else together(ensemble, names, own.student, own.base),
            np.isin(own.table["source"], list(plan.ordinary)),
            answers,
        )
        for split, own in said.items()
    }
    rows = by_split["validation"]
    labels = [label.name for label in one.manifest.labels]
    highest = np.array([limits[label] for label in labels])
    bounds = choose_bounds(rows, highest, plan.max_lost)
    cost = plan.base_cost or max(0.1, round(base_over_student(one.scorer, other.scorer).value, 1))
    cascade = CascadeManifest(
        schema_version=CASCADE_SCHEMA,
        name=plan.name,
        version=plan.version,
        description=other.manifest.description,
        student=records[0],
        base=records[1],
        bounds=dict(zip(labels, bounds.tolist(), strict=True)),
        unflagged_at=plan.unflagged_at,
        base_cost=cost,
        max_lost=plan.max_lost,
        measured=tuple(passed(own, bounds, split) for split, own in by_split.items()),
        ensemble=ensemble,
    )
    written = write_cascade(destination, cascade, card_of(cascade))
    others = {
        share: passed(rows, choose_bounds(rows, highest, share), "validation")
        for share in OTHER_SHARES
        if share != plan.max_lost
    }
    return Made(written, others)


def _record(bundle: Bundle) -> StageRecord:
    manifest = bundle.manifest
    return StageRecord(name=manifest.name, version=manifest.version, sha256=bundle.sha256)


def _said(split: Split, student: Bundle, base: Bundle, plan: Plan, work: Path) -> Said:
    """The rows of a split, as both models read them."""
    table = plan.run / "prepare" / "data"
    if not table.is_dir():
        raise DataError(
            f"{plan.run} has no prepared rows: run 'upstander train RECIPE --until prepare' first, "
            "or give the folder of a run with --run"
        )
    prepared = datasets.load_from_disk(str(table))[split]
    sources, texts = list(prepared["source"]), list(prepared["text"])
    kept = [place for place, source in enumerate(sources) if source not in plan.left_out]
    if plan.rows:
        kept = kept[:: max(1, len(kept) // plan.rows)][: plan.rows]
    if not kept:
        raise DataError(f"no {split} row is left to choose bounds on: leave out fewer sources")
    own = [texts[place] for place in kept]
    said = {
        stage: _outputs(f"{split} rows, {stage}", bundle, own, work / f"{split}-{stage}.npz")
        for stage, bundle in (("student", student), ("base", base))
    }
    return Said(prepared.select(kept), said["student"], said["base"])


def _judged(student: Floats, base: Floats, ordinary: np.ndarray, manifest: Manifest) -> Rows:
    """From what is said to what is flagged. student: (rows, outputs). base: of what is sent on."""
    names = [output.name for output in (*manifest.labels, *manifest.targets)]
    holds = base[:, : len(names)] >= np.array([manifest.threshold(name) for name in names])
    labels = len(manifest.labels)
    is_flagged = holds[:, :labels].any(axis=1, keepdims=True)
    flags = np.column_stack([holds[:, :labels], holds[:, labels:] & is_flagged])
    is_read = ~(np.isnan(student).any(axis=1) | np.isnan(base).any(axis=1))  # nothing is visible
    return Rows(
        student[is_read][:, :labels], flags[is_read], np.asarray(ordinary)[is_read], tuple(names)
    )


def _outputs(label: str, bundle: Bundle, texts: Sequence[str], kept: Path) -> Floats:
    """(texts, outputs), every calibrated probability; NaN for a text that cannot be scored."""
    key = hashlib.sha256("\0".join((bundle.sha256, *texts)).encode()).hexdigest()
    if kept.is_file():
        with np.load(kept) as before:
            if str(before["key"]) == key:
                return np.asarray(before["outputs"])
    names = [output.name for output in bundle.manifest.outputs]
    outputs = np.full((len(texts), len(names)), np.nan)
    with track(label, total=len(texts), unit="rows") as progress:
        for place, score in enumerate(scored(bundle.scorer, texts)):
            if score is not None:
                values = _values(score)
                outputs[place] = [values[name] for name in names]
            progress.advance()
    kept.parent.mkdir(parents=True, exist_ok=True)
    unfinished = kept.with_name(f".{kept.name}.unfinished.npz")
    np.savez(unfinished, key=np.array(key), outputs=outputs)
    unfinished.replace(kept)
    return outputs


def _values(score: Score) -> dict[str, float]:
    return {
        **score.scores,
        **{target.category: target.score for target in score.targets},
        **{mechanism.mechanism: mechanism.score for mechanism in score.mechanisms},
    }
