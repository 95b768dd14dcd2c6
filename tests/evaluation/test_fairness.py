"""Fairness: the areas of Borkan et al. against scikit-learn, and the rates by hand."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from upstander.evaluation.counterfactual_fairness import swap
from upstander.evaluation.fairness import borkan, by_category, by_mention, fairness_of, power_mean
from upstander.evaluation.predictions import Answers
from upstander.evaluation.suites.case import Case
from upstander.models.bundle import Bundle
from upstander.models.score import Score, Timings


def answers(bundle: Bundle, rows: list[tuple[Case, float]]) -> Answers:
    return Answers(
        "made_up",
        [case for case, _ in rows],
        [Score({"hate": value}, (), (), (), False, 1, 1, Timings(0, 0, 0)) for _, value in rows],
        bundle.manifest,
        "balanced",
    )


def case(expected: bool, *categories: str, template: str = "") -> Case:
    return Case(
        "1", "text", "hate", expected, "", "", categories=frozenset(categories), template=template
    )


def test_the_areas_are_those_of_scikit_learn() -> None:
    random = np.random.default_rng(3)
    own, truth = random.random(400) < 0.3, random.random(400) < 0.5
    scores = random.normal(0, 1, 400) + truth + 0.5 * own
    subgroup, bpsn, bnsp = borkan(own, truth, scores)
    in_bpsn, in_bnsp = (own & ~truth) | (~own & truth), (own & truth) | (~own & ~truth)
    for measured, rows in ((subgroup, own), (bpsn, in_bpsn), (bnsp, in_bnsp)):
        assert measured is not None
        assert measured.value == pytest.approx(roc_auc_score(truth[rows], scores[rows]))
        assert measured.rows == rows.sum()


def test_few_rows_have_no_area() -> None:
    truth = np.array([True] * 20 + [False] * 20)
    own = np.array([True] * 9 + [False] * 11 + [True] * 20)
    subgroup, bpsn, bnsp = borkan(own, truth, np.linspace(0, 1, 40))
    assert subgroup is None
    assert bnsp is None
    assert bpsn is not None


def test_the_power_mean_is_near_the_worst() -> None:
    assert power_mean([0.8, 0.8]) == pytest.approx(0.8)
    by_hand = ((0.5**-5 + 0.9**-5) / 2) ** (-1 / 5)
    assert power_mean([0.5, 0.9]) == pytest.approx(by_hand)
    assert by_hand < 0.6
    assert power_mean([]) is None


def test_rates_are_at_the_shipped_threshold(bundle: Bundle) -> None:
    threshold = bundle.manifest.threshold("hate")
    rows = [
        (case(True, "religion"), threshold),
        (case(True, "religion"), threshold - 0.01),
        (case(False, "religion"), threshold - 0.01),
        (case(False, "age"), threshold + 0.01),
    ]
    report = fairness_of(answers(bundle, rows), "hate", by_category)
    age, religion = report.groups
    assert (religion.group, religion.positives, religion.negatives) == ("religion", 2, 1)
    assert religion.false_negative_rate is not None
    assert religion.false_negative_rate.value == 0.5
    assert religion.false_positive_rate is not None
    assert religion.false_positive_rate.value == 0
    assert age.false_negative_rate is None  # no row to be wrong about
    assert age.false_positive_rate is not None
    assert age.false_positive_rate.value == 1
    assert report.power_means == {"subgroup_auc": None, "bpsn_auc": None, "bnsp_auc": None}


def test_a_mention_is_found_in_any_text() -> None:
    text = "The women of the mosque, all Muslim, met."
    assert by_mention(Case("1", text, "hate", False, "", "")) == {"gender", "religion"}


def test_the_swap_is_over_templates_with_several_groups(bundle: Bundle) -> None:
    rows = [
        (case(True, template="a"), 0.2),
        (case(True, template="a"), 0.6),
        (case(True, template="b"), 0.5),
        (case(True, template="b"), 0.5),
        (case(True, template="alone"), 0.9),
        (case(True), 0.1),
    ]
    found = swap(answers(bundle, rows), "hate")
    assert found.span.value == pytest.approx(0.2)
    assert found.deviation.value == pytest.approx(0.1)
    assert found.span.rows == 2
