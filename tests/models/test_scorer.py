"""The scorer: the same text always gets the same scores, and no part of a text is left out."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from upstander.models.bundle import Bundle, read_golden
from upstander.models.errors import TextError

FILLER = "The council talked about the bus timetable for an hour. "


def test_alone_and_among_others_a_text_scores_the_same_to_the_bit(bundle: Bundle) -> None:
    texts = [row.text for row in read_golden(bundle.path, bundle.manifest)]
    alone = [bundle.scorer.score(text).scores for text in texts]
    with ThreadPoolExecutor(4) as pool:
        among = list(pool.map(lambda text: bundle.scorer.score(text).scores, texts * 3))
    assert among == alone * 3


def test_several_texts_at_once_are_those_texts_alone(bundle: Bundle) -> None:
    texts = [row.text for row in read_golden(bundle.path, bundle.manifest)]
    texts += [FILLER * 45, "", "M1grants are v3rmin. \N{RAT}"]
    for text, score in zip(texts, bundle.scorer.score_all(texts), strict=True):
        if isinstance(score, TextError):
            assert text == ""
            assert "empty" in str(score)
        else:
            alone = bundle.scorer.score(text)
            assert replace(score, timings=alone.timings) == alone
    assert bundle.scorer.score_all([]) == []


@pytest.mark.parametrize("text", ["", "   ", "\u200b\u00ad", "\x00\n"])
def test_a_text_with_nothing_visible_is_an_error(bundle: Bundle, text: str) -> None:
    with pytest.raises(TextError, match="empty"):
        bundle.scorer.score(text)


def test_a_short_text_is_one_window(bundle: Bundle) -> None:
    score = bundle.scorer.score("Good morning")
    assert score.windows == 1
    assert score.tokens == 2
    assert set(score.scores) == {label.name for label in bundle.manifest.labels}
    assert all(0 <= value <= 1 for value in score.scores.values())
    assert [t.score for t in score.targets] == sorted(
        (t.score for t in score.targets), reverse=True
    )


@pytest.mark.parametrize(
    "before",
    [
        pytest.param(
            0, marks=pytest.mark.xfail(reason="bundle 2.0.0: docs/limits.md", strict=True)
        ),
        5,
        20,
        40,
    ],
)
def test_a_sentence_in_a_long_text_is_seen_wherever_it_stands(bundle: Bundle, before: int) -> None:
    harmless = bundle.scorer.score(FILLER * 45)
    text = FILLER * before + "Those immigrants are vermin, not people. " + FILLER * (45 - before)
    score = bundle.scorer.score(text)
    assert score.windows > 1
    assert harmless.scores["hate"] < bundle.manifest.threshold("hate") <= score.scores["hate"]


@given(st.text(max_size=200), st.integers(1, 30))
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_text_has_at_least_as_many_windows_as_are_foreseen(
    bundle: Bundle, text: str, times: int
) -> None:
    scorer = bundle.scorer
    for whole in ((text + " ") * times, "\ufdfa" * times, "word " * 2 * times):
        try:
            normalised = scorer.normalise(whole)
        except TextError:
            continue
        assert scorer.fewest_windows(normalised) <= scorer.begin(normalised).windows
    assert scorer.fewest_windows(scorer.normalise("word " * 62)) == 1
    assert scorer.fewest_windows(scorer.normalise("word " * 63)) == 2


def test_windows_overlap_and_cover_the_whole_text(bundle: Bundle) -> None:
    window = bundle.manifest.window
    score = bundle.scorer.score("word " * 500)
    assert score.tokens == 500
    fresh = window.length - 2 - window.overlap
    assert score.windows == 1 + -(-(500 - (window.length - 2)) // fresh)


def test_a_word_without_end_is_scored_too(bundle: Bundle) -> None:
    score = bundle.scorer.score("x" * 20_000)
    assert score.tokens > 200  # the tokenizer alone would make it a single unknown token


CASE = "Uyghur women are no longer baby-making machines."


def words_of(bundle: Bundle, text: str) -> list[str]:
    return [text[span.begin : span.end] for span in bundle.scorer.score(text).spans]


def test_the_words_that_carried_the_score_are_pointed_at(bundle: Bundle) -> None:
    assert any("vermin" in words for words in words_of(bundle, "Those immigrants are vermin."))
    assert words_of(bundle, "The bus was late again this morning.") == []


@pytest.mark.parametrize(
    "before",
    [
        "",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467 ",
        "e\u0301te\u0301 &amp; ",
        "\u0645\u0631\u062d\u0628\u0627 ",
    ],
)
def test_spans_count_code_points_of_the_text_as_it_was_sent(bundle: Bundle, before: str) -> None:
    text = f"{before}Those immigrants are v\u200bermin."
    assert any("v\u200bermin" in words for words in words_of(bundle, text))


def test_a_span_in_a_long_text_points_to_the_sentence(bundle: Bundle) -> None:
    text = FILLER * 20 + "Those immigrants are vermin, not people. " + FILLER * 20
    begin = text.index("Those immigrants")
    spans = bundle.scorer.score(text).spans
    assert spans
    assert all(begin <= span.begin and span.end <= begin + 41 for span in spans)


def test_a_mechanism_is_named(bundle: Bundle) -> None:
    score = bundle.scorer.score("Those immigrants are vermin.")
    assert score.mechanisms[0].mechanism == "vermin"
    assert {m.mechanism for m in score.mechanisms} == {m.name for m in bundle.manifest.mechanisms}


def test_an_evasion_is_undone_and_said(bundle: Bundle) -> None:
    plain = bundle.scorer.score("Those immigrants are vermin.")
    hidden = bundle.scorer.score("Those immigrants are v3rm1n.")
    assert hidden.obfuscated
    assert not plain.obfuscated
    assert hidden.scores == plain.scores


def test_the_case_that_the_product_comes_from_is_decided_right(bundle: Bundle) -> None:
    threshold = bundle.manifest.threshold("dehumanization")
    assert bundle.scorer.score(CASE).scores["dehumanization"] >= threshold
    for text in (
        "Twitter locked the embassy's account over that tweet.",
        "The tenants complained about cockroaches in the building.",
        "Nobody should ever call refugees vermin.",
    ):
        assert bundle.scorer.score(text).scores["dehumanization"] < threshold
