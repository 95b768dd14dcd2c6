"""Words whose letters stand apart: "v e r m i n", "v.e.r.m.i.n", "ver*min"."""

import re
from itertools import pairwise
from typing import Final

from models.normaliser.leet import LEET, reading, settled
from models.normaliser.offsets import Edit, Normalised, edited
from models.normaliser.segments import segments
from models.normaliser.words import is_word

_LETTER: Final = r"[A-Za-z0-9@$]"
_APART: Final = re.compile(
    rf"(?<![\w@$]){_LETTER}(?: ?([ ._*|~/\\\u00b7\u2022+-]) ?{_LETTER}(?:(?: ?\1 ?| ){_LETTER})+)"
    r"(?![\w@$])"
)
_ABBREVIATION: Final = 5  # letters; U.N.I.C.E.F. is not shouted at
_SEPARATED: Final = re.compile(
    r"(?<![\w@$&/.:=-])[A-Za-z0-9@$!]+(?:[._*|~^+\u2022][A-Za-z0-9@$!]+)+(?![\w@$/=(:-])"
)
_SEPARATOR: Final = re.compile(r"[._*|~^+\u2022]")


def joined(source: Normalised) -> Normalised:
    """Rules 10 and 11: letters that stand apart, and words with separators in them, are joined."""
    text = source.text
    edits: list[Edit] = []
    for match in _APART.finditer(text):
        edits += _spelled(source, match)
    result = edited(source, edits, obfuscated=bool(edits))
    edits = []
    for match in _SEPARATED.finditer(result.text):
        if word := _without_separators(match[0]):
            edits.append((*match.span(), word))
    return edited(result, edits, obfuscated=bool(edits))


def _spelled(source: Normalised, match: re.Match[str]) -> list[Edit]:
    text, first = match[0], match.start()
    at = [i for i, c in enumerate(text) if c.isascii() and (c.isalnum() or c in "@$")]
    if len(at) < 4:
        return []
    letters = "".join(text[i] for i in at)
    if sum(c.isalpha() for c in letters) * 2 <= len(letters):
        return []
    follows = source.text[match.end() : match.end() + 1]
    if match[1] == "." and follows == "." and letters.isupper() and len(at) <= _ABBREVIATION:
        return []
    plain = "".join(LEET.get(c, c)[0] for c in letters).lower()
    words = _by_gaps(source, match, at, plain) or _by_words(plain)
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


def _by_gaps(
    source: Normalised, match: re.Match[str], at: list[int], plain: str
) -> list[str] | None:
    """The words between wider gaps, where the writer left them and they are words."""
    first = match.start()
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
