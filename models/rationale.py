"""Key phrases: from token probabilities to spans of the original text."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from upstander.models.normaliser import Normalised

_UNSPACED: Final = (
    r"\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
"""Characters of Chinese and Japanese, which put no white space between words."""

_CHUNK: Final = re.compile(rf"[{_UNSPACED}]|[^\s{_UNSPACED}]+")
_LETTER: Final = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the original text that carried the score.

    begin, end: offsets into the text as it was sent, in code points, end exclusive.
    score: calibrated probability in [0, 1] that an annotator would mark it; over its words the
        mean.
    """

    begin: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class Token:
    """A token of the normalised text: `text[begin:end]`, and its probability."""

    begin: int
    end: int
    probability: float


def spans(source: Normalised, tokens: Sequence[Token], threshold: float) -> tuple[Span, ...]:
    """The stretches whose words reach `threshold`, in the order of the text.

    Annotators mark words between white space, so a word has the highest probability of its tokens,
    and neighbouring words that reach the threshold make one span. Punctuation at its edges is left
    out. In Chinese and Japanese each character counts as a word.
    """
    if not tokens:
        return ()
    runs: list[list[_Word]] = []
    for word in _words(source.text, tokens):
        if word.probability < threshold:
            continue
        if runs and (
            word.index == runs[-1][-1].index + 1
            # One character of the original can stand for several words.
            or source.begins[word.begin] < source.ends[runs[-1][-1].end - 1]
        ):
            runs[-1].append(word)
        else:
            runs.append([word])
    return tuple(_span(source, run) for run in runs)


def words(source: Normalised, tokens: Sequence[Token]) -> tuple[Span, ...]:
    """Every word with its probability, in the order of the text, without punctuation at its edges.

    tokens: all of the text. A character that is read as several words has the highest of theirs.
    """
    found: dict[tuple[int, int], float] = {}
    for word in _words(source.text, tokens):
        span = _span(source, [word])
        place = (span.begin, span.end)
        found[place] = max(span.score, found.get(place, 0.0))
    return tuple(Span(*place, score) for place, score in found.items())


@dataclass(frozen=True, slots=True)
class _Word:
    index: int
    begin: int
    end: int
    probability: float


def _words(text: str, tokens: Sequence[Token]) -> Iterator[_Word]:
    first = 0
    for index, match in enumerate(_CHUNK.finditer(text)):
        begin, end = match.span()
        while first < len(tokens) and tokens[first].end <= begin:
            first += 1
        highest, position = 0.0, first
        while position < len(tokens) and tokens[position].begin < end:
            if tokens[position].end > begin:  # a token can be several characters of Chinese
                highest = max(highest, tokens[position].probability)
            position += 1
        yield _Word(index, begin, end, highest)


def _span(source: Normalised, run: Sequence[_Word]) -> Span:
    begin, end = run[0].begin, run[-1].end
    if (first := _LETTER.search(source.text, begin, end)) is not None:
        begin = first.start()
        while _LETTER.match(source.text, end - 1) is None:
            end -= 1
    return Span(
        *source.original_span(begin, end),
        score=sum(word.probability for word in run) / len(run),
    )
