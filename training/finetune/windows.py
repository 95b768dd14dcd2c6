"""Windows of texts, and the outputs of a network for them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from upstander.models.manifest import Window
from upstander.models.normaliser import normalise
from upstander.training.inference import Windows
from upstander.training.model import HeadedEncoder
from upstander.training.trainer import best_precision

Floats = NDArray[np.float64]


def open_tokenizer(path: Path) -> Tokenizer:
    """A tokenizer that neither cuts nor pads."""
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def windows_of(tokenizer: Tokenizer, window: Window, texts: Sequence[str]) -> list[list[list[int]]]:
    """The tokens of each window of each text, as the scorer cuts them."""
    cutting = Tokenizer.from_str(tokenizer.to_str())
    cutting.enable_truncation(window.length, stride=window.overlap)
    encoded = cutting.encode_batch([normalise(text).text for text in texts])
    return [[part.ids for part in (one, *one.overflowing)] for one in encoded]


def fast() -> torch.autocast:
    """Inference in the precision of training; half the time, where the processor has bf16."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.autocast(device, torch.bfloat16, enabled=best_precision() == "bf16")


def text_logits(
    model: HeadedEncoder, tokenizer: Tokenizer, window: Window, texts: Sequence[str]
) -> Floats:
    """(texts, heads): the highest logit over the windows of each text, as the scorer takes it."""
    reader = Windows(model, tokenizer, window.length, window.overlap)
    with fast():
        read = reader.logits([normalise(text).text for text in texts])
    found = np.full((len(texts), model.heads.out_features), -np.inf)
    if len(texts):
        np.maximum.at(found, read.texts, read.logits)
    return found
