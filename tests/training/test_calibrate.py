"""Calibration: monotone, right on data that follows the model, and fitted where it says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.recipe import Fusion
from training.steps.calibrate import (
    Rows,
    _expected_error,
    _fuse,
    _label_rows,
    _operating_point,
    _platt,
    _sigmoid,
)


def drawn(rows: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Logits, and labels that follow sigmoid(2 * logit - 1)."""
    random = np.random.default_rng(0)
    logits = random.normal(0, 1.5, rows)
    truth = (random.random(rows) < _sigmoid(2 * logits - 1)).astype(float)
    return logits, truth


def test_platt_scaling_finds_the_line_that_the_labels_follow() -> None:
    logits, truth = drawn()
    fitted = _platt(logits, truth, np.ones(len(truth)))
    assert fitted.slope == pytest.approx(2, abs=0.2)
    assert fitted.intercept == pytest.approx(-1, abs=0.15)
    probabilities = _sigmoid(fitted.slope * logits + fitted.intercept)
    assert _expected_error(probabilities, truth, np.ones(len(truth))) < 0.03
    assert _expected_error(np.full(len(truth), 0.9), truth, np.ones(len(truth))) > 0.3


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-20, 20), st.booleans()), min_size=1, max_size=40),
    st.floats(-20, 20),
    st.floats(0, 20),
)
def test_calibration_keeps_the_order(
    pairs: list[tuple[float, bool]], low: float, step: float
) -> None:
    logits = np.array([logit for logit, _ in pairs])
    truth = np.array([float(label) for _, label in pairs])
    fitted = _platt(logits, truth, np.ones(len(pairs)))
    first, second = (
        _sigmoid(np.array([fitted.slope * z + fitted.intercept]))[0] for z in (low, low + step)
    )
    assert first <= second


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60))
def test_a_higher_threshold_never_adds_a_flag(pairs: list[tuple[float, bool]]) -> None:
    probabilities = np.array([p for p, _ in pairs])
    point = _operating_point(
        probabilities, np.array([float(label) for _, label in pairs]), np.ones(len(pairs))
    )
    assert 0 <= point.threshold <= 1
    assert (probabilities >= point.threshold + 0.1).sum() <= (
        probabilities >= point.threshold
    ).sum()
    assert point.positives == sum(label for _, label in pairs)


def test_the_threshold_separates_what_can_be_separated() -> None:
    probabilities = np.array([0.1] * 10 + [0.7] * 10)
    truth = np.array([0.0] * 10 + [1.0] * 10)
    point = _operating_point(probabilities, truth, np.ones(20))
    assert 0.1 < point.threshold <= 0.7
    assert (point.precision.value, point.recall.value) == (1, 1)
    assert point.precision.low < 1


def test_a_head_that_says_nothing_gets_little_weight() -> None:
    logits, truth = drawn()
    noise = np.random.default_rng(1).normal(0, 1.5, len(truth))
    weights, _ = _fuse(np.column_stack([logits, noise]), truth, np.ones(len(truth)))
    assert abs(weights[1]) < 0.1 * weights[0]


def test_families_and_the_prior_share_the_weight() -> None:
    rows = Rows(
        sources=np.array(["dynahate"] * 90 + ["davidson"] * 10 + ["edos"] * 5),
        logits=np.zeros((105, 1)),
        labels=np.column_stack(
            [np.full(105, np.nan), np.tile([1.0, 0.0, 0.0], 35), np.full(105, np.nan)]
        ),
        targets=np.zeros((105, 0)),
    )
    choice = Fusion(heads=("hate.adversarial",), families={"adversarial": 0.5, "tweets": 0.5})
    known, truth, weights = _label_rows(rows, "hate", choice)
    assert known.sum() == 100  # edos is of another family
    assert weights[:90].sum() == pytest.approx(50)
    assert weights[90:].sum() == pytest.approx(50)
    prior = choice.model_copy(update={"prior": 0.1})
    _, truth, weights = _label_rows(rows, "hate", prior)
    assert weights[truth == 1].sum() == pytest.approx(10)
