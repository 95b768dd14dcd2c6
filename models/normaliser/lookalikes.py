"""Letters of other scripts that look like Latin ones, inside Latin words."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from models.normaliser.leet import reading, settled
from models.normaliser.lookalike_letters import ALIKE, SAME
from models.normaliser.offsets import Edit, Normalised, edited

_WORD: Final = re.compile(r"[^\W_][\w@$!|]*")
_LOOKS: Final = {c: latin for table in (SAME, ALIKE) for latin, cs in table.items() for c in cs}
_ALIKE: Final = frozenset("".join(ALIKE.values()))
_TABLE: Final = str.maketrans(_LOOKS)
_STRANGE: Final = frozenset(_LOOKS)


def in_latin(source: Normalised) -> Normalised:
    """Rule 9: look-alikes inside a Latin word become the Latin letters."""
    text = source.text
    if _STRANGE.isdisjoint(text):
        return source
    edits: list[Edit] = []
    around: bool | None = None  # looked at once for all words, and only if one asks
    for match in _WORD.finditer(text):
        word = match[0]
        if word.isascii():
            continue
        latin = word.translate(_TABLE)
        if latin == word or not latin.isascii():
            continue
        evades = _is_evasion(word, latin)
        if evades is None:
            around = _is_latin_around(text) if around is None else around
            evades = around
        if evades:
            edits.append((*match.span(), latin))
    return edited(source, edits, obfuscated=bool(edits))


def _is_evasion(word: str, latin: str) -> bool | None:
    """Whether `word`, which could be read as `latin`, was meant to be; None if the text decides."""
    if len(word) < 4:
        return False
    lowered = latin.lower()
    known = (settled(lowered) or reading(lowered)) is not None
    own = sum(c.isascii() and c.isalpha() for c in word)
    if own:
        # A name is in no dictionary; strangers among mostly Latin letters give it away.
        strict = not any(c in _ALIKE or (c > "\x7f" and _is_of_latin(c)) for c in word)
        return known or (strict and own >= 3 and own * 2 >= len(word))
    if not known or all(map(_is_of_latin, word)):
        return known
    return None


@lru_cache(4096)
def _is_of_latin(character: str) -> bool:
    return unicodedata.name(character, "").startswith(("LATIN ", "DIGIT "))


def _is_latin_around(text: str) -> bool:
    """Whether the text is Latin but for look-alikes: no other letter, and mostly ASCII ones."""
    strange = [c for c in text if c > "\x7f" and c.isalpha()]
    latin = sum(c.isalpha() for c in text) - len(strange)
    return latin > len(strange) and all(c in _LOOKS or c < "\u0250" for c in strange)
