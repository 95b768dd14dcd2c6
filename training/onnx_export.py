"""The graph that is shipped: tokens in; one logit an output, and one a token, out."""

import logging
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from onnx.external_data_helper import set_external_data, write_external_data_tensors
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer
from torch import nn

from upstander.training.errors import TrainingError
from upstander.training.model import HeadedEncoder, mean_of_tokens, token_states
from upstander.training.outliers import correct_mean, keep_outliers, largest_channels

Scale = Literal["channel", "mixed", "block"]

BLOCK: Final = 32
"""Weights of a block that share a scale."""

LARGEST_FILE: Final = 90_000_000
"""Bytes of the largest file of a bundle: code hosts refuse 100 MB."""

_INT8_PRODUCTS: Final = 4  # onnxruntime's accuracy level 4: int8 times int8, summed in int32
_SMALL: Final = 1024  # bytes under which weights stay in the graph
_LARGE: Final = 1000  # rows from which a table is worth storing as int8


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
        self.layers = model.layers
        self.rationale = model.rationale
        self.output = nn.Linear(heads.in_features, len(fusion))
        with torch.no_grad():
            self.output.weight.copy_(fusion @ heads.weight.double())
            self.output.bias.copy_(fusion @ heads.bias.double() + bias)

    def forward(self, input_ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(1, tokens) to logits of shape (1, outputs), and of shape (1, tokens)."""
        states = token_states(self.encoder, input_ids, None, self.layers)
        # Without the batch dimension this is one small product that stays in fp32.
        marks = self.rationale(states[0]).squeeze(-1).unsqueeze(0)
        return self.output(mean_of_tokens(states, None)), marks


def export_fp32(model: FusedEncoder, path: Path, opset: int) -> None:
    """Write the graph as ONNX with a free number of tokens."""
    example = torch.arange(1, 17).unsqueeze(0)
    program = torch.onnx.export(
        model.eval(),
        (example,),
        input_names=["input_ids"],
        output_names=["logits", "rationale"],
        dynamic_shapes={"input_ids": {1: torch.export.Dim("tokens", min=2, max=512)}},
        opset_version=opset,
        dynamo=True,
        optimize=True,
        verbose=False,
    )
    if program is None:
        raise RuntimeError("torch.onnx.export returned no program")
    program.save(path, external_data=False)


def write_graphs(
    model: FusedEncoder, out: Path, opset: int, scale: Scale, rows: Sequence[list[int]]
) -> tuple[str, ...]:
    """Write `out/fp32.onnx`, and `out/model.onnx` with int8 weights; returns what `divide` does.

    rows: tokens of some texts, from which the scale `mixed` learns which channels are large.
    """
    with warnings.catch_warnings():
        # The exporter warns of torchvision's absence and of its own dependencies' deprecations.
        warnings.simplefilter("ignore")
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        logging.disable(logging.WARNING)  # both tell of every node that they touch
        export_fp32(model, out / "fp32.onnx", opset)
        quantize(out / "fp32.onnx", out / "model.onnx", scale, rows)
        weights = divide(out / "model.onnx")
        logging.disable(logging.NOTSET)
    return weights


def quantize(source: Path, destination: Path, scale: Scale, rows: Sequence[list[int]] = ()) -> None:
    """int8 weights: one scale a channel or a block in matrix products, a row in word embeddings.

    rows: as `write_graphs` takes them; `mixed` needs some.
    """
    model = onnx.load(source)
    quantize_embeddings(model)
    if scale == "block":
        _quantize_by_block(model, destination)
    else:
        in_fp32 = keep_outliers(model, largest_channels(source, rows)) if scale == "mixed" else []
        _quantize_by_channel(model, destination, in_fp32)
        if scale == "mixed":
            correct_mean(source, destination, rows)


def _quantize_by_channel(model: onnx.ModelProto, destination: Path, in_fp32: Sequence[str]) -> None:
    """Weights of seven bits, because eight saturate on AVX2 without VNNI; inputs of eight.

    Fast, and right for a network that was trained with this rounding (`training/quantization.py`).
    in_fp32: the names of products that are left alone. So are those of the heads: they are small,
    and what they lose is lost by every logit.
    """
    heads = [f"{node.name}_MatMul" for node in model.graph.node if node.op_type == "Gemm"]
    whole = destination.with_suffix(".whole")
    onnx.save(model, whole)
    quantize_dynamic(
        whole,
        destination,
        op_types_to_quantize=["MatMul"],
        per_channel=True,
        reduce_range=True,
        weight_type=QuantType.QInt8,
        extra_options={"MatMulConstBOnly": True},
        nodes_to_exclude=[*in_fp32, *heads],  # by the names that Gemm nodes are given there
    )
    whole.unlink()


def _quantize_by_block(model: onnx.ModelProto, destination: Path) -> None:
    """Weights and inputs with a scale for each block of 32 (onnxruntime's MatMulNBits).

    With one scale for a whole input, a few large values in the feed-forward layers take the
    precision of all others, and four times as many decisions of a network that was not trained for
    it flip (`docs/decisions/0006-blockwise-int8.md`).
    """
    quantizer = MatMulNBitsQuantizer(
        model, bits=8, block_size=BLOCK, is_symmetric=True, accuracy_level=_INT8_PRODUCTS
    )
    quantizer.process()
    quantizer.model.save_model_to_file(str(destination), use_external_data_format=False)


def quantize_embeddings(model: onnx.ModelProto) -> None:
    """Store every large table that is looked up by token as int8 with a scale for each row."""
    graph = model.graph
    tables = {table.name: table for table in graph.initializer}
    for node in list(graph.node):
        table = tables.get(node.input[0]) if node.op_type == "Gather" else None
        if table is None or len(table.dims) != 2 or table.dims[0] < _LARGE:
            continue
        values = numpy_helper.to_array(table)
        scales = np.maximum(np.abs(values).max(axis=1, keepdims=True), 1e-8) / 127
        rounded = np.clip(np.rint(values / scales), -127, 127).astype(np.int8)
        name, (_, tokens), (result,) = table.name, node.input, node.output
        graph.initializer.remove(table)
        graph.initializer.append(numpy_helper.from_array(rounded, f"{name}_int8"))
        graph.initializer.append(
            numpy_helper.from_array(scales.astype(np.float32), f"{name}_scale")
        )
        place = list(graph.node).index(node)
        graph.node.remove(node)
        for offset, (kind, inputs, output) in enumerate(
            (
                ("Gather", [f"{name}_int8", tokens], f"{result}_int8"),
                ("Cast", [f"{result}_int8"], f"{result}_float"),
                ("Gather", [f"{name}_scale", tokens], f"{result}_scale"),
                ("Mul", [f"{result}_float", f"{result}_scale"], result),
            )
        ):
            made = helper.make_node(kind, inputs, [output], name=f"{node.name}_int8_{offset}")
            if kind == "Cast":
                made.attribute.append(helper.make_attribute("to", onnx.TensorProto.FLOAT))
            graph.node.insert(place + offset, made)


def divide(graph: Path, largest: int = LARGEST_FILE) -> tuple[str, ...]:
    """Put the weights of a graph that is too large for one file into several beside it.

    Returns the names of these files, none where the graph is small enough. onnxruntime reads them
    with the graph, and computes the same to the bit. Raises TrainingError for a table that is
    itself too large.
    """
    if graph.stat().st_size <= largest:
        return ()
    model = onnx.load(graph)
    names: list[str] = []
    free = 0
    for tensor in model.graph.initializer:
        size = len(tensor.raw_data)
        if size < _SMALL:
            continue
        if size > largest:
            raise TrainingError(
                f"{tensor.name} has {size:,} bytes, and a file of a bundle at most {largest:,}: "
                "take a base with a smaller vocabulary"
            )
        if size > free:
            names.append(f"weights-{len(names) + 1}.bin")
            free = largest
        set_external_data(tensor, names[-1])
        free -= size
    for name in names:
        graph.with_name(name).unlink(missing_ok=True)  # else onnx would write behind what is there
    write_external_data_tensors(model, str(graph.parent))
    graph.write_bytes(model.SerializeToString())
    return tuple(names)


def run(session: Any, ids: list[int]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Logits of one text."""
    outputs = session.run(["logits"], {"input_ids": np.array([ids], dtype=np.int64)})
    logits: np.ndarray[Any, np.dtype[np.float64]] = outputs[0][0].astype(np.float64)
    return logits
