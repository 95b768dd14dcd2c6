"""The network: the loss skips what is unknown, the mean skips padding, fusion folds exactly."""

import numpy as np
import pytest
import torch
from torch import nn
from transformers import BertConfig, BertModel

from upstander.training.inference import logits_of
from upstander.training.model import (
    HeadedEncoder,
    masked_loss,
    mean_of_tokens,
    pair_loss,
    token_loss,
    token_states,
)
from upstander.training.onnx_export import FusedEncoder
from upstander.training.recipe import Training
from upstander.training.trainer import optimizer_of

NAN = float("nan")


def network(
    distil_weight: float = 0.0, head_weights: tuple[float, ...] | None = None
) -> HeadedEncoder:
    """A two-layer encoder with random weights: the arithmetic is the same."""
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=100,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
    )
    encoder = BertModel(config, add_pooling_layer=False)
    return HeadedEncoder(
        encoder,
        heads=4,
        dropout=0.1,
        layers=(1, 2),
        rationale_weight=0.5,
        distil_weight=distil_weight,
        head_weights=head_weights,
    ).eval()


def test_layers_above_those_that_are_read_are_cut() -> None:
    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=50,
        hidden_size=8,
        num_hidden_layers=3,
        num_attention_heads=2,
        intermediate_size=9,
    )
    encoder = BertModel(config, add_pooling_layer=False).eval()
    ids = torch.tensor([[3, 4, 5]])
    with torch.inference_mode():
        whole = encoder(input_ids=ids, output_hidden_states=True).hidden_states[2]
        cut = HeadedEncoder(encoder, heads=1, dropout=0.0, layers=(2,)).encoder
        states = cut(input_ids=ids, output_hidden_states=True).hidden_states
    assert len(states) == 3
    torch.testing.assert_close(states[2], whole)


@pytest.fixture(scope="module")
def small() -> HeadedEncoder:
    return network()


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


def test_the_loss_of_the_tokens_by_hand() -> None:
    logits = torch.zeros(3, 4)
    labels = torch.tensor([[NAN, 1.0, 0.0, NAN], [NAN] * 4, [0.0] * 4])
    logits[2, 0] = 100.0  # wrong by 100 on one of four tokens
    expected = (np.log(2) + 0 + (100 + 3 * np.log(2)) / 4) / 3
    assert token_loss(logits, labels).item() == pytest.approx(expected)


def test_a_pair_costs_what_its_answers_differ_by() -> None:
    logits = torch.tensor([[1.0, 5.0], [3.0, 0.0], [9.0, 9.0]])
    pairs = torch.tensor([[0, 1]])
    assert pair_loss(logits, pairs, torch.tensor([0.5, 0.0])).item() == pytest.approx(0.5 * 4 / 3)
    assert pair_loss(logits, pairs[:0], torch.tensor([0.5, 0.0])).item() == 0


def test_pairs_count_in_the_loss_of_a_batch(small: HeadedEncoder) -> None:
    ids = torch.tensor([[5, 6, 7], [5, 8, 7]])
    labels = torch.tensor([[1.0, NAN, NAN, NAN]] * 2)
    small.agreement.fill_(0.5)
    try:
        alone, paired = (
            small(ids, labels=labels, pairs=torch.tensor(pairs, dtype=torch.long).reshape(-1, 2))
            for pairs in ([], [[0, 1]])
        )
    finally:
        small.agreement.zero_()
    difference = (paired["logits"][0] - paired["logits"][1]).square().sum() / 4
    assert (paired["loss"] - alone["loss"]).item() == pytest.approx(difference.item(), rel=1e-3)
    assert difference > 0
    assert "agreement" not in small.state_dict()


def test_the_loss_of_a_teacher_by_hand() -> None:
    pupil = network(distil_weight=0.25, head_weights=(1.0, 2.0, 1.0, 0.5))
    ids = torch.tensor([[5, 6, 7], [5, 8, 7]])
    labels = torch.tensor([[1.0, NAN, NAN, NAN], [0.0, 1.0, NAN, NAN]])
    marks = torch.tensor([[NAN, 1.0, NAN], [NAN, NAN, NAN]])
    taught = torch.tensor([[2.0, -1.0, NAN, 0.5], [-3.0, 0.0, NAN, 1.0]])
    said = torch.tensor([[0.0, 3.0, -3.0], [1.0, 2.0, NAN]])
    with torch.inference_mode():
        answer = pupil(ids)
        plain = pupil(ids, labels=labels, rationale=marks)["loss"]
        loss = pupil(ids, labels=labels, rationale=marks, taught=taught, taught_rationale=said)[
            "loss"
        ]
        without = pupil(ids, labels=labels, rationale=marks, taught=taught)["loss"]

    def entropy(logits: torch.Tensor, teacher: torch.Tensor) -> np.ndarray:
        z, p = logits.numpy(), 1 / (1 + np.exp(-teacher.numpy()))
        return np.log1p(np.exp(z)) - p * z

    heads = np.nansum(entropy(answer["logits"], taught) * [1, 2, 1, 0.5]) / 2
    tokens = np.nanmean(entropy(answer["rationale"], said), axis=1).mean()
    hard = plain.item()
    assert without.item() == pytest.approx(0.75 * hard + 0.25 * heads, rel=1e-5)
    assert loss.item() == pytest.approx(0.75 * hard + 0.25 * (heads + 0.5 * tokens), rel=1e-5)
    assert "head_weights" not in pupil.state_dict()


def test_a_head_that_the_teacher_lacks_learns_nothing_from_it() -> None:
    pupil = network(distil_weight=1.0)
    taught = torch.tensor([[1.0, NAN, 0.0, 2.0]])
    pupil(torch.tensor([[5, 6]]), labels=torch.full((1, 4), NAN), taught=taught)["loss"].backward()
    gradient = pupil.heads.weight.grad
    assert gradient is not None
    assert (gradient.abs().sum(dim=1) > 0).tolist() == [True, False, True, True]


def test_a_network_that_rounds_keeps_its_names_and_gets_its_layers_back() -> None:
    rounding = network()
    ids = torch.tensor([[5, 6, 7]])
    names = list(rounding.state_dict())
    parameters = [name for name, _ in rounding.named_parameters()]
    with torch.inference_mode():
        exact = rounding(ids)["logits"]
        rounding.rounds_as_int8 = True
        rounded = rounding(ids)["logits"]
        rounding.rounds_as_int8 = False
        again = rounding(ids)["logits"]
    assert not torch.equal(rounded, exact)
    torch.testing.assert_close(rounded, exact, atol=0.1, rtol=0.1)
    assert torch.equal(again, exact)
    assert list(rounding.state_dict()) == names
    assert [name for name, _ in rounding.named_parameters()] == parameters
    rounding.rounds_as_int8 = True
    with pytest.raises(IndexError):
        rounding(torch.tensor([[1000]]))  # no such token
    for layer in rounding.encoder.modules():
        assert "forward" not in vars(layer)
        assert not layer._forward_pre_hooks


def test_a_head_reads_every_layer_it_was_given(small: HeadedEncoder) -> None:
    states = token_states(small.encoder, torch.tensor([[5, 6]]), None, (1, 2))
    assert states.shape == (1, 2, 32)
    last = small.encoder(torch.tensor([[5, 6]])).last_hidden_state
    torch.testing.assert_close(states[..., 16:], last)
    assert not torch.equal(states[..., :16], last)


def test_the_mean_leaves_padding_out() -> None:
    states = torch.tensor([[[1.0], [3.0], [100.0]]])
    assert mean_of_tokens(states, torch.tensor([[1, 1, 0]])).item() == 2
    assert mean_of_tokens(states[:, :2], None).item() == 2


def test_batches_give_the_same_logits_as_single_texts(small: HeadedEncoder) -> None:
    random = np.random.default_rng(0)
    ids = [list(random.integers(1, 100, length)) for length in (3, 11, 5, 30, 4)]
    together, marks = logits_of(small, ids)
    for index, row in enumerate(ids):
        alone, own_marks = logits_of(small, [row])
        np.testing.assert_allclose(together[index], alone[0], atol=1e-5)
        np.testing.assert_allclose(marks[index], own_marks[0], atol=1e-5)
        assert len(marks[index]) == len(row)


def test_the_fused_graph_is_the_combination_of_the_heads(small: HeadedEncoder) -> None:
    fusion = [[0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 1.0, -0.25], [0.0, 0.0, 0.0, 1.0]]
    bias = [0.1, -0.2, 0.0]
    fused = FusedEncoder(small, {"fusion": fusion, "bias": bias}).eval()
    ids = torch.tensor([[5, 6, 7, 8]])
    with torch.inference_mode():
        trained = small(ids)
        expected = trained["logits"] @ torch.tensor(fusion).T + torch.tensor(bias)
        logits, marks = fused(ids)
        torch.testing.assert_close(logits, expected, atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(marks, trained["rationale"], atol=1e-5, rtol=1e-5)


def test_the_heads_learn_at_a_rate_of_their_own(small: HeadedEncoder) -> None:
    groups = optimizer_of(small, Training(learning_rate=1e-4, head_learning_rate=1e-3)).param_groups
    rates = {id(p): (g["lr"], g["weight_decay"]) for g in groups for p in g["params"]}
    assert len(rates) == len(list(small.parameters()))
    assert rates[id(small.heads.weight)] == rates[id(small.rationale.weight)] == (1e-3, 0.01)
    assert rates[id(small.heads.bias)] == (1e-3, 0.0)
    first = small.encoder.encoder.layer[0].attention.self.query
    assert rates[id(first.weight)] == (1e-4, 0.01)
    assert rates[id(first.bias)] == (1e-4, 0.0)


def test_the_heads_are_linear(small: HeadedEncoder) -> None:
    assert isinstance(small.heads, nn.Linear)  # or the fusion would not fold into one layer
