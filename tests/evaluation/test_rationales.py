"""Rationales: the measures of ERASER, worked by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upstander.evaluation.predictions import Answers, MetricUnavailable
from upstander.evaluation.rationales import agreement, f1_of_tokens, marked_tokens, matches, weights
from upstander.evaluation.suites.case import Case
from upstander.evaluation.suites.hatexplain import marked_spans, runs
from upstander.models.bundle import Bundle
from upstander.models.manifest import Calibration, Rationale
from upstander.models.rationale import Span
from upstander.models.score import Score, Timings

TEXT = "all those people are vermin ."
#       0   4     10     17  21     28


def answer(*spans: tuple[int, int]) -> Score:
    return Score(
        scores={},
        targets=(),
        mechanisms=(),
        spans=tuple(Span(begin, end, 0.9) for begin, end in spans),
        obfuscated=False,
        windows=1,
        tokens=6,
        timings=Timings(0, 0, 0),
    )


def weighed(*scores: float) -> tuple[Span, ...]:
    """The five words of the text with such probabilities."""
    begins = (0, 4, 10, 17, 21)
    return tuple(Span(begin, begin + 3, s) for begin, s in zip(begins, scores, strict=True))


def case(*rationale: tuple[int, int]) -> Case:
    return Case("1", TEXT, "hate", True, "", "", rationale=rationale)


def test_a_stretch_marks_the_tokens_that_it_touches() -> None:
    assert marked_tokens(TEXT, [(10, 27)]) == [False, False, True, True, True, False]
    assert marked_tokens(TEXT, [(12, 13), (28, 29)]) == [False, False, True, False, False, True]
    # The space between two tokens belongs to neither.
    assert not any(marked_tokens(TEXT, [(3, 4)]))
    assert not any(marked_tokens(TEXT, []))


def test_token_f1_by_hand() -> None:
    truth = [False, True, True, False, True]
    assert f1_of_tokens(truth, [False, True, False, False, True]) == pytest.approx(4 / 5)
    assert f1_of_tokens(truth, [True, False, False, True, False]) == 0
    assert f1_of_tokens(truth, [False] * 5) == 0


def test_a_span_matches_from_half_of_the_union_on() -> None:
    assert matches([(0, 4)], [(0, 2)]) == (1, 1, 1)  # 2 of 4
    assert matches([(0, 4)], [(2, 6)]) == (0, 1, 1)  # 2 of 6
    assert matches([(0, 2), (4, 5)], [(0, 2), (4, 5), (7, 9)]) == (2, 3, 2)
    assert matches([(0, 2)], []) == (0, 0, 1)


def test_agreement_by_hand(bundle: Bundle) -> None:
    rationale = Rationale(calibration=Calibration(slope=1, intercept=0), threshold=0.5)
    manifest = bundle.manifest.model_copy(update={"rationale": rationale})
    cases = [case((4, 16), (21, 27)), case((21, 27)), case()]
    found = [answer((10, 16), (21, 27)), answer((0, 9)), answer((0, 3))]
    words = [weighed(0.1, 0.2, 0.9, 0.3, 0.8), weighed(0.9, 0.1, 0.1, 0.1, 0.5)]
    agreed = agreement(Answers("hatexplain", cases, found, manifest, "balanced", words))
    # The first post has 2 tokens right of 2 found and 3 true; the second none; the third has no
    # rationale and is not counted.
    assert agreed.token_f1.value == pytest.approx((4 / 5 + 0) / 2)
    # "people" is half of "those people", and "vermin" is all of it: 2 right of 3 found and 3 true.
    assert agreed.iou_f1.value == pytest.approx(2 / 3)
    # Precision 1 and 0, recall 1 and 0.
    assert agreed.iou_f1_by_post.value == pytest.approx(0.5)
    assert agreed.token_f1.rows == 2
    # First: ranks 1, 2 and 4 are right (the full stop has 0), so 1, 2/2 and 3/4 of a third each.
    # Second: the one that is right has rank 2.
    assert agreed.auprc.value == pytest.approx(((1 + 1 + 3 / 4) / 3 + 1 / 2) / 2)


def test_a_token_has_the_highest_weight_of_the_words_in_it() -> None:
    words = [Span(0, 1, 0.2), Span(2, 3, 0.7), Span(4, 6, 0.4)]
    assert weights("a-b cd !", words) == [0.7, 0.4, 0.0]


def test_the_words_of_the_shipped_bundle_hold_its_spans(bundle: Bundle) -> None:
    text = "\U0001f600 Migrants are (vermin)!"
    words = bundle.scorer.words(text)
    assert [text[word.begin : word.end] for word in words] == [
        "\U0001f600",
        *("Migrants", "are", "vermin"),
    ]
    assert bundle.manifest.rationale is not None
    (span,) = bundle.scorer.score(text).spans
    inside = [word for word in words if word.begin < span.end and word.end > span.begin]
    assert {word for word in words if word.score >= bundle.manifest.rationale.threshold} == set(
        inside
    )
    assert span.score == pytest.approx(np.mean([word.score for word in inside]))


def test_a_bundle_without_a_rationale_has_no_agreement(bundle: Bundle) -> None:
    without = bundle.manifest.model_copy(update={"rationale": None})
    answers = Answers("hatexplain", [case((4, 9))], [answer()], without, "balanced")
    with pytest.raises(MetricUnavailable, match="not in this bundle"):
        agreement(answers)


@given(st.lists(st.booleans(), min_size=1, max_size=12))
def test_marked_tokens_are_found_again_in_the_text(marked: list[bool]) -> None:
    tokens = [f"w{number}" for number in range(len(marked))]
    spans = marked_spans(tokens, [[int(mark) for mark in marked]])
    assert marked_tokens(" ".join(tokens), spans) == marked
    assert f1_of_tokens(marked, marked) == float(any(marked))
    whole = runs(marked)
    assert matches(whole, whole) == (len(whole),) * 3
    assert sum(end - first for first, end in whole) == np.sum(marked)
