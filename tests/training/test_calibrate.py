"""Calibration: monotone, right on data that follows the model, and fitted where it says."""

from collections.abc import Sequence
from pathlib import Path

import datasets
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upstander.evaluation.calibration import expected_error
from upstander.models.operating_points import ORDINARY_FLAGGED
from upstander.training.base_model import load_tokenizer, resolve
from upstander.training.calibration import (
    Scored,
    everyday_points,
    fuse,
    operating_points,
    platt,
    reliability,
    sigmoid,
    threshold_at,
)
from upstander.training.errors import TrainingError
from upstander.training.inference import Rows
from upstander.training.outputs import _label_rows
from upstander.training.rationale import calibrate_rationale
from upstander.training.recipe import Fusion, load_recipe


def drawn(rows: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Logits, and labels that follow sigmoid(2 * logit - 1)."""
    random = np.random.default_rng(0)
    logits = random.normal(0, 1.5, rows)
    truth = (random.random(rows) < sigmoid(2 * logits - 1)).astype(float)
    return logits, truth


def test_platt_scaling_finds_the_line_that_the_labels_follow() -> None:
    logits, truth = drawn()
    fitted = platt(logits, truth, np.ones(len(truth)))
    assert fitted.slope == pytest.approx(2, abs=0.2)
    assert fitted.intercept == pytest.approx(-1, abs=0.15)
    probabilities = sigmoid(fitted.slope * logits + fitted.intercept)
    assert expected_error(truth == 1, probabilities, np.ones(len(truth))) < 0.03
    assert expected_error(truth == 1, np.full(len(truth), 0.9), np.ones(len(truth))) > 0.3


@settings(max_examples=30)
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
    fitted = platt(logits, truth, np.ones(len(pairs)))
    first, second = (
        sigmoid(np.array([fitted.slope * z + fitted.intercept]))[0] for z in (low, low + step)
    )
    assert first <= second


@settings(max_examples=50)
@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60))
def test_a_higher_threshold_never_adds_a_flag(pairs: list[tuple[float, bool]]) -> None:
    probabilities = np.array([p for p, _ in pairs])
    points = operating_points(
        probabilities, np.array([float(label) for _, label in pairs]), np.ones(len(pairs))
    )
    point = points["balanced"]
    assert points["watchful"].threshold <= point.threshold <= points["quiet"].threshold
    assert 0 <= point.threshold <= 1
    assert (probabilities >= point.threshold + 0.1).sum() <= (
        probabilities >= point.threshold
    ).sum()
    assert point.positives == sum(label for _, label in pairs)


def test_the_threshold_separates_what_can_be_separated() -> None:
    probabilities = np.array([0.1] * 10 + [0.7] * 10)
    truth = np.array([0.0] * 10 + [1.0] * 10)
    point = operating_points(probabilities, truth, np.ones(20))["balanced"]
    assert 0.1 < point.threshold <= 0.7
    assert (point.precision.value, point.recall.value) == (1, 1)
    assert point.precision.low < 1


def test_a_head_that_says_nothing_gets_little_weight() -> None:
    logits, truth = drawn()
    noise = np.random.default_rng(1).normal(0, 1.5, len(truth))
    weights, _ = fuse(np.column_stack([logits, noise]), truth, np.ones(len(truth)))
    assert abs(weights[1]) < 0.1 * weights[0]


def test_families_and_the_prior_share_the_weight() -> None:
    rows = Rows(
        table=datasets.Dataset.from_dict(
            {"source": ["dynahate"] * 90 + ["davidson"] * 10 + ["edos"] * 5}
        ),
        encodings=[],
        logits=np.zeros((105, 1)),
        tokens=[],
        labels=np.column_stack(
            [np.full(105, np.nan), np.tile([1.0, 0.0, 0.0], 35), np.full(105, np.nan)]
        ),
        annotated=np.full((105, 1), np.nan),
    )
    choice = Fusion(heads=("hate.exact",), families={"exact": 0.5, "tweets": 0.5})
    known, truth, weights = _label_rows(rows, "hate", choice, choice.families)
    assert known.sum() == 100  # edos is of another family
    assert weights[:90].sum() == pytest.approx(50)
    assert weights[90:].sum() == pytest.approx(50)
    prior = choice.model_copy(update={"prior": 0.1})
    _, truth, weights = _label_rows(rows, "hate", prior, prior.families)
    assert weights[truth == 1].sum() == pytest.approx(10)


def test_a_source_can_have_a_share_of_its_own() -> None:
    rows = Rows(
        table=datasets.Dataset.from_dict({"source": ["dynahate"] * 60 + ["contrast"] * 40}),
        encodings=[],
        logits=np.zeros((100, 1)),
        tokens=[],
        labels=np.column_stack([np.full(100, np.nan), np.tile([1.0, 0.0], 50)]),
        annotated=np.full((100, 1), np.nan),
    )
    choice = Fusion(heads=("hate.exact",), families={"exact": 0.9, "contrast": 0.1})
    _, _, weights = _label_rows(rows, "hate", choice, choice.families)
    assert weights[60:].sum() == pytest.approx(10)


def test_the_named_points_reach_what_their_names_say() -> None:
    logits, truth = drawn()
    points = operating_points(sigmoid(2 * logits - 1), truth, np.ones(len(truth)))
    assert points["watchful"].recall.value >= 0.9
    assert points["quiet"].precision.value >= 0.9
    assert points["watchful"].recall.value < 0.92  # and no more than that
    assert points["quiet"].precision.value < 0.92


def test_a_soft_label_counts_as_both_classes_in_its_shares() -> None:
    logits = np.tile([-2.0, 0.0, 1.0, 3.0], 50)
    soft = np.tile([0.1, 0.4, 0.7, 0.9], 50)
    hard = np.concatenate([np.ones(200), np.zeros(200)])
    shares = np.concatenate([soft, 1 - soft])
    fitted = platt(logits, soft, np.ones(200))
    as_hard = platt(np.tile(logits, 2), hard, shares)
    assert fitted.slope == pytest.approx(as_hard.slope, rel=1e-3)
    assert fitted.intercept == pytest.approx(as_hard.intercept, abs=1e-3)
    heads = np.column_stack([logits, logits**2])
    weights, bias = fuse(heads, soft, np.ones(200))
    hard_weights, hard_bias = fuse(np.tile(heads, (2, 1)), hard, shares)
    np.testing.assert_allclose(weights, hard_weights, rtol=1e-2, atol=1e-3)
    assert bias == pytest.approx(hard_bias, abs=1e-2)


@settings(max_examples=200)
@given(
    st.lists(st.floats(0, 0.9999) | st.integers(0, 9999).map(lambda n: n / 10_000), min_size=1),
    st.sampled_from(sorted(ORDINARY_FLAGGED.values())) | st.floats(0, 1),
)
def test_no_more_ordinary_posts_are_flagged_than_allowed(
    probabilities: list[float], portion: float
) -> None:
    ordinary = np.array(probabilities)
    threshold = threshold_at(ordinary, portion)
    assert threshold == round(threshold, 4)
    assert (ordinary >= threshold).mean() <= portion


def test_a_post_at_a_threshold_that_could_be_is_spared() -> None:
    for number in range(9999):
        ordinary = np.array([number / 10_000])
        assert threshold_at(ordinary, 0.0) == (number + 1) / 10_000


def test_the_threshold_is_the_lowest_that_spares_enough() -> None:
    ordinary = np.linspace(0, 0.999, 1000)
    assert threshold_at(ordinary, 0.02) == pytest.approx(0.9791)
    assert (ordinary >= threshold_at(ordinary, 0.02)).sum() == 20
    assert (ordinary >= threshold_at(ordinary, 0.001)).sum() == 1
    assert threshold_at(ordinary, 0.0005) > 0.999  # less than one post is none


def test_the_points_of_a_label_are_named_by_what_they_do_to_ordinary_posts() -> None:
    random = np.random.default_rng(0)
    ordinary = random.beta(1, 20, 5000)
    natural = Scored(np.array([0.05, 0.2, 0.9, 0.99]), np.array([False, True, False, True]))
    adversarial = Scored(np.array([0.3, 0.01]), np.array([True, True]))
    points = everyday_points(ordinary, natural, adversarial, best=0.0)
    assert {*points} == {*ORDINARY_FLAGGED}
    for name, share in ORDINARY_FLAGGED.items():
        estimate = points[name].ordinary
        assert estimate is not None
        assert 0 < estimate.value <= share
        assert points[name].rows == 4
        assert points[name].positives == 2
    assert points["watchful"].threshold < points["balanced"].threshold < points["quiet"].threshold
    found = points["watchful"]
    assert 0.05 < found.threshold < 0.2
    assert (found.recall.value, found.precision.value) == (1, pytest.approx(2 / 3))
    assert found.recall_adversarial is not None
    assert found.recall_adversarial.value == 0.5
    nobody = Scored(np.array([0.3]), np.array([False]))
    quiet = everyday_points(ordinary, natural, nobody, best=0.0)["quiet"]
    assert quiet.recall_adversarial is None


def test_hard_negatives_may_ask_for_more_than_ordinary_posts_do() -> None:
    ordinary = np.random.default_rng(0).beta(1, 20, 5000)
    rows = Scored(np.array([0.2, 0.9]), np.array([False, True]))
    loose, strict = (everyday_points(ordinary, rows, rows, best=best) for best in (0.0, 0.9))
    assert strict["watchful"] == loose["watchful"]
    assert strict["balanced"].threshold == strict["quiet"].threshold == 0.9


def test_a_reliability_diagram_of_right_probabilities_is_the_diagonal() -> None:
    logits, truth = drawn()
    bins = reliability(sigmoid(2 * logits - 1), truth, np.ones(len(truth)))
    assert len(bins) == 10
    assert sum(own.rows for own in bins) == len(truth)
    for own in bins:
        assert own.seen == pytest.approx(own.predicted, abs=0.08)
    wrong = reliability(np.full(len(truth), 0.9), truth, np.ones(len(truth)))
    assert max(abs(own.seen - own.predicted) for own in wrong) > 0.3


MARKED = ("they are vermin today", [[9, 15]])
"""The third word is marked; the tokenizer cuts it in two."""


def rationale_rows(
    tokens: Sequence[Sequence[float]], source: str = "contrast", marked: bool = True
) -> Rows:
    """One row of MARKED for each list of five logits: of they, are, ve, ##rmin and today."""
    text, spans = MARKED
    encoding = load_tokenizer(resolve(load_recipe(Path("tiny")).base)).encode(text)
    assert encoding.tokens == ["[CLS]", "they", "are", "ve", "##rmin", "today", "[SEP]"]
    count = len(tokens)
    return Rows(
        table=datasets.Dataset.from_dict(
            {
                "source": [source] * count,
                "text": [text] * count,
                "spans": [spans] * count,
                "marked": [marked] * count,
            }
        ),
        encodings=[encoding] * count,
        logits=np.zeros((count, 1)),
        # Nobody says anything of the special tokens: a logit of theirs must not count.
        tokens=[np.array([99.0, *row, 99.0]) for row in tokens],
        labels=np.zeros((count, 0)),
        annotated=np.zeros((count, 0)),
    )


def beside(first: Rows, second: Rows) -> Rows:
    return Rows(
        table=datasets.concatenate_datasets([first.table, second.table]),
        encodings=[*first.encodings, *second.encodings],
        logits=np.concatenate([first.logits, second.logits]),
        tokens=[*first.tokens, *second.tokens],
        labels=np.concatenate([first.labels, second.labels]),
        annotated=np.concatenate([first.annotated, second.annotated]),
    )


# Half of the marked word is not recognised; a word is as likely as its likeliest token.
TOKENS = [[-4 + 0.1 * n, -1.5, 2 - 0.1 * n, -2, -3] for n in range(10)]


def test_the_threshold_of_the_rationale_separates_the_words() -> None:
    rows = rationale_rows(TOKENS)
    fitted = calibrate_rationale("contrast", rows, rows)
    scaling = fitted.calibration
    assert scaling.slope > 0
    highest_unmarked, lowest_marked = sigmoid(
        scaling.slope * np.array([-1.5, 1.1]) + scaling.intercept
    )
    assert highest_unmarked < fitted.threshold <= lowest_marked


def test_other_sources_and_rows_that_nobody_marked_have_no_say_in_the_rationale() -> None:
    rows = rationale_rows(TOKENS)
    opposite = [[-value for value in row] for row in TOKENS] * 5
    alone = calibrate_rationale("contrast", rows, rows)
    for noise in (
        rationale_rows(opposite, source="hatexplain"),
        rationale_rows(opposite, marked=False),
    ):
        assert calibrate_rationale("contrast", beside(rows, noise), beside(noise, rows)) == alone


def test_a_rationale_without_calibration_rows_is_an_error() -> None:
    rows = rationale_rows(TOKENS)
    with pytest.raises(TrainingError, match=r"rationale\.calibrate: no calibration row of edos"):
        calibrate_rationale("edos", rows, rows)
