"""The expected calibration error: by hand, and against probabilities that are right by making."""

import numpy as np
import pytest

from upstander.evaluation.calibration import calibration_error


def test_by_hand() -> None:
    # Fifteen bins of two rows: in each, one positive and one negative, and 0.6 said of both.
    truth = np.array([True, False] * 15)
    scores = np.repeat(np.linspace(0.6, 0.61, 15), 2)
    assert calibration_error(truth, scores).value == pytest.approx(scores.mean() - 0.5)


def test_errors_of_different_bins_do_not_cancel() -> None:
    truth = np.array([True, False] * 150)
    scores = np.where(np.arange(300) < 160, 0.3, 0.7)  # eight bins and seven
    assert calibration_error(truth, scores).value == pytest.approx(0.2)


def test_the_prior_weighs_the_rows() -> None:
    truth = np.array([True, False] * 150)
    scores = np.full(300, 0.1)
    assert calibration_error(truth, scores).value == pytest.approx(0.4)
    weighted = calibration_error(truth, scores, prior=0.1)
    # In bins cut by weight, a few rows of one class do not make the other's share exact.
    assert weighted.value == pytest.approx(0, abs=0.02)
    assert weighted.rows == 300


@pytest.mark.parametrize("prior", [None, 0.2])
def test_right_probabilities_have_nearly_none(prior: float | None) -> None:
    random = np.random.default_rng(0)
    scores = random.random(20_000)
    truth = random.random(20_000) < scores
    if prior is not None:
        odds = scores / (1 - scores) * prior / (1 - prior)  # half of the rows are positive
        scores = odds / (1 + odds)
    measured = calibration_error(truth, scores, prior)
    assert measured.value < 0.02
    assert measured.low <= measured.value <= measured.high
    assert calibration_error(truth, scores**3, prior).value > 0.05
