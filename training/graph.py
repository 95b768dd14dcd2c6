"""The graph that is shipped: tokens in, one logit a label and target out."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import nn

from training.model import HeadedEncoder, mean_of_tokens


class FusedEncoder(nn.Module):
    """An encoder whose heads were fused into the product's outputs.

    The heads are linear, and so is their combination: both fold into one layer, and the fusion
    costs nothing at serving time. There is no attention mask, because a run holds one text and no
    padding.
    """

    def __init__(self, model: HeadedEncoder, calibration: Mapping[str, Any]) -> None:
        super().__init__()
        fusion = torch.tensor(calibration["fusion"], dtype=torch.float64)
        bias = torch.tensor(calibration["bias"], dtype=torch.float64)
        heads = model.heads
        self.encoder = model.encoder
        self.output = nn.Linear(heads.in_features, len(fusion))
        with torch.no_grad():
            self.output.weight.copy_(fusion @ heads.weight.double())
            self.output.bias.copy_(fusion @ heads.bias.double() + bias)

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        """(1, tokens) to logits of shape (1, outputs)."""
        states = self.encoder(input_ids=input_ids).last_hidden_state
        logits: torch.Tensor = self.output(mean_of_tokens(states, None))
        return logits


def export_fp32(model: FusedEncoder, path: Path, opset: int) -> None:
    """Write the graph as ONNX with a free number of tokens."""
    example = torch.arange(1, 17).unsqueeze(0)
    program = torch.onnx.export(
        model.eval(),
        (example,),
        input_names=["input_ids"],
        output_names=["logits"],
        dynamic_shapes={"input_ids": {1: torch.export.Dim("tokens", min=2, max=512)}},
        opset_version=opset,
        dynamo=True,
        optimize=True,
        verbose=False,
    )
    if program is None:
        raise RuntimeError("torch.onnx.export returned no program")
    program.save(path, external_data=False)


def quantize(source: Path, destination: Path) -> None:
    """int8 weights, signed, one scale a channel, seven bits of range.

    Seven, because AVX2 adds pairs of 8-bit products in 16 bits and saturates with eight; VNNI would
    not, but the golden answers must be the same on both.
    """
    quantize_dynamic(
        source,
        destination,
        weight_type=QuantType.QInt8,
        # The output layer (Gemm) is a thousandth of the weights and the last place to round.
        op_types_to_quantize=["MatMul", "Gather"],
        per_channel=True,
        reduce_range=True,
    )


def run(session: Any, ids: list[int]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Logits of one text."""
    outputs = session.run(["logits"], {"input_ids": np.array([ids], dtype=np.int64)})
    logits: np.ndarray[Any, np.dtype[np.float64]] = outputs[0][0].astype(np.float64)
    return logits
