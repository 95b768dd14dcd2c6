"""Rows of the prepared tables as batches: tokens, their marks, labels, and what each counts.

Rows that are one sentence about several groups travel together, as one unit, so that the loss can
ask for the same answer to all of them. The rows of a split are a few flat arrays: half a million
of them load in a second, and a batch is cut out of them without a loop over its rows.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

import datasets
import numpy as np
import numpy.typing as npt
from safetensors import safe_open
from safetensors.numpy import save_file
from tokenizers import Encoding, Tokenizer

from upstander.training.seeded_random import uniform

UNKNOWN: Final = -1
"""The mark of a token that nobody was asked about."""

_CHUNK: Final = 4000


@dataclass(frozen=True, slots=True)
class EncodedRows:
    """The rows of one split as flat arrays, in the order of the prepared table.

    ids: the tokens of all rows, one row after the other. starts: (rows + 1,), where each begins.
    marks: of each token 1 where a marked stretch touches it, 0 where none does, -1 where nobody was
        asked: special tokens, and rows of other sources than those the rationale learns from.
    label_starts: (rows + 1,); label_heads, label_values, label_weak: the known labels of all rows,
        as numbers of `heads`, values in [0, 1], and whether a rule guessed them.
    units: (rows,), rows of one number are one sentence about several groups.
    draws: (rows,), a number in [0, 1) that is the same for all rows of a unit.
    sources: (rows,), numbers of `source_names`.
    """

    ids: npt.NDArray[np.unsignedinteger[Any]]
    starts: npt.NDArray[np.int64]
    marks: npt.NDArray[np.int8]
    label_starts: npt.NDArray[np.int64]
    label_heads: npt.NDArray[np.uint8]
    label_values: npt.NDArray[np.float32]
    label_weak: npt.NDArray[np.uint8]
    units: npt.NDArray[np.int64]
    draws: npt.NDArray[np.float32]
    sources: npt.NDArray[np.uint8]
    heads: tuple[str, ...]
    source_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Tokens of each row, special ones included."""
        return np.diff(self.starts)

    def labels_of(
        self, rows: npt.NDArray[np.int64], heads: Sequence[str], weak_weight: float
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Labels of some rows, NaN where unknown, and what each counts; both (rows, heads).

        weak_weight: what a guess counts; an annotator's word counts 1.
        """
        column = np.full(len(self.heads), -1)
        for place, head in enumerate(heads):
            column[self.heads.index(head)] = place
        counts = self.label_starts[rows + 1] - self.label_starts[rows]
        entries = ranges(self.label_starts[rows], counts)
        places = column[self.label_heads[entries]]
        kept = places >= 0
        at = np.repeat(np.arange(len(rows)), counts)[kept], places[kept]
        labels = np.full((len(rows), len(heads)), np.nan, dtype=np.float32)
        weights = np.ones((len(rows), len(heads)), dtype=np.float32)
        labels[at] = self.label_values[entries][kept]
        weights[at] = np.where(self.label_weak[entries][kept] > 0, weak_weight, 1.0)
        return labels, weights

    def save(self, path: Path) -> None:
        """Write a safetensors file."""
        names = {"heads": json.dumps(self.heads), "source_names": json.dumps(self.source_names)}
        arrays = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in names}
        save_file(arrays, path, metadata=names)

    @classmethod
    def load(cls, path: Path) -> "EncodedRows":
        """Read what `save` wrote."""
        with safe_open(path, framework="numpy") as file:
            names: dict[str, Any] = {
                key: tuple(json.loads(value)) for key, value in file.metadata().items()
            }
            return cls(**{key: file.get_tensor(key) for key in file.keys()}, **names)  # noqa: SIM118


def encode(
    table: datasets.Dataset,
    tokenizer: Tokenizer,
    heads: Sequence[str],
    rationale_sources: Sequence[str],
    seed: int = 0,
) -> EncodedRows:
    """Every row of a prepared table.

    heads: of the columns of the table. seed: of `draws`.
    """
    number = number_type(tokenizer.get_vocab_size())
    ids, marks, values, weak, lengths = [], [], [], [], []
    names: list[str] = table["source"][:]
    for begin in range(0, len(table), _CHUNK):
        chunk = table[begin : begin + _CHUNK]
        values.append(np.array(chunk["heads"], dtype=np.float32).reshape(-1, len(heads)))
        weak.append(np.array(chunk["weak"], dtype=np.float32).reshape(-1, len(heads)))
        encodings = tokenizer.encode_batch(chunk["text"])
        for encoding, spans, is_marked, source in zip(
            encodings, chunk["spans"], chunk["marked"], chunk["source"], strict=True
        ):
            lengths.append(len(encoding.ids))
            ids.append(np.array(encoding.ids, dtype=number))
            asked = is_marked and source in rationale_sources
            known = token_labels(encoding, spans) if asked else np.full(len(encoding.ids), np.nan)
            marks.append(np.nan_to_num(known, nan=UNKNOWN).astype(np.int8))
    labels = np.concatenate(values) if values else np.zeros((0, len(heads)), np.float32)
    known_at = ~np.isnan(labels)
    rows, columns = np.nonzero(known_at)
    units, draws = _units(names, table["id"][:], table["text"][:], seed)
    source_names = tuple(sorted(set(names)))
    return EncodedRows(
        ids=np.concatenate(ids) if ids else np.zeros(0, number),
        starts=np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64),
        marks=np.concatenate(marks) if marks else np.zeros(0, np.int8),
        label_starts=np.concatenate([[0], np.cumsum(known_at.sum(axis=1))]).astype(np.int64),
        label_heads=columns.astype(np.uint8),
        label_values=labels[rows, columns],
        label_weak=(np.concatenate(weak)[rows, columns] > 0).astype(np.uint8)
        if weak
        else np.zeros(0, np.uint8),
        units=units,
        draws=draws,
        sources=np.array([source_names.index(name) for name in names], dtype=np.uint8),
        heads=tuple(heads),
        source_names=source_names,
    )


def number_type(tokens: int) -> type[np.uint16] | type[np.uint32]:
    """The smallest type that numbers every token of a vocabulary of this size."""
    return np.uint16 if tokens <= np.iinfo(np.uint16).max + 1 else np.uint32


def _units(
    sources: Sequence[str], ids: Sequence[str], texts: Sequence[str], seed: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Rows of one source and id whose texts differ are a unit; a repeated text begins another."""
    seen: defaultdict[tuple[str, str, str], int] = defaultdict(int)
    numbers: dict[tuple[str, str, int], int] = {}
    units = np.zeros(len(texts), dtype=np.int64)
    draws = np.zeros(len(texts), dtype=np.float32)
    for row, (source, own_id, text) in enumerate(zip(sources, ids, texts, strict=True)):
        time = seen[source, own_id, text]
        seen[source, own_id, text] += 1
        units[row] = numbers.setdefault((source, own_id, time), len(numbers))
        draws[row] = uniform(seed, "unit", source, own_id, time)
    return units, draws


def token_labels(encoding: Encoding, spans: Sequence[Sequence[int]]) -> npt.NDArray[np.float32]:
    """1.0 for each token that a stretch touches, else 0.0; NaN for the special ones."""
    labels = np.zeros(len(encoding.ids), dtype=np.float32)
    for index, (begin, end) in enumerate(encoding.offsets):
        if encoding.special_tokens_mask[index]:
            labels[index] = np.nan
        elif any(begin < span_end and end > span_begin for span_begin, span_end in spans):
            labels[index] = 1.0
    return labels


def ranges(begins: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """begin, begin + 1, ... for each begin, as many as its count, one range after the other."""
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    places: npt.NDArray[np.int64] = np.arange(total) + np.repeat(begins - (ends - counts), counts)
    return places
