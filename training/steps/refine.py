"""refine: a short second training at lower rates, mostly on the rows that matter most."""

import json
import shutil
from pathlib import Path
from typing import Any

import datasets
from safetensors.torch import save_file
from transformers import set_seed

from models.bundle import sha256_of
from training.base import load_tokenizer, resolve
from training.draws import uniform
from training.encoding import encode
from training.errors import RecipeError
from training.recipe import Recipe
from training.steps.train import (
    WEIGHTS,
    average,
    load_trained,
    precision_of,
    select_validation,
    train_network,
    trainer_of,
)

HEADS = "heads.json"


def take_network(start: Path, out: Path) -> dict[str, Any]:
    """Put the network of another run in the place of a trained one; what that run said of itself.

    start: the folder of its step `train` or `refine`. Raises RecipeError if it is none.
    """
    record = start / "step.json"
    if not all(file.is_file() for file in (record, start / WEIGHTS, start / HEADS)):
        raise RecipeError(
            f"{start} is not the folder of a finished training: give RUN/train or RUN/refine"
        )
    for name in (WEIGHTS, HEADS):
        shutil.copyfile(start / name, out / name)
    report: dict[str, Any] = json.loads(record.read_text())["report"]
    return {**report, "continued_from": sha256_of(start / WEIGHTS)}


def refine(recipe: Recipe, prepared: Path, trained: Path, out: Path) -> dict[str, Any]:
    """Write `out/model.safetensors` and `out/heads.json`; a copy if the recipe refines nothing.

    Raises RecipeError if the network has other heads than the prepared rows.
    """
    for name in (WEIGHTS, HEADS):
        shutil.copyfile(trained / name, out / name)
    if recipe.refine is None:
        return {}
    datasets.disable_progress_bars()
    options = recipe.training.model_copy(
        update=recipe.refine.model_dump(exclude={"sources", "share", "blend"})
    )
    tables = datasets.load_from_disk(str(prepared / "data"))
    every_head = json.loads((prepared / HEADS).read_text())
    model, heads = load_trained(recipe, trained)
    if unknown := sorted(set(heads) - set(every_head)):
        raise RecipeError(f"the network has a head {unknown[0]!r} and no row of it: train it anew")
    kept = [
        index
        for index, (source, text) in enumerate(
            zip(tables["train"]["source"], tables["train"]["text"], strict=True)
        )
        if source in recipe.refine.sources
        or uniform(recipe.seed, "refine", text) < recipe.refine.share
    ]
    tokenizer = load_tokenizer(resolve(recipe.base))
    training, validation = (
        encode(table, tokenizer, every_head, heads, options, recipe.rationale.sources)
        for table in (tables["train"].select(kept), tables["validation"])
    )
    validation = select_validation(validation, recipe)
    set_seed(recipe.seed)
    refined = recipe.model_copy(update={"training": options})
    folder = out / "network"
    trainer = trainer_of(refined, folder, model.train(), training, validation, heads)
    before = trainer.evaluate()["eval_auc"]
    report = train_network("refining", trainer)
    files = (trained / WEIGHTS, folder / WEIGHTS)
    blended = average(files, (1 - recipe.refine.blend, recipe.refine.blend))
    model.load_state_dict(blended)
    save_file(blended, out / WEIGHTS)
    return {
        **report,
        "auc": trainer.evaluate()["eval_auc"],
        "rows": sum(map(len, training["labels"])),
        "precision": precision_of(trainer),
        "auc_before": before,
    }
