"""calibrate: fuse heads into labels, turn logits into probabilities, choose thresholds.

No test row is read here.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import datasets

from upstander.training.base_model import base_of, load_tokenizer
from upstander.training.inference import Windows, collect
from upstander.training.outputs import HeldOut, calibrate_outputs
from upstander.training.rationale import calibrate_rationale
from upstander.training.recipe import Recipe
from upstander.training.selection import selection
from upstander.training.steps.train import load_trained
from upstander.training.threshold_floor import ordinary_posts


def calibrate(
    recipe: Recipe, data: Path, prepared: Path, trained: Path, out: Path
) -> dict[str, Any]:
    """Write `out/calibration.json`: fusion weights, Platt scaling and operating points.

    The report also has the score that decides between trainings (`training/selection.py`).
    """
    model, heads = load_trained(recipe, trained)
    # Probabilities and thresholds are those of the network that is served, rounding and all.
    model.rounds_as_int8 = recipe.export.scale == "channel"
    every_head = json.loads((prepared / "heads.json").read_text())
    tables = datasets.load_from_disk(str(prepared / "data"))
    tokenizer = load_tokenizer(base_of(recipe.base, trained.parent))
    length = recipe.export.window_length
    validation, calibration = (
        collect(tables[split], model, heads, every_head, tokenizer, length)
        for split in ("validation", "calibration")
    )
    windows = Windows(model, tokenizer, recipe.export.window_length, recipe.export.window_overlap)
    ordinary = windows.logits(ordinary_texts(recipe.points.ordinary, tables))
    everywhere = ordinary_posts(recipe.points.languages, tables)
    held_out = HeldOut(
        validation, calibration, ordinary, windows.logits(everywhere.texts), everywhere.languages
    )
    result = calibrate_outputs(recipe, heads, held_out)
    result["rationale"] = calibrate_rationale(
        recipe.rationale.calibrate, validation, calibration
    ).model_dump()
    (out / "calibration.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    return {
        **{name: result[name] for name in ("outputs", "rationale", "own_thresholds")},
        "selection": selection(windows, result, validation, ordinary, data),
    }


def ordinary_texts(sources: Sequence[str], tables: Mapping[str, datasets.Dataset]) -> list[str]:
    """The posts of some sources that are kept for validation and for calibration.

    Both, because one post in a thousand is few: a threshold on them fits nothing else.
    """
    return [
        text
        for split in ("validation", "calibration")
        for source, text in zip(tables[split]["source"], tables[split]["text"], strict=True)
        if source in sources
    ]
