"""Numbers with intervals: right on cases worked by hand, and the interval holds the number."""

from typing import Any

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

from upstander.evaluation.intervals import bootstrap, share, share_of
from upstander.evaluation.metrics import (
    accuracy,
    auc,
    average_precision,
    balanced_accuracy,
    brier,
    macro_f1,
    mean_auc,
    mean_of_shares,
    precision_at_recall,
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
    right, names = rows_of({"a": (1, 2), "b": (9, 10)})
    assert mean_of_shares(right, names).value == pytest.approx(0.7)
    assert mean_of_shares(right, names).rows == 12
    right, names = rows_of({"a": (1, 2), "b": (9, 10), "c": (7, 10)})
    assert spread_of_shares(right, names).value == pytest.approx(0.4)


def rows_of(shares: dict[str, tuple[int, int]]) -> tuple[np.ndarray, list[str]]:
    """Which rows are right, and their names, from name to (right, all)."""
    right = [row < hits for hits, rows in shares.values() for row in range(rows)]
    return np.array(right), [name for name, (_, rows) in shares.items() for _ in range(rows)]


def test_where_all_is_right_the_interval_is_no_point() -> None:
    truth = np.arange(40) % 2 == 0
    scores = truth.astype(np.float64)
    templates = [str(row // 8) for row in range(40)]
    for clusters in ((), templates):
        certain = [
            accuracy(truth, truth, clusters),
            macro_f1(truth, truth, clusters),
            balanced_accuracy(truth, truth, clusters),
            auc(truth, scores, clusters),
            average_precision(truth, scores, clusters),
            precision_at_recall(truth, scores, 0.8, clusters),
            mean_of_shares(truth == truth, ["a", "b"] * 20, clusters),
        ]
        for measured in certain:
            assert measured.value == measured.high == 1
            assert measured.low < 0.97, (measured, clusters)
            assert measured.rows == 40
        nothing = spread_of_shares(truth == truth, ["a", "b"] * 20, clusters)
        assert nothing.value == nothing.low == 0
        assert nothing.high > 0.02
        assert brier(truth, scores, clusters).high > 0.02
    # Five templates tell less than forty rows.
    assert accuracy(truth, truth, templates).low < accuracy(truth, truth).low - 0.2


def test_a_share_is_worth_as_many_rows_as_its_templates_leave_it() -> None:
    random = np.random.default_rng(7)
    wrong = np.repeat(random.random(60) < 0.2, 10)  # whole templates are wrong
    templates = [str(row // 10) for row in range(600)]
    together = share_of(~wrong, templates)
    few = share(int((~wrong).sum()) // 10, 60)
    assert (together.low, together.high) == (
        pytest.approx(few.low, abs=0.01),
        pytest.approx(few.high, abs=0.01),
    )
    alone = random.random(600) < 0.8
    near = share_of(alone, templates)
    assert near.low == pytest.approx(share_of(alone).low, abs=0.012)
    assert share_of(alone, [""] * 600) == share_of(alone)


@pytest.mark.parametrize("measure", [macro_f1, balanced_accuracy, accuracy])
def test_an_interval_over_templates_holds_the_truth_as_often_as_it_says(measure: Any) -> None:
    """Many small suites are drawn, whose templates are right or wrong as a whole."""
    random = np.random.default_rng(8)
    held = {"together": 0, "apart": 0}
    truth = np.repeat(np.arange(80) % 3 > 0, 6)
    clusters = [str(row // 6) for row in range(480)]
    for _ in range(40):
        decided = np.where(np.repeat(random.random(80) < 0.8, 6), truth, ~truth)
        for name, own in (("together", clusters), ("apart", ())):
            measured = measure(truth, decided, own)
            expected = 0.8 if measure is not macro_f1 else 0.778
            held[name] += measured.low <= expected <= measured.high
    assert held["together"] >= 34
    assert held["apart"] <= 30


def test_the_balanced_accuracy_is_the_one_of_scikit_learn() -> None:
    random = np.random.default_rng(5)
    truth, decided = random.random(200) < 0.3, random.random(200) < 0.4
    measured = balanced_accuracy(truth, decided, [str(row) for row in range(200)])
    assert measured.value == pytest.approx(balanced_accuracy_score(truth, decided))
    assert measured.low < measured.value < measured.high
    assert measured.rows == 200


def test_the_cases_of_a_template_are_resampled_together() -> None:
    truth = np.arange(400) % 2 == 0
    decided = np.where(np.arange(400) // 40 % 4 == 0, ~truth, truth)  # templates right or wrong
    apart = balanced_accuracy(truth, decided, [str(row) for row in range(400)])
    together = balanced_accuracy(truth, decided, [str(row // 40) for row in range(400)])
    one = balanced_accuracy(truth, truth, ["one"] * 400)
    assert apart.value == together.value == pytest.approx(0.7)
    assert together.high - together.low > apart.high - apart.low
    assert one.low < 0.3  # one template tells next to nothing
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
