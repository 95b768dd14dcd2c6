"""teach: what the teacher says of every training row, so that the student learns from it."""

from pathlib import Path
from typing import Any

import torch

from upstander.training.encoding import EncodedRows
from upstander.training.errors import RecipeError
from upstander.training.recipe import Recipe, load_recipe
from upstander.training.steps.train import load_trained
from upstander.training.teacher import write_taught


def teach(recipe: Recipe, encoded: Path, teacher_run: Path | None, out: Path) -> dict[str, Any]:
    """Write `out/taught.safetensors` and `out/heads.json`; nothing without a teacher.

    teacher_run: the folder of the teacher's run. Raises RecipeError if it is not finished.
    """
    if recipe.distil is None or teacher_run is None:
        return {}
    refined, rows = teacher_run / "refine", teacher_run / "encode" / "train.safetensors"
    if not (refined / "step.json").is_file() or not rows.is_file():
        raise RecipeError(
            f"{teacher_run} has no finished teacher: run 'upstander train "
            f"{recipe.distil.teacher} --until refine' first"
        )
    model, heads = load_trained(load_recipe(Path(recipe.distil.teacher)), refined)
    if torch.cuda.is_available():
        model.to("cuda")
    student = EncodedRows.load(encoded / "train.safetensors")
    return dict(write_taught(model, heads, EncodedRows.load(rows), student, out))
