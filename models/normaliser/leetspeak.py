"""Reading one word that is written to escape a filter: digits for letters, letters stretched."""

import re
from itertools import product
from typing import Final

from upstander.models.normaliser.words import COSTS, is_clear_word, is_word

LEET: Final = {
    "0": "o", "1": "il", "3": "e", "4": "a", "5": "s", "6": "g", "7": "t", "8": "b", "9": "g",
    "@": "a", "$": "s", "!": "i", "|": "il", "\u20ac": "e",
}  # fmt: skip
"""Every sign with the letters that it stands for."""

_SIGNS: Final = re.compile(r"[0-9@$!|\u20ac]")
_LONGEST: Final = 32  # letters; no English word is longer, and readings double with each sign
_MAX_READINGS: Final = 16
_COUNTED: Final = re.compile(r"\d+(?:[a-z]{1,3}|[a-z]*\d)|[a-z]{3,}\d+", re.IGNORECASE)
_STRETCHED: Final = re.compile(r"([a-z])\1\1+", re.IGNORECASE)
_DOUBLED_IS_MEANT: Final = 40  # of cost: how much rarer "good" may be than "god" for "goood"


def reading(chunk: str) -> str | None:
    """The English word that `chunk` hides behind digits and signs, or None.

    None as well where the chunk could be honest: a number and its unit ("10am", "5pin"), a word and
    its number ("level5"), signs between or before words ("stop!it", "$table"), or a result of
    fewer than four letters, which chance makes too often.
    """
    signs = len(_SIGNS.findall(chunk))
    letters = len(chunk) - signs
    if not signs or not 4 <= len(chunk) <= _LONGEST or letters < 2 or signs > letters + 1:
        return None
    lowered = chunk.lower()
    if not chunk.isalnum() or not lowered.isascii():
        parts = [part for part in re.split(r"[@$!|\u20ac]", lowered) if part]
        if len("".join(parts)) > 3 and all(is_word(part) for part in parts):
            return None
    if _COUNTED.fullmatch(lowered) and _is_count(lowered):
        return None
    if lowered[0].isdigit() and is_word(lowered.lstrip("0123456789")):
        return None
    for count, letters_read in enumerate(product(*(LEET.get(c, c) for c in lowered))):
        if count == _MAX_READINGS:
            break
        if word := settled("".join(letters_read)):
            return _in_case_of(chunk, word)
    return None


def _is_count(chunk: str) -> bool:
    """Whether it reads as a number and its unit, or as a word and its number."""
    word = chunk.rstrip("0123456789")
    return chunk[0].isdigit() or is_word(word)


def settled(word: str) -> str | None:
    """The clear word that `word`, in lower case, is or stretches, or None."""
    if is_clear_word(word):
        return word
    if _STRETCHED.search(word) and (found := unstretched(word)) and is_clear_word(found):
        return found
    return None


def unstretched(word: str) -> str | None:
    """The word that `word`, in lower case, stretches: "vermiiiin" is "vermin"; or None."""
    runs = list(_STRETCHED.finditer(word))
    if not 0 < len(runs) <= 4:
        return None
    best: tuple[int, str] | None = None
    for lengths in product((2, 1), repeat=len(runs)):
        candidate = ""
        done = 0
        for run, length in zip(runs, lengths, strict=True):
            candidate += word[done : run.start()] + run[1] * length
            done = run.end()
        candidate += word[done:]
        cost = COSTS.get(candidate)
        if cost is not None:
            cost += _DOUBLED_IS_MEANT * lengths.count(1)
            best = min(best or (cost, candidate), (cost, candidate))
    return best[1] if best else None


def _in_case_of(chunk: str, word: str) -> str:
    """`word` in capitals where `chunk` has them; a sign takes after its neighbour."""
    letters = [c for c in chunk if c.isalpha()]
    if all(c.isupper() for c in letters):
        return word.upper()
    first = next((c for c in chunk if c.isalpha()), "")
    if first.isupper() and chunk[0] in (first, *LEET) and all(c.islower() for c in letters[1:]):
        return word.capitalize()
    return word
