"""Spans point into the text as it was sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upstander.models.normaliser import normalise
from upstander.models.normaliser.offsets import unchanged
from upstander.models.rationale import Token, spans


def tokens_of(text: str, marked: set[str]) -> list[Token]:
    """A token a word, without its punctuation, with 0.9 for those that are marked and 0.1 else."""
    tokens = []
    position = 0
    for word in text.split():
        begin = text.index(word, position)
        position = begin + len(word)
        tokens.append(Token(begin, position, 0.9 if word.strip(".,!") in marked else 0.1))
    return tokens


def marked(text: str, words: set[str]) -> list[str]:
    source = normalise(text)
    found = spans(source, tokens_of(source.text, words), 0.5)
    return [text[span.begin : span.end] for span in found]


def test_neighbouring_words_make_one_span_without_the_punctuation_around_it() -> None:
    assert marked("They, are vermin, all.", {"are", "vermin"}) == ["are vermin"]


def test_words_apart_make_two_spans() -> None:
    assert marked("vermin they said and vermin it is", {"vermin"}) == ["vermin", "vermin"]


def test_spans_count_the_characters_of_the_text_as_it_was_sent() -> None:
    text = "\U0001f600\U0001f600   they\u200b  are\n\nver\u00admin!"
    assert marked(text, {"vermin"}) == ["ver\u00admin"]


def test_a_word_has_the_highest_probability_of_its_tokens() -> None:
    source = normalise("baby-making machines")
    pieces = [Token(0, 4, 0.1), Token(4, 5, 0.2), Token(5, 11, 0.8), Token(12, 20, 0.6)]
    (span,) = spans(source, pieces, 0.5)
    assert (span.begin, span.end) == (0, 20)
    assert span.score == pytest.approx(0.7)


def test_a_span_of_chinese_is_as_long_as_its_tokens() -> None:
    source = normalise("\u5929\u6c14\u5f88\u597d ok")
    begin = [Token(0, 1, 0.1), Token(0, 2, 0.2)]  # the mark of a word, and its first piece
    (span,) = spans(source, [*begin, Token(2, 4, 0.8), Token(5, 7, 0.1)], 0.5)
    assert (span.begin, span.end) == (2, 4)
    assert span.score == pytest.approx(0.8)


def test_a_span_of_punctuation_only_is_kept() -> None:
    source = normalise("so !!! there")
    (span,) = spans(source, [Token(0, 2, 0), Token(3, 6, 0.9), Token(7, 12, 0)], 0.5)
    assert (span.begin, span.end) == (3, 6)


def test_punctuation_within_a_span_is_passed_over_once() -> None:
    """However much of it there is: a search that begins anew at each sign takes minutes."""
    marks = "!" * 100_000
    long = unchanged(f"{marks}x{marks}x{marks}")
    (span,) = spans(long, [Token(0, len(long.text), 0.9)], 0.5)
    assert (span.begin, span.end) == (100_000, 200_002)


def test_words_that_one_character_stands_for_make_one_span() -> None:
    source = normalise("\ufdfa")  # four words in one character
    assert source.text.count(" ") >= 2
    words = [Token(i, i + 1, 0.0 if i == 5 else 0.9) for i in range(len(source.text))]
    (span,) = spans(source, words, 0.5)
    assert (span.begin, span.end) == (0, 1)


@given(st.text(), st.lists(st.floats(0, 1), min_size=1))
def test_spans_lie_in_the_text_in_order_and_apart(text: str, probabilities: list[float]) -> None:
    source = normalise(text)
    tokens = [
        Token(index, index + 1, probabilities[index % len(probabilities)])
        for index in range(len(source.text))
    ]
    end = 0
    for span in spans(source, tokens, 0.5):
        assert end <= span.begin < span.end <= len(text)
        assert 0.5 <= span.score <= 1
        end = span.end
