"""The graph of a network as the multilingual base is: rounded, it says what the network says."""

import warnings
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from transformers import BertConfig, BertModel

from upstander.models.session import open_session
from upstander.training.model import HeadedEncoder
from upstander.training.onnx_export import FusedEncoder, export_fp32, quantize

ROWS = 1500
"""Pieces: enough for their table to be stored as int8."""


@pytest.fixture(scope="module")
def network() -> FusedEncoder:
    """Random weights, in the form of multilingual-e5-small but small."""
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=ROWS,
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=128,
        max_position_embeddings=512,
        type_vocab_size=2,
        pad_token_id=1,
        initializer_range=0.2,
    )
    model = HeadedEncoder(BertModel(config, add_pooling_layer=False), 3, 0.0, (1, 2))
    return FusedEncoder(model, {"fusion": np.eye(3).tolist(), "bias": [0.0] * 3}).eval()


@pytest.fixture(scope="module")
def fp32(network: FusedEncoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("graph") / "fp32.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns of its own dependencies
        export_fp32(network, path, opset=20)
    return path


def texts() -> list[list[int]]:
    """Tokens of texts as short and as long as there are, and the same ones in another order."""
    random = np.random.default_rng(0)
    rows = [[0, *random.integers(4, ROWS, length).tolist(), 2] for length in (1, 6, 60, 510)]
    return [*rows, [0, *reversed(rows[2][1:-1]), 2]]


def said(path: Path) -> np.ndarray:
    session = open_session(path)
    return np.stack([session.run(["logits"], {"input_ids": np.array([r])})[0][0] for r in texts()])


def by_torch(network: FusedEncoder) -> np.ndarray:
    with torch.inference_mode():
        return np.stack([network(torch.tensor([row]))[0][0].numpy() for row in texts()])


def test_the_graph_says_what_the_network_says_at_every_length(
    network: FusedEncoder, fp32: Path
) -> None:
    expected = by_torch(network)
    assert np.abs(expected[2] - expected[4]).max() > 0.01  # the order counts
    np.testing.assert_allclose(said(fp32), expected, atol=1e-4)


@pytest.mark.parametrize("scale", ["channel", "block"])
def test_it_says_nearly_the_same_in_int8(
    network: FusedEncoder, fp32: Path, tmp_path: Path, scale: str
) -> None:
    path = tmp_path / "model.onnx"
    quantize(fp32, path, scale)
    expected = by_torch(network)
    difference = np.abs(said(path) - expected).max()
    assert difference < 0.15 * np.abs(expected).max()
    tables = {table.name: table for table in onnx.load(path).graph.initializer}
    by_rows = {tuple(table.dims): table.data_type for table in tables.values()}
    assert by_rows[ROWS, 64] == onnx.TensorProto.INT8
    assert by_rows[ROWS, 1] == onnx.TensorProto.FLOAT
    assert by_rows[512, 64] == onnx.TensorProto.FLOAT
