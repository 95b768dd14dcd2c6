"""Probabilities and thresholds from few rows, and how much of a trained network is taken."""

import numpy as np
import pytest

from upstander.models.bundle import read_manifest
from upstander.models.manifest import Calibration
from upstander.models.shipped import DEFAULT_BUNDLE
from upstander.training.calibration import balanced_threshold, sigmoid
from upstander.training.finetune.blend import Candidate, chosen
from upstander.training.finetune.calibrate import brought_back, own_points, shrunk, tune

MANIFEST = read_manifest(DEFAULT_BUNDLE)
BEFORE = Calibration(slope=0.8, intercept=-2.5, prior=0.01)


def logits_of(truth: np.ndarray, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    return np.where(truth, 1.5, -1.5) + random.normal(0, 1.5, len(truth))


def test_an_output_that_did_not_change_keeps_its_probabilities() -> None:
    old = np.random.default_rng(1).normal(-3, 4, 500)
    found = brought_back(old, old, BEFORE)
    assert found.slope == pytest.approx(BEFORE.slope)
    assert found.intercept == pytest.approx(BEFORE.intercept)
    assert found.prior == BEFORE.prior


def test_an_output_that_was_moved_is_brought_back() -> None:
    old = np.random.default_rng(1).normal(-3, 4, 500)
    found = brought_back(2 * old + 3, old, BEFORE)
    moved = found.slope * (2 * old + 3) + found.intercept
    assert np.abs(moved - (BEFORE.slope * old + BEFORE.intercept)).max() < 0.3


def test_few_rows_move_probabilities_little_and_many_as_far_as_they_say() -> None:
    centre = Calibration(slope=0.2, intercept=-4.0)
    errors = []
    for rows in (8, 60, 4000):
        truth = np.arange(rows) % 2 == 0
        logits = logits_of(truth)
        found = shrunk(logits, truth, centre)
        errors.append(abs(found.slope - centre.slope) + abs(found.intercept - centre.intercept))
    assert errors == sorted(errors)
    assert errors[0] < 0.75 * errors[2]
    # Logits that differ by 3 with a spread of 1.5 are right with a slope of 3 / 1.5 squared.
    assert found.slope == pytest.approx(4 / 3, abs=0.15)
    assert sigmoid(found.slope * logits + found.intercept).mean() == pytest.approx(0.5, abs=0.02)


def test_probabilities_assume_the_share_of_positives_that_was_given() -> None:
    truth = np.arange(2000) % 2 == 0
    logits = logits_of(truth)
    found = shrunk(logits, truth, Calibration(slope=1.0, intercept=0.0), prevalence=0.05)
    probabilities = sigmoid(found.slope * logits + found.intercept)
    weights = np.where(truth, 0.05, 0.95)
    assert np.average(probabilities, weights=weights) == pytest.approx(0.05, abs=0.01)
    assert found.prior == 0.05


def test_a_threshold_of_few_rows_is_less_a_matter_of_chance() -> None:
    found, alone = [], []
    for seed in range(12):
        truth = np.arange(30) % 3 == 0
        probabilities = sigmoid(4 / 3 * logits_of(truth, seed) - 0.7)
        found.append(own_points(probabilities, truth, True)["balanced"].threshold)
        alone.append(balanced_threshold(probabilities, truth, np.ones(30)))
    assert np.std(found) < np.std(alone)
    assert 0.25 < np.mean(found) < 0.65


def test_thresholds_are_in_order() -> None:
    truth = np.arange(300) % 3 == 0
    points = own_points(sigmoid(logits_of(truth)), truth, True)
    thresholds = [points[name].threshold for name in ("watchful", "balanced", "quiet")]
    assert thresholds == sorted(thresholds)


def test_a_label_with_few_answers_keeps_its_thresholds() -> None:
    old = np.random.default_rng(2).normal(-3, 3, 200)
    answered = np.arange(200) < 8
    few = tune("hate", MANIFEST, old + 1, old, answered, np.arange(8) < 4)
    assert not few.is_own
    assert few.threshold == MANIFEST.threshold("hate")
    answered = np.arange(200) < 60
    many = tune("hate", MANIFEST, old + 1, old, answered, old[:60] > -3)
    assert many.is_own
    assert many.threshold != MANIFEST.threshold("hate")


def candidate(share: float, loss: float | None, lost: float = 0.0, broken: int = 0) -> Candidate:
    return Candidate(share, {}, loss, lost, broken)


def test_the_share_that_fits_best_is_taken_among_those_that_keep_what_was_there() -> None:
    tried = [candidate(0, 0.6), candidate(0.5, 0.4, 0.002), candidate(1, 0.3, 0.02)]
    assert chosen(tried, 0.01).share == 0.5
    assert chosen(tried, 0.05).share == 1


def test_cases_that_must_hold_come_before_the_fit() -> None:
    tried = [candidate(0, 0.3, broken=2), candidate(0.5, 0.4), candidate(1, 0.5)]
    assert chosen(tried, 0.01).share == 0.5


def test_half_is_taken_where_too_few_rows_tell() -> None:
    tried = [candidate(share, None) for share in (0, 0.25, 0.5, 0.75, 1)]
    assert chosen(tried, 0.01).share == 0.5
