"""Numbers with intervals: right on cases worked by hand, and the interval holds the number."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score, roc_auc_score

from evaluation.metrics import accuracy, auc, macro_f1, share

TRUTH = np.array([True, True, True, False, False])


def test_by_hand() -> None:
    decided = np.array([True, True, False, False, True])
    assert accuracy(TRUTH, decided).value == pytest.approx(3 / 5)
    # Hateful: precision 2/3, recall 2/3. Other: precision 1/2, recall 1/2.
    assert macro_f1(TRUTH, decided).value == pytest.approx((2 / 3 + 1 / 2) / 2)
    scores = np.array([0.9, 0.8, 0.3, 0.2, 0.5])
    assert auc(TRUTH, scores).value == pytest.approx(5 / 6)


def test_the_macro_f1_is_the_one_of_scikit_learn() -> None:
    random = np.random.default_rng(1)
    truth, decided = random.random(200) < 0.3, random.random(200) < 0.4
    assert macro_f1(truth, decided).value == pytest.approx(
        f1_score(truth, decided, average="macro")
    )


def test_the_interval_of_the_auc_is_that_of_a_bootstrap() -> None:
    random = np.random.default_rng(2)
    truth = random.random(300) < 0.4
    scores = truth + random.normal(0, 1.2, 300)
    values = []
    for _ in range(600):
        rows = random.integers(0, 300, 300)
        values.append(roc_auc_score(truth[rows], scores[rows]))
    measured = auc(truth, scores)
    assert measured.low == pytest.approx(np.percentile(values, 2.5), abs=0.015)
    assert measured.high == pytest.approx(np.percentile(values, 97.5), abs=0.015)


def test_the_wilson_interval_is_the_textbook_one() -> None:
    measured = share(8, 10)
    assert (measured.low, measured.high) == (
        pytest.approx(0.4902, abs=1e-4),
        pytest.approx(0.9433, abs=1e-4),
    )
    assert share(0, 0).rows == 0


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=4, max_size=40))
def test_the_interval_holds_the_number(pairs: list[tuple[bool, bool]]) -> None:
    truth = np.array([True, False, *(t for t, _ in pairs)])
    decided = np.array([True, False, *(d for _, d in pairs)])
    scores = decided + np.linspace(0, 0.5, len(truth))
    for measured in (accuracy(truth, decided), macro_f1(truth, decided), auc(truth, scores)):
        assert 0 <= measured.low <= measured.value <= measured.high <= 1
        assert measured.rows == len(truth)
