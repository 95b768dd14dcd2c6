"""Training with the quantization in the loop, as ONNX Runtime's dynamic int8 rounds.

Weights have seven bits and a scale for each output channel, because eight saturate on AVX2 without
VNNI. Inputs have eight bits and a scale for the whole text, taken from the text itself. Rounding
passes the gradient through (Bengio et al. 2013, Estimating or Propagating Gradients Through
Stochastic Neurons; Jacob et al. 2018, Quantization and Training of Neural Networks).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import torch
from torch import nn

_WEIGHT_STEPS: Final = 64
_INPUT_STEPS: Final = 255


@contextmanager
def quantized(encoder: nn.Module, mask: torch.Tensor | None) -> Iterator[None]:
    """Every linear layer of the encoder computes as the int8 graph will, while the block runs.

    mask: (batch, tokens), 1 where a token is no padding, because padding is no part of a text.
    """
    layers = [layer for layer in encoder.modules() if isinstance(layer, nn.Linear)]
    hooks = [layer.register_forward_pre_hook(lambda _, inputs: (_round_input(inputs[0], mask),))
             for layer in layers]  # fmt: skip
    try:
        for layer in layers:
            layer.forward = _Rounded(layer)  # type: ignore[method-assign, assignment]
        yield
    finally:
        for layer, hook in zip(layers, hooks, strict=True):
            hook.remove()
            del layer.forward


class _Rounded:
    """The forward of a linear layer with rounded weights; its parameters keep their names."""

    def __init__(self, layer: nn.Linear) -> None:
        self._layer = layer

    def __call__(self, inputs: torch.Tensor) -> torch.Tensor:
        return nn.functional.linear(inputs, round_weight(self._layer.weight), self._layer.bias)


def round_weight(weight: torch.Tensor) -> torch.Tensor:
    """(outputs, inputs), to the nearest of 129 steps of each output."""
    scale = (weight.detach().abs().amax(dim=1, keepdim=True) / _WEIGHT_STEPS).clamp(min=1e-12)
    steps = torch.clamp(torch.round(weight / scale), -_WEIGHT_STEPS, _WEIGHT_STEPS)
    return weight + (steps * scale - weight).detach()


def _round_input(inputs: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """(batch, tokens, width), to 256 steps between the extremes of each text, 0 among them."""
    if inputs.ndim != 3:
        return inputs
    values = inputs.detach().float()
    if mask is not None:
        values = values * mask.unsqueeze(-1)  # 0 is within the range in any case
    low = values.amin(dim=(1, 2), keepdim=True).clamp(max=0)
    high = values.amax(dim=(1, 2), keepdim=True).clamp(min=0)
    scale = ((high - low) / _INPUT_STEPS).clamp(min=1e-12)
    zero = torch.round(-low / scale)
    source = inputs.float()
    steps = torch.clamp(torch.round(source / scale) + zero, 0, _INPUT_STEPS)
    return (source + ((steps - zero) * scale - source).detach()).to(inputs.dtype)
