"""Numbers with intervals: right on cases worked by hand, and the interval holds the number."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    average_precision_score,
    balanced_accuracy_score,
    brier_score_loss,
    f1_score,
    precision_score,
    recall_score,
    roc_auc_score,
)

from evaluation.metrics import (
    accuracy,
    auc,
    average_precision,
    balanced_accuracy,
    bootstrap,
    brier,
    macro_f1,
    mean_auc,
    mean_of_shares,
    precision_at_recall,
    share,
    spread_of_shares,
)

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


@settings(max_examples=10)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=4, max_size=40))
def test_the_interval_holds_the_number(pairs: list[tuple[bool, bool]]) -> None:
    truth = np.array([True, False, *(t for t, _ in pairs)])
    decided = np.array([True, False, *(d for _, d in pairs)])
    scores = decided + np.linspace(0, 0.5, len(truth))
    for measured in (accuracy(truth, decided), macro_f1(truth, decided), auc(truth, scores)):
        assert 0 <= measured.low <= measured.value <= measured.high <= 1
        assert measured.rows == len(truth)


def test_the_mean_area_is_the_mean_of_those_of_scikit_learn() -> None:
    random = np.random.default_rng(4)
    truths = [random.random(300) < share for share in (0.1, 0.5)]
    scores = [np.round(random.normal(0, 1, 300) + truth, 1) for truth in truths]  # with ties
    measured = mean_auc(truths, scores)
    each = [roc_auc_score(truth, own) for truth, own in zip(truths, scores, strict=True)]
    assert measured.value == pytest.approx(np.mean(each))
    assert measured.low < measured.value < measured.high
    assert measured.rows == 300


def test_several_shares_by_hand() -> None:
    assert mean_of_shares([1, 9], [2, 10]).value == pytest.approx(0.7)
    assert mean_of_shares([1, 9], [2, 10]).rows == 12
    assert spread_of_shares([1, 9, 7], [2, 10, 10]).value == pytest.approx(0.4)
    certain = spread_of_shares([5, 5], [5, 5])
    assert (certain.low, certain.value, certain.high) == (0, 0, 0)


def test_the_balanced_accuracy_is_the_one_of_scikit_learn() -> None:
    random = np.random.default_rng(5)
    truth, decided = random.random(200) < 0.3, random.random(200) < 0.4
    measured = balanced_accuracy(truth, decided, [str(row) for row in range(200)])
    assert measured.value == pytest.approx(balanced_accuracy_score(truth, decided))
    assert measured.low < measured.value < measured.high
    assert measured.rows == 200


def test_the_cases_of_a_template_are_resampled_together() -> None:
    truth = np.arange(400) % 2 == 0
    decided = np.where(np.arange(400) // 2 % 4 == 0, ~truth, truth)  # pairs right or wrong
    apart = balanced_accuracy(truth, decided, [str(row) for row in range(400)])
    together = balanced_accuracy(truth, decided, [str(row // 40) for row in range(400)])
    wrong_together = balanced_accuracy(truth, truth, ["one"] * 400)
    assert apart.value == together.value == 0.75
    assert (wrong_together.low, wrong_together.high) == (1, 1)
    in_blocks = np.where(np.arange(400) // 40 < 3, ~truth, truth)
    wide = balanced_accuracy(truth, in_blocks, [str(row // 40) for row in range(400)])
    assert wide.high - wide.low > 3 * (apart.high - apart.low)


def test_the_bootstrap_of_a_mean_is_the_textbook_interval() -> None:
    values = np.random.default_rng(6).normal(0, 1, 400)
    measured = bootstrap(400, lambda rows: float(values[rows].mean()))
    margin = 1.96 * values.std() / 400**0.5
    assert measured.value == pytest.approx(values.mean())
    assert measured.low == pytest.approx(values.mean() - margin, abs=0.02)
    assert measured.high == pytest.approx(values.mean() + margin, abs=0.02)


def test_one_of_many_numbers_has_a_wider_interval() -> None:
    values = np.random.default_rng(6).normal(0, 1, 400)
    measured = bootstrap(400, lambda rows: float(values[rows].mean()), resamples=4000, tries=10)
    margin = 2.807 * values.std() / 400**0.5  # 2.5 % shared by ten
    assert measured.low == pytest.approx(values.mean() - margin, abs=0.03)
    assert measured.high == pytest.approx(values.mean() + margin, abs=0.03)


def test_ranking_numbers_are_those_of_scikit_learn() -> None:
    random = np.random.default_rng(8)
    truth = random.random(300) < 0.2
    scores = np.clip(np.round(random.normal(0.3, 0.2, 300) + 0.3 * truth, 2), 0, 1)
    precision = average_precision(truth, scores)
    assert precision.value == pytest.approx(average_precision_score(truth, scores))
    assert brier(truth, scores).value == pytest.approx(brier_score_loss(truth, scores))
    best = max(
        precision_score(truth, scores >= level)
        for level in scores
        if recall_score(truth, scores >= level) >= 0.8
    )
    assert precision_at_recall(truth, scores, 0.8).value == pytest.approx(best)
    for measured in (precision, brier(truth, scores)):
        assert measured.low < measured.value < measured.high
        assert measured.rows == 300
