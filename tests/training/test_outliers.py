"""A product whose large channels stay in fp32 computes more nearly what fp32 does."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from upstander.training.onnx_export import quantize
from upstander.training.outliers import CHANNELS, largest_channels

_WIDTH, _TOKENS, _TABLE = 256, 40, 100
_LARGE = (7, 100)
"""Channels that are a hundred times as large as the others."""


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rows of a table, multiplied by two tables of weights, as queries and keys are."""
    random = np.random.default_rng(0)
    table = random.normal(size=(_TABLE, _WIDTH)).astype(np.float32)
    table[:, _LARGE] *= 100
    weights = [random.normal(size=(_WIDTH, 8)).astype(np.float32) for _ in range(2)]
    made = helper.make_graph(
        [
            helper.make_node("Gather", ["table", "input_ids"], ["states"]),
            helper.make_node("MatMul", ["states", "first"], ["product"], name="one"),
            helper.make_node("MatMul", ["states", "second"], ["other"], name="two"),
            helper.make_node("Add", ["product", "other"], ["sum"]),
            helper.make_node("ReduceMean", ["sum", "axes"], ["mean"], keepdims=0),
            helper.make_node("Add", ["mean", "bias"], ["logits"]),
        ],
        "two products",
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, "tokens"])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, 8])],
        [
            numpy_helper.from_array(table, "table"),
            numpy_helper.from_array(weights[0], "first"),
            numpy_helper.from_array(weights[1], "second"),
            numpy_helper.from_array(np.array([1]), "axes"),
            numpy_helper.from_array(np.zeros(8, dtype=np.float32), "bias"),
        ],
    )
    path = tmp_path_factory.mktemp("outliers") / "fp32.onnx"
    opset = helper.make_opsetid("", 20)
    onnx.save(helper.make_model(made, opset_imports=[opset], ir_version=9), path)
    return path


@pytest.fixture(scope="module")
def rows() -> list[list[int]]:
    return np.random.default_rng(1).integers(0, _TABLE, (3, _TOKENS)).tolist()


def logits(path: Path, ids: list[int]) -> NDArray[np.float32]:
    session = ort.InferenceSession(path, providers=["CPUExecutionProvider"])
    found: NDArray[np.float32] = session.run(None, {"input_ids": np.array([ids])})[0]
    return found


def test_the_large_channels_are_found(graph: Path, rows: list[list[int]]) -> None:
    found = largest_channels(graph, rows)
    assert list(found) == ["states"]
    assert len(found["states"]) == CHANNELS
    assert set(_LARGE) <= set(found["states"].tolist())


def test_the_error_is_a_tenth(graph: Path, rows: list[list[int]]) -> None:
    quantize(graph, graph.with_name("channel.onnx"), "channel")
    quantize(graph, graph.with_name("mixed.onnx"), "mixed", rows)
    truth = logits(graph, rows[0])
    errors = {
        name: np.abs(logits(graph.with_name(f"{name}.onnx"), rows[0]) - truth).max()
        for name in ("channel", "mixed")
    }
    assert errors["mixed"] < errors["channel"] / 10


def test_no_logit_is_too_high_in_the_mean(graph: Path, rows: list[list[int]]) -> None:
    path = graph.with_name("mean.onnx")
    quantize(graph, path, "mixed", rows)
    differences = [logits(path, ids) - logits(graph, ids) for ids in rows]
    assert np.abs(np.mean(differences, axis=0)).max() < 1e-5
    assert np.abs(differences).max() > 1e-4


def test_one_input_is_divided_once_and_all_but_its_large_channels_are_int8(
    graph: Path, rows: list[list[int]]
) -> None:
    path = graph.with_name("nodes.onnx")
    quantize(graph, path, "mixed", rows)
    kinds = [node.op_type for node in onnx.load(path).graph.node]
    assert kinds.count("MatMulInteger") == 2
    assert kinds.count("MatMul") == 2
    assert kinds.count("DynamicQuantizeLinear") == 1
