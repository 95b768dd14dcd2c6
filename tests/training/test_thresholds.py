"""A category gets a threshold of its own only where rows that it was not fitted on support it."""

import numpy as np
import pytest

from upstander.training.thresholds import Judged, own_thresholds

CATEGORIES = ("religion", "age", "caste")


def judged(seed: int, rows: int = 1500) -> Judged:
    """Texts about religion score 0.2 too high, those about age as they should; caste is rare."""
    random = np.random.default_rng(seed)
    truth = random.random(rows) < 0.5
    about = random.choice([0, 1, 2], rows, p=[0.49, 0.49, 0.02])
    scores = np.where(truth, 0.6, 0.4) + np.where(about == 0, 0.2, 0.0)
    return Judged(
        probabilities=np.clip(scores + random.normal(0, 0.07, rows), 0, 1),
        truth=truth,
        weights=np.ones(rows),
        speaks_of=about[:, np.newaxis] == np.arange(3),
    )


def test_the_category_that_needs_one_gets_one_and_the_others_do_not() -> None:
    religion, age = own_thresholds(CATEGORIES, 0.5, judged(0), judged(1))
    assert (religion.category, age.category) == ("religion", "age")  # caste has too few rows
    assert religion.is_supported
    assert religion.threshold == pytest.approx(0.7, abs=0.04)
    assert religion.gain.value > 0.1
    assert not age.is_supported
    assert age.threshold == pytest.approx(0.5, abs=0.04)


def test_a_gain_where_it_was_fitted_is_no_support() -> None:
    """Fitted on rows that score too high, judged on rows that do not."""
    fitted = judged(0)
    other = judged(1)
    lowered = np.where(other.speaks_of[:, 0], other.probabilities - 0.2, other.probabilities)
    religion, _ = own_thresholds(
        CATEGORIES, 0.5, fitted, Judged(lowered, other.truth, other.weights, other.speaks_of)
    )
    assert religion.gain.high < 0
    assert not religion.is_supported
