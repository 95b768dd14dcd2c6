"""Rows of the prepared tables as batches: tokens, labels, and what each label counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import datasets
import numpy as np
import torch
from tokenizers import Tokenizer

from training.recipe import Training


def encode(
    table: datasets.Dataset,
    tokenizer: Tokenizer,
    every_head: Sequence[str],
    heads: Sequence[str],
    options: Training,
) -> datasets.Dataset:
    """Tokens, labels and weights of each row; rows longer than `max_length` are left out."""
    kept = [every_head.index(head) for head in heads]
    head_weights = np.array([_head_weight(head, options) for head in heads], dtype=np.float32)

    def convert(batch: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
        ids = [encoding.ids for encoding in tokenizer.encode_batch(batch["text"])]
        weak = np.array(batch["weak"], dtype=np.float32)[:, kept]
        return {
            "input_ids": ids,
            "length": [len(row) for row in ids],
            "labels": list(np.array(batch["heads"], dtype=np.float32)[:, kept]),
            "weights": list(head_weights * np.where(weak > 0, options.weak_weight, 1.0)),
        }

    # In memory: a cache file would land in the folder of the step before, and change it.
    encoded = table.map(
        convert, batched=True, remove_columns=table.column_names, keep_in_memory=True
    )
    return encoded.filter(
        lambda length: length <= options.max_length, input_columns="length", keep_in_memory=True
    )


@dataclass(frozen=True, slots=True)
class Collator:
    """Pads rows to the longest of their batch."""

    padding: int

    def __call__(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, torch.Tensor]:
        longest = max(len(row["input_ids"]) for row in rows)
        ids = torch.full((len(rows), longest), self.padding)
        mask = torch.zeros(len(rows), longest, dtype=torch.long)
        for index, row in enumerate(rows):
            ids[index, : len(row["input_ids"])] = torch.tensor(row["input_ids"])
            mask[index, : len(row["input_ids"])] = 1
        return {
            "input_ids": ids,
            "attention_mask": mask,
            "labels": torch.tensor(np.array([row["labels"] for row in rows], dtype=np.float32)),
            "weights": torch.tensor(np.array([row["weights"] for row in rows], dtype=np.float32)),
        }


def _head_weight(head: str, options: Training) -> float:
    return options.head_weights.get(head, options.head_weights.get(head.partition(".")[0], 1.0))
