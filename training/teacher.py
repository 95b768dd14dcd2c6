"""Knowledge distillation: the logits of a teacher for the training rows."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file, save_file

from upstander.training.batches import Taught
from upstander.training.encoding import EncodedRows
from upstander.training.errors import RecipeError
from upstander.training.inference import logits_of
from upstander.training.model import HeadedEncoder

_FILE: Final = "taught.safetensors"
_HEADS: Final = "heads.json"
_BATCH: Final = 256


def write_taught(
    model: HeadedEncoder,
    heads: Sequence[str],
    rows: EncodedRows,
    student: EncodedRows,
    out: Path,
) -> dict[str, int]:
    """Write the logits of every row, and of its tokens where both networks cut them alike.

    rows, student: the same rows as tokens of the teacher and of the student.
    Raises RecipeError if the two are not the same rows.
    """
    same = rows.source_names == student.source_names and all(
        np.array_equal(getattr(rows, name), getattr(student, name)) for name in ("sources", "draws")
    )
    if not same:
        raise RecipeError(
            "the teacher's rows are not the student's: both recipes need the same seed, sources "
            "and splits"
        )
    ids = [rows.ids[a:b].tolist() for a, b in zip(rows.starts, rows.starts[1:], strict=False)]
    ids = [row[: model.encoder.config.max_position_embeddings - 2] for row in ids]
    logits, tokens = logits_of(model, ids, _BATCH)
    arrays: dict[str, npt.NDArray[np.float16]] = {"logits": logits.astype(np.float16)}
    if np.array_equal(rows.lengths, student.lengths):
        full = []
        for own, length in zip(tokens, rows.lengths, strict=True):
            # Nobody asks for the first and the last token, which are special.
            marks = np.full(length, np.nan)
            marks[1 : min(len(own), length - 1)] = own[1 : length - 1]
            full.append(marks)
        arrays["marks"] = np.concatenate(full).astype(np.float16)
    save_file(arrays, out / _FILE)
    (out / _HEADS).write_text(json.dumps(list(heads), indent=2) + "\n", encoding="utf-8")
    return {"rows": len(rows), "tokens": len(arrays.get("marks", ()))}


def read_taught(folder: Path) -> Taught:
    """What `write_taught` wrote."""
    arrays = load_file(folder / _FILE)
    heads = tuple(json.loads((folder / _HEADS).read_text(encoding="utf-8")))
    return Taught(arrays["logits"], arrays.get("marks"), heads)
