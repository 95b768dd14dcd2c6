"""Channels whose values are large stay in fp32, and the rest of a product is int8.

A few channels of a transformer's inputs are ten times as large as the others, and where one scale
holds for a whole input they take the precision of all. They are the same channels for every text,
so a product is the sum of two: a small one of these channels in fp32, and one of all others in
int8 (Dettmers et al. 2022, LLM.int8(): 8-bit Matrix Multiplication for Transformers at Scale).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from upstander.models.session import open_session

CHANNELS: Final = 64
"""Channels of each input that stay in fp32."""

TEXTS: Final = 400
"""Texts that are enough to learn the large channels and the means from."""

_MIN_WIDTH: Final = 4 * CHANNELS
"""Channels of an input below which nothing is split."""

Channels = Mapping[str, NDArray[np.int64]]


def largest_channels(graph: Path, rows: Sequence[list[int]]) -> Channels:
    """The channels with the largest values, of every input that is multiplied by weights.

    graph: in fp32. rows: tokens of some texts. Returns the ascending channels by name of the input.
    """
    probe = onnx.load(graph)
    names = list(dict.fromkeys(node.input[0] for node in _products(probe)))
    probe.graph.output.extend(
        helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names
    )
    peaks = dict.fromkeys(names, np.zeros(1, dtype=np.float32))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "probe.onnx"
        onnx.save(probe, path)
        session = open_session(path)
        for ids in rows:
            values = session.run(names, {"input_ids": np.array([ids], dtype=np.int64)})
            for name, value in zip(names, values, strict=True):
                peak = np.abs(value).reshape(-1, value.shape[-1]).max(axis=0)
                peaks[name] = np.maximum(peaks[name], peak)
    return {name: np.sort(np.argsort(-peak)[:CHANNELS]) for name, peak in peaks.items()}


def keep_outliers(model: onnx.ModelProto, channels: Channels) -> list[str]:
    """Split every product of the graph; the names of those that are to stay in fp32."""
    graph = model.graph
    tables = {table.name: table for table in graph.initializer}
    in_fp32 = []
    taken: set[str] = set()
    for node in _products(model):
        (source, weights), (result,) = node.input, node.output
        if source not in taken:
            taken.add(source)
            width = tables[weights].dims[0]
            _take_apart(graph, node, width, channels[source])
        values = numpy_helper.to_array(tables[weights]).copy()
        large = values[channels[source]]
        values[channels[source]] = 0
        tables[weights].CopyFrom(numpy_helper.from_array(values, weights))
        graph.initializer.append(numpy_helper.from_array(large, f"{weights}_large"))
        node.input[0] = f"{source}_small"
        node.output[0] = f"{result}_small"
        name = f"{node.name}_large"
        place = list(graph.node).index(node)
        parts = [f"{result}_small", f"{result}_large"]
        graph.node.insert(
            place, helper.make_node("MatMul", [f"{source}_large", f"{weights}_large"], parts[1:],
                                    name=name)
        )  # fmt: skip
        graph.node.insert(
            place + 2, helper.make_node("Add", parts, [result], name=f"{node.name}_sum")
        )
        in_fp32.append(name)
    return in_fp32


def correct_mean(fp32: Path, int8: Path, rows: Sequence[list[int]]) -> None:
    """Take from every logit of the int8 graph what it is too high by in the mean of some texts.

    Rounding shifts a sum of many products (Nagel et al. 2019, Data-Free Quantization Through Weight
    Equalization and Bias Correction), and a threshold is one number for all texts.
    """
    means = []
    for path in (fp32, int8):
        session = open_session(path)
        found = [session.run(["logits"], {"input_ids": np.array([ids])})[0][0] for ids in rows]
        means.append(np.mean(found, axis=0))
    model = onnx.load(int8)
    tables = {table.name: table for table in model.graph.initializer}
    (last,) = (node for node in model.graph.node if "logits" in node.output)
    (bias,) = (
        tables[name] for name in last.input if name in tables and len(tables[name].dims) == 1
    )
    corrected = numpy_helper.to_array(bias) + means[0] - means[1]
    bias.CopyFrom(numpy_helper.from_array(corrected.astype(np.float32), bias.name))
    onnx.save(model, int8)


def _take_apart(
    graph: onnx.GraphProto, before: onnx.NodeProto, width: int, channels: NDArray[np.int64]
) -> None:
    """Divide an input into its large channels and the rest, in which they are 0."""
    source = before.input[0]
    rest = np.ones(width, dtype=np.float32)
    rest[channels] = 0
    graph.initializer.append(numpy_helper.from_array(channels, f"{source}_channels"))
    graph.initializer.append(numpy_helper.from_array(rest, f"{source}_rest"))
    place = list(graph.node).index(before)
    for offset, (kind, other, name) in enumerate(
        (("Gather", "channels", "large"), ("Mul", "rest", "small"))
    ):
        node = helper.make_node(
            kind, [source, f"{source}_{other}"], [f"{source}_{name}"], name=f"{source}_{name}"
        )
        if kind == "Gather":
            node.attribute.append(helper.make_attribute("axis", -1))
        graph.node.insert(place + offset, node)


def _products(model: onnx.ModelProto) -> list[onnx.NodeProto]:
    """The products of an input and a table of weights that is wide enough to be split."""
    tables = {table.name: table for table in model.graph.initializer}
    return [
        node
        for node in model.graph.node
        if node.op_type == "MatMul"
        and node.input[1] in tables
        and len(tables[node.input[1]].dims) == 2
        and tables[node.input[1]].dims[0] >= _MIN_WIDTH
    ]
