"""Rounding while training: as the int8 graph rounds, and the gradient passes."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from upstander.training.onnx_export import quantize
from upstander.training.quantization import quantized, round_weight


@pytest.fixture
def layer() -> Iterator[nn.Module]:
    """One linear layer, 16 to 8, whose channels are of different size."""
    torch.manual_seed(0)
    linear = nn.Linear(16, 8)
    with torch.no_grad():
        linear.weight *= torch.logspace(-2, 1, 8).unsqueeze(1)
    yield nn.Sequential(linear)
    assert "forward" not in vars(linear)


def texts(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(1))


def test_a_channel_of_weights_has_at_most_129_values() -> None:
    weight = texts(8, 4000) * torch.logspace(-3, 3, 8).unsqueeze(1)
    rounded = round_weight(weight)
    scales = weight.abs().amax(dim=1) / 64
    for channel, (own, before, scale) in enumerate(zip(rounded, weight, scales, strict=True)):
        steps = own / scale
        torch.testing.assert_close(steps, steps.round(), atol=1e-3, rtol=0), channel
        assert len(steps.round().unique()) <= 129
        assert (own - before).abs().max() <= scale * 0.501
    torch.testing.assert_close(rounded.abs().amax(dim=1), weight.abs().amax(dim=1))


def test_a_channel_of_zeros_stays_one() -> None:
    assert torch.equal(round_weight(torch.zeros(2, 3)), torch.zeros(2, 3))


def test_the_gradient_passes_through_the_rounding(layer: nn.Module) -> None:
    inputs = texts(2, 3, 16).requires_grad_()
    with quantized(layer, None):
        layer(inputs).sum().backward()
    linear = layer[0]  # type: ignore[index]
    # As if nothing were rounded, but for what the other factor was rounded to.
    weights = linear.weight.detach().sum(dim=0).expand_as(inputs)
    torch.testing.assert_close(inputs.grad, weights, atol=0.2, rtol=0)
    expected = inputs.detach().sum(dim=(0, 1)).expand_as(linear.weight)
    torch.testing.assert_close(linear.weight.grad, expected, atol=0.1, rtol=0)
    assert (linear.bias.grad == 6).all()


def exported(layer: nn.Module, folder: Path) -> ort.InferenceSession:
    """The layer as a graph whose matrix product is quantized as the export does it."""
    linear = layer[0]  # type: ignore[index]
    weight = linear.weight.detach().numpy().T.copy()
    graph = helper.make_graph(
        [
            helper.make_node("MatMul", ["inputs", "weight"], ["product"]),
            helper.make_node("Add", ["product", "bias"], ["outputs"]),
        ],
        "layer",
        [helper.make_tensor_value_info("inputs", TensorProto.FLOAT, [1, "tokens", 16])],
        [helper.make_tensor_value_info("outputs", TensorProto.FLOAT, [1, "tokens", 8])],
        [
            numpy_helper.from_array(weight, "weight"),
            numpy_helper.from_array(linear.bias.detach().numpy(), "bias"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    onnx.save(model, folder / "fp32.onnx")
    quantize(folder / "fp32.onnx", folder / "int8.onnx", "channel")
    return ort.InferenceSession(folder / "int8.onnx", providers=["CPUExecutionProvider"])


@pytest.mark.parametrize("shift", [0.0, 5.0, -5.0])
def test_a_layer_computes_what_the_int8_graph_computes(
    shift: float, layer: nn.Module, tmp_path: Path
) -> None:
    session = exported(layer, tmp_path)
    assert {"MatMulInteger", "DynamicQuantizeLinear"} <= {
        node.op_type for node in onnx.load(tmp_path / "int8.onnx").graph.node
    }
    for length in (1, 5, 30):
        inputs = texts(1, length, 16) + shift
        with torch.inference_mode():
            with quantized(layer, None):
                rounded = layer(inputs).numpy()
            exact = layer(inputs).numpy()
        (found,) = session.run(None, {"inputs": inputs.numpy()})
        np.testing.assert_allclose(rounded, found, atol=1e-4, rtol=1e-5)
        assert np.abs(exact - found).max() > 1e-3  # the rounding is there to be seen


def test_padding_does_not_change_what_a_text_gives(layer: nn.Module) -> None:
    together = texts(2, 6, 16)
    together[0, 4:] = 100.0  # would stretch the range of its text 25 times
    mask = torch.tensor([[1, 1, 1, 1, 0, 0], [1] * 6])
    with torch.inference_mode():
        with quantized(layer, mask):
            batch = layer(together)
        with quantized(layer, None):
            alone = [layer(together[:1, :4]), layer(together[1:])]
    torch.testing.assert_close(batch[0, :4], alone[0][0])
    torch.testing.assert_close(batch[1], alone[1][0])


def test_a_block_that_fails_leaves_no_rounding_behind(layer: nn.Module) -> None:
    inputs = texts(1, 3, 16)
    exact = layer(inputs)
    with pytest.raises(RuntimeError), quantized(layer, None):
        layer(texts(1, 3, 5))
    assert torch.equal(layer(inputs), exact)
