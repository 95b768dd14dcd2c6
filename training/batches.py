"""Building batches from encoded rows: grouped rows, teacher logits, padding."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from upstander.training.concatenation import Companions, is_kept
from upstander.training.encoding import UNKNOWN, EncodedRows, ranges
from upstander.training.recipe import Training, head_weight


class Units(torch.utils.data.Dataset[npt.NDArray[np.int64]]):
    """Units of rows, each an array of row numbers.

    wanted: (rows,), which rows are used; rows longer than `max_length` never are, because the label
        of a cut text is unknown.
    lengths: of each unit, the tokens of its longest row; from the shortest unit to the longest.
    """

    def __init__(
        self,
        rows: EncodedRows,
        max_length: int,
        wanted: npt.NDArray[np.bool_] | None = None,
    ) -> None:
        kept = rows.lengths <= max_length
        if wanted is not None:
            kept &= wanted
        used = np.flatnonzero(kept)
        used = used[np.argsort(rows.units[used], kind="stable")]
        begins = np.flatnonzero(np.diff(rows.units[used], prepend=-1))
        units = np.split(used, begins[1:]) if len(used) else []
        lengths = np.maximum.reduceat(rows.lengths[used], begins) if len(used) else used
        # By length, so that a batch that is cut in this order holds little padding.
        order = np.argsort(lengths, kind="stable")
        self._rows = [units[unit] for unit in order]
        self.rows = len(used)
        self.lengths: list[int] = lengths[order].tolist()

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, unit: int) -> npt.NDArray[np.int64]:
        rows: npt.NDArray[np.int64] = self._rows[unit]
        return rows


@dataclass(frozen=True, slots=True)
class Taught:
    """What a teacher says of the rows of a split.

    logits: (rows, heads of the teacher). marks: of each token of the rows, or None.
    heads: of the columns.
    """

    logits: npt.NDArray[np.float16]
    marks: npt.NDArray[np.float16] | None
    heads: tuple[str, ...]


class Collator:
    """Pads the rows of units to the longest of their batch.

    padding: the id of the padding token. heads: those of the network, in its order.
    A batch has input_ids and attention_mask (batch, tokens); labels and weights (batch, heads);
    rationale (batch, tokens); pairs (pairs, 2), the places in the batch of each two rows of one
    unit; and with a teacher, its logits as `taught` (batch, heads), NaN for a head that it lacks,
    and of the tokens as `taught_rationale`. Some batches are of rows with a harmless post beside
    each (`training/concatenation.py`), if the options say so.
    """

    def __init__(
        self,
        padding: int,
        rows: EncodedRows,
        heads: Sequence[str],
        options: Training,
        taught: Taught | None = None,
    ) -> None:
        self._padding = padding
        self._rows = rows
        self._heads = tuple(heads)
        self._head_weights = np.array([head_weight(h, options) for h in heads], dtype=np.float32)
        self._weak_weight = options.weak_weight
        self._companions = Companions(rows, options)
        self._kept = np.array([is_kept(head) for head in heads])
        self._taught = taught
        if taught is not None:
            known = [(i, taught.heads.index(h)) for i, h in enumerate(heads) if h in taught.heads]
            self._own, self._teachers = (np.array(side) for side in zip(*known, strict=True))

    def __call__(self, units: Sequence[npt.NDArray[np.int64]]) -> dict[str, torch.Tensor]:
        rows = np.concatenate(units)
        pieces = self._companions.pieces(rows)
        counts, entries = pieces.counts, pieces.entries
        at = np.repeat(np.arange(len(rows)), counts), ranges(np.zeros_like(counts), counts)
        shape = len(rows), int(counts.max())
        ids = np.full(shape, self._padding, dtype=np.int64)
        mask = np.zeros(shape, dtype=np.int64)
        rationale = np.full(shape, np.nan, dtype=np.float32)
        marks = self._rows.marks[entries].astype(np.float32)
        ids[at], mask[at] = self._rows.ids[entries], 1
        rationale[at] = np.where((marks == UNKNOWN) | ~pieces.own, np.nan, marks)
        labels, weights = self._rows.labels_of(rows, self._heads, self._weak_weight)
        unknown = pieces.joined[:, None] & ~self._kept
        labels[unknown] = np.nan
        batch = {
            "input_ids": ids,
            "attention_mask": mask,
            "labels": labels,
            "weights": weights * self._head_weights,
            "rationale": rationale,
            "pairs": _pairs(units),
        }
        if self._taught is not None:
            taught = np.full(labels.shape, np.nan, dtype=np.float32)
            taught[:, self._own] = self._taught.logits[rows][:, self._teachers]
            taught[unknown] = np.nan
            batch["taught"] = taught
            if self._taught.marks is not None:
                own = np.full(shape, np.nan, dtype=np.float32)
                own[at] = np.where(pieces.own, self._taught.marks[entries], np.nan)
                batch["taught_rationale"] = own
        return {name: torch.from_numpy(value) for name, value in batch.items()}


def _pairs(units: Sequence[npt.NDArray[np.int64]]) -> npt.NDArray[np.int64]:
    pairs: list[tuple[int, int]] = []
    first = 0
    for unit in units:
        if len(unit) > 1:
            pairs += itertools.combinations(range(first, first + len(unit)), 2)
        first += len(unit)
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def padded(ids: Sequence[Sequence[int]], padding: int) -> Mapping[str, Any]:
    """input_ids and attention_mask of rows that only have tokens."""
    longest = max(map(len, ids))
    tokens = torch.full((len(ids), longest), padding)
    mask = torch.zeros(len(ids), longest, dtype=torch.long)
    for place, row in enumerate(ids):
        tokens[place, : len(row)] = torch.tensor(row)
        mask[place, : len(row)] = 1
    return {"input_ids": tokens, "attention_mask": mask}
