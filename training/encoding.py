"""Rows of the prepared tables as batches: tokens, their marks, labels, and what each counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import datasets
import numpy as np
import numpy.typing as npt
import torch
from tokenizers import Encoding, Tokenizer

from training.recipe import Training


def encode(
    table: datasets.Dataset,
    tokenizer: Tokenizer,
    every_head: Sequence[str],
    heads: Sequence[str],
    options: Training,
    rationale_sources: Sequence[str],
) -> datasets.Dataset:
    """Tokens, labels and weights of each row; rows longer than `max_length` are left out.

    rationale: of each token 1.0 where a marked stretch touches it, else 0.0; NaN for special tokens
        and in rows of other sources than `rationale_sources`.
    """
    kept = [every_head.index(head) for head in heads]
    head_weights = np.array([_head_weight(head, options) for head in heads], dtype=np.float32)

    def convert(batch: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
        encodings = tokenizer.encode_batch(batch["text"])
        ids = [encoding.ids for encoding in encodings]
        weak = np.array(batch["weak"], dtype=np.float32)[:, kept]
        return {
            "input_ids": ids,
            "length": [len(row) for row in ids],
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
    return encoded.filter(
        lambda length: length <= options.max_length, input_columns="length", keep_in_memory=True
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
    """Pads rows to the longest of their batch."""

    padding: int

    def __call__(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, torch.Tensor]:
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
        }


def _head_weight(head: str, options: Training) -> float:
    return options.head_weights.get(head, options.head_weights.get(head.partition(".")[0], 1.0))
