"""Numbers of resampled rows: those of scikit-learn for rows that repeat as often as drawn."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, average_precision_score, f1_score, roc_auc_score

from upstander.evaluation.resampling import (
    accuracy_of,
    area_of,
    average_precision_of,
    macro_f1_of,
)


def test_they_are_those_of_scikit_learn_on_the_drawn_rows() -> None:
    random = np.random.default_rng(0)
    truth, decided = random.random(200) < 0.3, random.random(200) < 0.4
    scores = np.round(random.normal(0, 1, 200) + truth, 1)  # with ties
    numbers = {
        accuracy_of(truth, decided): lambda rows: accuracy_score(truth[rows], decided[rows]),
        macro_f1_of(truth, decided): lambda rows: f1_score(
            truth[rows], decided[rows], average="macro"
        ),
        area_of(truth, scores): lambda rows: roc_auc_score(truth[rows], scores[rows]),
        average_precision_of(truth, scores): lambda rows: average_precision_score(
            truth[rows], scores[rows]
        ),
    }
    for rows in (np.arange(200), *(random.integers(0, 200, 200) for _ in range(5))):
        times = np.bincount(rows, minlength=200).astype(np.float64)
        for ours, theirs in numbers.items():
            assert ours(times) == pytest.approx(theirs(rows))


def test_a_class_that_nobody_has_or_says_counts_as_nothing_found() -> None:
    nothing = np.zeros(4, dtype=np.bool_)
    assert macro_f1_of(nothing, nothing)(np.ones(4)) == 0.5
