"""refine: a short second training at lower rates, mostly on the rows that matter most."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
from safetensors.torch import save_file
from transformers import set_seed

from upstander.models.bundle import sha256_of
from upstander.training.batches import Units
from upstander.training.errors import RecipeError
from upstander.training.recipe import Recipe, Refine
from upstander.training.steps.train import (
    WEIGHTS,
    average,
    device_name,
    load_network,
    precision_of,
    train_network,
)
from upstander.training.trainer import Split, trainer_of

HEADS = "heads.json"
BLENDED = "blended.safetensors"


def take_network(start: Path, out: Path) -> dict[str, Any]:
    """Put the network of another run in the place of a trained one; what that run said of itself.

    start: the folder of its step `train` or `refine`. Raises RecipeError if it is none, or if its
        network reads other pieces than this run's rows are made of.
    """
    record = start / "step.json"
    if not all(file.is_file() for file in (record, start / WEIGHTS, start / HEADS)):
        raise RecipeError(
            f"{start} is not the folder of a finished training: give RUN/train or RUN/refine"
        )
    own, other = (step.parent / "encode" / "base" / "tokenizer.json" for step in (out, start))
    if own.is_file() != other.is_file() or (
        own.is_file() and own.read_bytes() != other.read_bytes()
    ):
        raise RecipeError(
            f"the network in {start} reads other pieces than this run: give both the same "
            "base.vocabulary and the same rows"
        )
    for name in (WEIGHTS, HEADS):
        shutil.copyfile(start / name, out / name)
    report: dict[str, Any] = json.loads(record.read_text())["report"]
    return {**report, "continued_from": sha256_of(start / WEIGHTS)}


def refine(recipe: Recipe, encoded: Path, taught: Path, trained: Path, out: Path) -> dict[str, Any]:
    """Write `out/model.safetensors` and `out/heads.json`; a copy if the recipe refines nothing.

    Each stage goes on from the network of the one before it, in a folder of its own, so that a run
    that was stopped goes on where it was.
    Raises RecipeError if the network has other heads than the prepared rows.
    """
    shutil.copyfile(trained / HEADS, out / HEADS)
    before, stages = trained / WEIGHTS, []
    split = Split.open(encoded, taught, recipe) if recipe.refine else None
    for number, stage in enumerate(recipe.refine, start=1):
        folder = out / f"stage-{number}"
        if split is not None:
            stages.append(_refine_once(recipe, stage, split, before, folder, number))
        before = folder / BLENDED
    shutil.copyfile(before, out / WEIGHTS)
    if not stages:
        return {}
    return {
        **{key: stages[-1][key] for key in ("auc", "precision", "device")},
        "rows": stages[-1]["rows"],
        "seconds": sum(stage["seconds"] for stage in stages),
        "steps": sum(stage["steps"] for stage in stages),
        "stages": stages,
    }


def _refine_once(
    recipe: Recipe, stage: Refine, split: Split, start: Path, folder: Path, number: int
) -> dict[str, Any]:
    """One stage: from the weights in `start` to those in `folder`; what it did."""
    record = folder / "stage.json"
    if record.is_file():
        finished: dict[str, Any] = json.loads(record.read_text(encoding="utf-8"))
        return finished
    only_here = {"sources", "share", "blend", "quantized", "distil"}
    changed = {name: v for name, v in stage if name not in only_here and v is not None}
    refined = recipe.model_copy(
        update={
            "training": recipe.training.model_copy(update=changed),
            "distil": recipe.distil if stage.distil else None,
        }
    )
    if not stage.distil:
        split = replace(split, taught=None)
    model, heads = load_network(refined, folder.parent.parent, start, folder.parent / HEADS)
    rows = split.training
    if unknown := sorted(set(heads) - set(rows.heads)):
        raise RecipeError(f"the network has a head {unknown[0]!r} and no row of it: train it anew")
    whole = [rows.source_names.index(name) for name in stage.sources]
    wanted = np.isin(rows.sources, whole) | (rows.draws < stage.share)
    set_seed(recipe.seed + number)
    model.rounds_as_int8 = stage.quantized
    trainer = trainer_of(refined, folder, model.train(), split, heads, number, wanted)
    auc_before = trainer.evaluate()["eval_auc"]
    report = train_network(f"refining {number} of {len(recipe.refine)}", trainer)
    blended = average((start, folder / WEIGHTS), (1 - stage.blend, stage.blend))
    model.load_state_dict(blended)
    save_file(blended, folder / BLENDED)
    finished = {
        **report,
        "auc": trainer.evaluate()["eval_auc"],
        "rows": cast("Units", trainer.train_dataset).rows,
        "precision": precision_of(trainer),
        "device": device_name(),
        "auc_before": auc_before,
    }
    record.write_text(json.dumps(finished, indent=2) + "\n", encoding="utf-8")
    return finished
