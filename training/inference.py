"""What the trained network says of rows: the logits of every head, and of every token."""

from collections.abc import Sequence
from dataclasses import dataclass

import datasets
import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from upstander.evaluation.progress import track
from upstander.training.batches import padded
from upstander.training.model import HeadedEncoder

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one split that fit in a window, with the logits of every head.

    table: the prepared rows. encodings: their tokens.
    logits: (rows, heads). tokens: of each row the logits of its tokens.
    labels: (rows, labels); NaN where unknown.
    annotated: (rows, heads); NaN where unknown or guessed.
    """

    table: datasets.Dataset
    encodings: Sequence[Encoding]
    logits: Floats
    tokens: Sequence[Floats]
    labels: Floats
    annotated: Floats

    @property
    def sources(self) -> NDArray[np.str_]:
        """The data set of each row."""
        return np.array(self.table["source"])


def collect(
    table: datasets.Dataset,
    model: HeadedEncoder,
    heads: Sequence[str],
    every_head: Sequence[str],
    tokenizer: Tokenizer,
    length: int,
) -> Rows:
    """Logits of every row that fits in one window of `length` tokens."""
    encodings = tokenizer.encode_batch(table["text"])
    kept = [index for index, row in enumerate(encodings) if len(row.ids) <= length]
    encodings = [encodings[index] for index in kept]
    logits, tokens = logits_of(model, [encoding.ids for encoding in encodings])
    values = np.array(table["heads"], dtype=np.float64)[kept]
    values[np.array(table["weak"])[kept] > 0] = np.nan
    return Rows(
        table=table.select(kept),
        encodings=encodings,
        logits=logits,
        tokens=tokens,
        labels=np.array(table["labels"], dtype=np.float64)[kept],
        annotated=values[:, [every_head.index(head) for head in heads]],
    )


def logits_of(
    model: HeadedEncoder, ids: Sequence[Sequence[int]], batch: int = 64
) -> tuple[Floats, list[Floats]]:
    """Logits of shape (rows, heads), and of each row those of its tokens, in the order of `ids`.

    Computed in batches of rows of like length.
    """
    order = sorted(range(len(ids)), key=lambda index: len(ids[index]))
    result = np.zeros((len(ids), model.heads.out_features))
    tokens: list[Floats] = [np.zeros(0)] * len(ids)
    padding = model.encoder.config.pad_token_id or 0
    device = model.heads.weight.device
    with track("inference", total=len(ids), unit="rows") as progress, torch.inference_mode():
        for start in range(0, len(order), batch):
            rows = order[start : start + batch]
            inputs = padded([ids[row] for row in rows], padding)
            output = model(**{name: value.to(device) for name, value in inputs.items()})
            result[rows] = output["logits"].float().cpu().numpy()
            marks = output["rationale"].double().cpu().numpy()
            for place, row in enumerate(rows):
                tokens[row] = marks[place, : len(ids[row])]
            progress.advance(len(rows))
    return result, tokens


@dataclass(frozen=True, slots=True)
class WindowLogits:
    """The logits of every head for every window of some texts.

    logits: (windows, heads). texts: (windows,), the number of the text that each is of.
    """

    logits: Floats
    texts: NDArray[np.int64]

    def __len__(self) -> int:
        return int(self.texts[-1]) + 1 if len(self.texts) else 0

    def highest(self, fusion: Floats, bias: float) -> Floats:
        """(texts,), the highest fused logit over the windows of each, as `models/scorer.py`."""
        found = np.full(len(self), -np.inf)
        np.maximum.at(found, self.texts, self.logits @ fusion + bias)
        return found


@dataclass(frozen=True, slots=True)
class Windows:
    """A trained network that reads texts of any length, in windows as the bundle will."""

    model: HeadedEncoder
    tokenizer: Tokenizer
    length: int
    overlap: int

    def logits(self, texts: Sequence[str]) -> WindowLogits:
        """Every head for every window of texts that are normalised."""
        if not texts:
            return WindowLogits(np.zeros((0, 0)), np.zeros(0, dtype=np.int64))
        cutting = Tokenizer.from_str(self.tokenizer.to_str())
        cutting.enable_truncation(self.length, stride=self.overlap)
        ids, numbers = [], []
        for number, encoding in enumerate(cutting.encode_batch(list(texts))):
            for window in (encoding, *encoding.overflowing):
                ids.append(window.ids)
                numbers.append(number)
        return WindowLogits(logits_of(self.model, ids)[0], np.array(numbers, dtype=np.int64))
