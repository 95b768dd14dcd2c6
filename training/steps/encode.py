"""encode: the tokens and labels of the prepared rows, as flat arrays that training reads."""

import json
from pathlib import Path
from typing import Any, Final

import datasets

from upstander.training.base_model import base_of, load_tokenizer, resolve
from upstander.training.encoding import encode as encoded
from upstander.training.recipe import Recipe
from upstander.training.vocabulary import cut

SPLITS: Final = ("train", "validation")


def encode(recipe: Recipe, prepared: Path, out: Path) -> dict[str, Any]:
    """Write `out/train.safetensors` and `out/validation.safetensors`.

    Also `out/base`, the encoder with the pieces that are kept, if the recipe cuts its vocabulary.
    """
    datasets.disable_progress_bars()  # ours say the same, also where there is no terminal
    tables = datasets.load_from_disk(str(prepared / "data"))
    heads = json.loads((prepared / "heads.json").read_text())
    report: dict[str, Any] = {}
    if recipe.base.vocabulary is not None:
        whole = resolve(recipe.base)
        texts = tables["train"]["text"][:]
        report["vocabulary"] = cut(
            whole, load_tokenizer(whole), texts, recipe.base.vocabulary, out / "base"
        )
    tokenizer = load_tokenizer(base_of(recipe.base, out.parent))
    for split in SPLITS:
        rows = encoded(tables[split], tokenizer, heads, recipe.rationale.sources, recipe.seed)
        rows.save(out / f"{split}.safetensors")
        report[split] = {"rows": len(rows), "tokens": len(rows.ids)}
    return report
