"""Cutting letters that were run together into words.

The most likely cut when words are drawn by their frequency, found by dynamic programming (Norvig,
"Natural Language Corpus Data", in Segaran and Hammerbacher, Beautiful Data, 2009).
"""

from typing import Final

from upstander.models.normaliser.words import cost_among_others

_LONGEST_WORD: Final = 20
_STRANGE_LETTER: Final = 400
_CUT: Final = 16  # of cost for each word, so that few long words win over many short ones
_MAX_LETTERS: Final = 200  # letters; more are nobody's spelling


def segments(letters: str) -> list[str] | None:
    """The words of `letters` (lower case), or None if they do not wholly make words."""
    length = len(letters)
    if length > _MAX_LETTERS:
        return None
    best = [0] + [_STRANGE_LETTER * (length + 1)] * length
    back = [0] * (length + 1)
    for end in range(1, length + 1):
        for begin in range(max(0, end - _LONGEST_WORD), end):
            cost = cost_among_others(letters[begin:end])
            if cost is None:
                continue
            total = best[begin] + cost + _CUT
            if total < best[end]:
                best[end] = total
                back[end] = begin
    if best[length] > _STRANGE_LETTER * length:
        return None
    words: list[str] = []
    end = length
    while end:
        words.append(letters[back[end] : end])
        end = back[end]
    words.reverse()
    return words
