"""The network: the loss skips what is unknown, the mean skips padding, fusion folds exactly."""

import numpy as np
import pytest
import torch
from torch import nn
from transformers import BertConfig, BertModel

from training.graph import FusedEncoder
from training.model import HeadedEncoder, masked_loss, mean_of_tokens
from training.steps.calibrate import logits_of

NAN = float("nan")


@pytest.fixture(scope="module")
def small() -> HeadedEncoder:
    """A two-layer encoder with random weights: the arithmetic is the same."""
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=100,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
    )
    return HeadedEncoder(BertModel(config, add_pooling_layer=False), heads=4, dropout=0.1).eval()


def test_the_loss_by_hand() -> None:
    logits = torch.tensor([[0.0, 5.0], [0.0, 0.0]])
    labels = torch.tensor([[1.0, NAN], [0.0, 1.0]])
    weights = torch.tensor([[1.0, 9.0], [0.5, 2.0]])
    expected = (np.log(2) * 1.0 + np.log(2) * 0.5 + np.log(2) * 2.0) / 2
    assert masked_loss(logits, labels, weights).item() == pytest.approx(expected)


def test_an_unknown_label_has_no_gradient() -> None:
    logits = torch.zeros(1, 2, requires_grad=True)
    masked_loss(logits, torch.tensor([[1.0, NAN]]), torch.ones(1, 2)).backward()
    assert logits.grad is not None
    assert logits.grad[0, 0] != 0
    assert logits.grad[0, 1] == 0


def test_nothing_known_is_no_loss() -> None:
    assert masked_loss(torch.ones(2, 2), torch.full((2, 2), NAN), torch.ones(2, 2)).item() == 0


def test_the_mean_leaves_padding_out() -> None:
    states = torch.tensor([[[1.0], [3.0], [100.0]]])
    assert mean_of_tokens(states, torch.tensor([[1, 1, 0]])).item() == 2
    assert mean_of_tokens(states[:, :2], None).item() == 2


def test_batches_give_the_same_logits_as_single_texts(small: HeadedEncoder) -> None:
    random = np.random.default_rng(0)
    ids = [list(random.integers(1, 100, length)) for length in (3, 11, 5, 30, 4)]
    together = logits_of(small, ids)
    alone = np.concatenate([logits_of(small, [row]) for row in ids])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_the_fused_graph_is_the_combination_of_the_heads(small: HeadedEncoder) -> None:
    fusion = [[0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 1.0, -0.25], [0.0, 0.0, 0.0, 1.0]]
    bias = [0.1, -0.2, 0.0]
    fused = FusedEncoder(small, {"fusion": fusion, "bias": bias}).eval()
    ids = torch.tensor([[5, 6, 7, 8]])
    with torch.inference_mode():
        heads = small(ids)["logits"]
        expected = heads @ torch.tensor(fusion).T + torch.tensor(bias)
        torch.testing.assert_close(fused(ids), expected, atol=1e-5, rtol=1e-5)


def test_the_heads_are_linear(small: HeadedEncoder) -> None:
    assert isinstance(small.heads, nn.Linear)  # or the fusion would not fold into one layer
