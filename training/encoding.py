"""Rows of the prepared tables as batches: tokens, their marks, labels, and what each counts.

Rows that are one sentence about several groups travel together, as one unit, so that the loss can
ask for the same answer to both.
"""

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import datasets
import numpy as np
import numpy.typing as npt
import torch
from tokenizers import Encoding, Tokenizer

from training.recipe import Training, head_weight

_COLUMNS: Final = ("input_ids", "labels", "weights", "rationale")


def encode(
    table: datasets.Dataset,
    tokenizer: Tokenizer,
    every_head: Sequence[str],
    heads: Sequence[str],
    options: Training,
    rationale_sources: Sequence[str],
) -> datasets.Dataset:
    """Units of rows: tokens, labels and weights; rows longer than `max_length` are left out.

    A unit has one entry a row in each of its columns. Rows of one source and id whose texts differ
    are a unit, and every other row is one of its own.
    rationale: of each token 1.0 where a marked stretch touches it, else 0.0; NaN for special tokens
        and in rows of other sources than `rationale_sources`.
    """
    kept = [every_head.index(head) for head in heads]
    head_weights = np.array([head_weight(head, options) for head in heads], dtype=np.float32)

    def convert(batch: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
        encodings = tokenizer.encode_batch(batch["text"])
        ids = [encoding.ids for encoding in encodings]
        weak = np.array(batch["weak"], dtype=np.float32)[:, kept]
        return {
            "input_ids": ids,
            "unit": [
                f"{source} {row_id}"
                for source, row_id in zip(batch["source"], batch["id"], strict=True)
            ],
            "text": batch["text"],
            "labels": list(np.array(batch["heads"], dtype=np.float32)[:, kept]),
            "weights": list(head_weights * np.where(weak > 0, options.weak_weight, 1.0)),
            "rationale": [
                token_labels(encoding, spans)
                if is_marked and source in rationale_sources
                else np.full(len(encoding.ids), np.nan, dtype=np.float32)
                for encoding, spans, is_marked, source in zip(
                    encodings, batch["spans"], batch["marked"], batch["source"], strict=True
                )
            ],
        }

    # In memory: a cache file would land in the folder of the step before, and change it.
    encoded = table.map(
        convert, batched=True, remove_columns=table.column_names, keep_in_memory=True
    )
    kept_rows = encoded.filter(
        lambda ids: len(ids) <= options.max_length, input_columns="input_ids", keep_in_memory=True
    )
    return _in_units(kept_rows)


def _in_units(table: datasets.Dataset) -> datasets.Dataset:
    units: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    seen: defaultdict[tuple[str, str], int] = defaultdict(int)
    for index, (unit, text) in enumerate(zip(table["unit"], table["text"], strict=True)):
        # A text that is merely repeated begins another unit.
        units[unit, seen[unit, text]].append(index)
        seen[unit, text] += 1
    columns = {name: table[name] for name in _COLUMNS}
    rows = list(units.values())
    return datasets.Dataset.from_dict(
        {
            **{
                name: [[column[i] for i in unit] for unit in rows]
                for name, column in columns.items()
            },
            "length": [max(len(columns["input_ids"][i]) for i in unit) for unit in rows],
        }
    )


def token_labels(encoding: Encoding, spans: Sequence[Sequence[int]]) -> npt.NDArray[np.float32]:
    """1.0 for each token that a stretch touches, else 0.0; NaN for the special ones."""
    labels = np.zeros(len(encoding.ids), dtype=np.float32)
    for index, (begin, end) in enumerate(encoding.offsets):
        if encoding.special_tokens_mask[index]:
            labels[index] = np.nan
        elif any(begin < span_end and end > span_begin for span_begin, span_end in spans):
            labels[index] = 1.0
    return labels


@dataclass(frozen=True, slots=True)
class Collator:
    """Pads the rows of units to the longest of their batch.

    pairs: (pairs, 2), the places in the batch of each two rows of one unit.
    """

    padding: int

    def __call__(self, units: Sequence[Mapping[str, Any]]) -> dict[str, torch.Tensor]:
        rows: list[dict[str, Any]] = []
        pairs: list[tuple[int, int]] = []
        for unit in units:
            places = range(len(rows), len(rows) + len(unit["input_ids"]))
            pairs += itertools.combinations(places, 2)
            rows += ({name: unit[name][i] for name in _COLUMNS} for i in range(len(places)))
        longest = max(len(row["input_ids"]) for row in rows)
        ids = torch.full((len(rows), longest), self.padding)
        mask = torch.zeros(len(rows), longest, dtype=torch.long)
        rationale = torch.full((len(rows), longest), torch.nan)
        for index, row in enumerate(rows):
            ids[index, : len(row["input_ids"])] = torch.tensor(row["input_ids"])
            mask[index, : len(row["input_ids"])] = 1
            rationale[index, : len(row["rationale"])] = torch.tensor(row["rationale"])
        return {
            "input_ids": ids,
            "attention_mask": mask,
            "labels": torch.tensor(np.array([row["labels"] for row in rows], dtype=np.float32)),
            "weights": torch.tensor(np.array([row["weights"] for row in rows], dtype=np.float32)),
            "rationale": rationale,
            "pairs": torch.tensor(pairs, dtype=torch.long).reshape(-1, 2),
        }
