"""Words whose letters stand apart: "v e r m i n", "v.e.r.m.i.n", "ver*min"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

from upstander.models.normaliser.leetspeak import LEET, reading, settled
from upstander.models.normaliser.offsets import Edit, Normalised, edited
from upstander.models.normaliser.word_segmentation import segments
from upstander.models.normaliser.words import is_word

_LETTER: Final = r"[A-Za-z0-9@$]"
_BETWEEN: Final = r" ._*|~/\\\u00b7\u2022+-"
_BEGINS_APART: Final = re.compile(rf"(?<![\w@$]){_LETTER}(?= ?([{_BETWEEN}]) ?{_LETTER})")
"""A letter that stands apart from the next, and what stands between the two."""
_INSIDE_A_WORD: Final = re.compile(r"[\w@$]")
_ABBREVIATION: Final = 5  # letters; U.N.I.C.E.F. is not shouted at
_MIN_APART: Final = 3  # letters
_SEPARATED: Final = re.compile(
    # It begins where such characters begin; or behind the first !, where that stands behind others.
    r"(?:(?<![\w@$!&/.:=-])|(?<=[^\WA-Za-z0-9]!)|(?<=[&/.:=-]!))"
    r"[A-Za-z0-9@$!]++(?:[._*|~^+\u2022][A-Za-z0-9@$!]+)+(?![\w@$/=(:-])"
)
_SEPARATOR: Final = re.compile(r"[._*|~^+\u2022]")


def joined(source: Normalised) -> Normalised:
    """Rules 10 and 11: letters that stand apart, and words with separators in them, are joined."""
    text = source.text
    edits: list[Edit] = []
    for run in _runs_apart(text):
        edits += _spelled(source, run)
    result = edited(source, edits, obfuscated=bool(edits))
    edits = []
    for match in _SEPARATED.finditer(result.text):
        if word := _without_separators(match[0]):
            edits.append((*match.span(), word))
    return edited(result, edits, obfuscated=bool(edits))


@dataclass(frozen=True, slots=True)
class _Run:
    """Letters that stand apart, in `text[begin:end]`, and what stands between them."""

    begin: int
    end: int
    separator: str


def _runs_apart(text: str) -> Iterator[_Run]:
    """The longest run from each place, none touching another, that no word goes on from.

    Linear in the length: a run is followed to its end once. Where it has no end that would do,
    nothing that begins inside it and goes on by the same separator has one either.
    """
    done = 0
    followed: dict[str, int] = {}
    for match in _BEGINS_APART.finditer(text):
        begin, separator = match.start(), match[1]
        if begin < done or begin < followed.get(separator, 0):
            continue
        step, letters = _step(separator), [begin]
        while found := step.match(text, letters[-1] + 1):
            letters.append(found.end() - 1)
        followed[separator] = letters[-1] + 1
        while len(letters) >= _MIN_APART and _INSIDE_A_WORD.match(text, letters[-1] + 1):
            letters.pop()
        if len(letters) >= _MIN_APART:
            done = letters[-1] + 1
            yield _Run(begin, done, separator)


@lru_cache
def _step(separator: str) -> re.Pattern[str]:
    """From one letter to the next: by the separator, or by a space alone."""
    return re.compile(rf"(?: ?{re.escape(separator)} ?| ){_LETTER}")


def _spelled(source: Normalised, run: _Run) -> list[Edit]:
    text, first = source.text[run.begin : run.end], run.begin
    at = [i for i, c in enumerate(text) if c.isascii() and (c.isalnum() or c in "@$")]
    if len(at) < 4:
        return []
    letters = "".join(text[i] for i in at)
    if sum(c.isalpha() for c in letters) * 2 <= len(letters):
        return []
    follows = source.text[run.end : run.end + 1]
    if run.separator == "." and follows == "." and letters.isupper() and len(at) <= _ABBREVIATION:
        return []
    plain = "".join(LEET.get(c, c)[0] for c in letters).lower()
    words = _by_gaps(source, first, at, plain) or _by_words(plain)
    if words is None:
        return []
    edits: list[Edit] = []
    begin = 0
    for word in words:
        end = begin + len(word)
        cased = "".join(
            found.upper() if sign.isupper() or (letters.isupper()) else found
            for found, sign in zip(word, letters[begin:end], strict=True)
        )
        edits.append((first + at[begin], first + at[end - 1] + 1, cased))
        if end < len(at):
            edits.append((first + at[end - 1] + 1, first + at[end], " "))
        begin = end
    return edits


def _by_gaps(source: Normalised, first: int, at: list[int], plain: str) -> list[str] | None:
    """The words between wider gaps, where the writer left them and they are words."""
    places = [source.begins[first + i] for i in at]
    gaps = [after - before for before, after in pairwise(places)]
    narrow = min(gaps)
    if max(gaps) == narrow:
        return None
    words = [plain[0]]
    for gap, letter in zip(gaps, plain[1:], strict=True):
        if gap > narrow:
            words.append(letter)
        else:
            words[-1] += letter
    return words if _are_words(words) else None


def _by_words(plain: str) -> list[str] | None:
    if settled(plain) == plain:
        return [plain]
    words = segments(plain)
    return words if words and _are_words(words) else None


def _are_words(words: list[str]) -> bool:
    """Whether all are words and the clear ones hold at least half of the letters."""
    clear = sum(len(word) for word in words if settled(word))
    return all(map(is_word, words)) and 2 * clear >= sum(map(len, words))


def _without_separators(token: str) -> str | None:
    parts = _SEPARATOR.split(token.lower())
    if all(is_word(part) for part in parts) or not any(c.isalpha() for c in token):
        return None
    together = _SEPARATOR.sub("", token)
    if together.isalpha():
        return together if len(together) > 4 and settled(together.lower()) else None
    return reading(together)
