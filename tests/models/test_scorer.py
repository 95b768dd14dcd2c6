"""The scorer: the same text always gets the same scores, and no part of a text is left out."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from models.bundle import Bundle, read_golden
from models.errors import TextError

FILLER = "The council talked about the bus timetable for an hour. "


def test_alone_and_among_others_a_text_scores_the_same_to_the_bit(bundle: Bundle) -> None:
    texts = [row.text for row in read_golden(bundle.path, bundle.manifest)]
    alone = [bundle.scorer.score(text).scores for text in texts]
    with ThreadPoolExecutor(4) as pool:
        among = list(pool.map(lambda text: bundle.scorer.score(text).scores, texts * 3))
    assert among == alone * 3


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


@pytest.mark.parametrize("before", [0, 5, 20, 40])
def test_a_sentence_in_a_long_text_is_seen_wherever_it_stands(bundle: Bundle, before: int) -> None:
    harmless = bundle.scorer.score(FILLER * 45)
    text = FILLER * before + "Those immigrants are vermin, not people. " + FILLER * (45 - before)
    score = bundle.scorer.score(text)
    assert score.windows > 1
    assert score.scores["hate"] > harmless.scores["hate"] + 0.3


def test_windows_overlap_and_cover_the_whole_text(bundle: Bundle) -> None:
    window = bundle.manifest.window
    score = bundle.scorer.score("word " * 500)
    assert score.tokens == 500
    fresh = window.length - 2 - window.overlap
    assert score.windows == 1 + -(-(500 - (window.length - 2)) // fresh)


def test_a_word_without_end_is_scored_too(bundle: Bundle) -> None:
    score = bundle.scorer.score("x" * 20_000)
    assert score.tokens > 200  # the tokenizer alone would make it a single unknown token
