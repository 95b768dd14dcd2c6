"""What a peer runs: tokenizer and graph of the bundle, and no more.

It neither normalises nor finds spans, so a peer has less to do for a post than Upstander.
"""

import os
from pathlib import Path

import numpy as np
import onnxruntime as ort
from tokenizers import Tokenizer


class Scoring:
    """Probabilities of a text, from the bundle in the variable BUNDLE."""

    def __init__(self) -> None:
        bundle = Path(os.environ["BUNDLE"])
        self._tokenizer = Tokenizer.from_file(str(bundle / "tokenizer.json"))
        self._tokenizer.enable_truncation(64)
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.enable_mem_pattern = False
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = ort.InferenceSession(
            str(bundle / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )

    def score(self, text: str) -> list[float]:
        """One probability an output."""
        ids = np.array([self._tokenizer.encode(text).ids], dtype=np.int64)
        logits = self._session.run(["logits"], {"input_ids": ids})[0][0]
        probabilities: list[float] = (1 / (1 + np.exp(-logits))).tolist()
        return probabilities
