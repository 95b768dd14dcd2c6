"""Letters of other scripts that look like Latin ones, inside Latin words."""

import re
import unicodedata
from functools import cached_property, lru_cache
from typing import Final

from upstander.models.normaliser.homoglyph_letters import ALIKE, SAME
from upstander.models.normaliser.leetspeak import reading, settled
from upstander.models.normaliser.offsets import Edit, Normalised, edited
from upstander.models.normaliser.scripts import is_foreign

_WORD: Final = re.compile(r"[^\W_][\w@$!|]*")
_LOOKS: Final = {c: latin for table in (SAME, ALIKE) for latin, cs in table.items() for c in cs}
_ALIKE: Final = frozenset("".join(ALIKE.values()))
_TABLE: Final = str.maketrans(_LOOKS)
_STRANGE: Final = frozenset(_LOOKS)
_DOTLESS: Final = "\u0131"
_OF_TURKISH: Final = frozenset("\u00e7\u011f\u00f6\u015f\u00fc\u00c7\u011e\u00d6\u015e\u00dc\u0130")


def in_latin(source: Normalised) -> Normalised:
    """Rule 9: look-alikes inside a Latin word become the Latin letters."""
    text = source.text
    if _STRANGE.isdisjoint(text):
        return source
    edits: list[Edit] = []
    around = _Around(text)
    for match in _WORD.finditer(text):
        word = match[0]
        if word.isascii():
            continue
        latin = word.translate(_TABLE)
        if latin == word or not latin.isascii():
            continue
        if _is_evasion(word, latin, around):
            edits.append((*match.span(), latin))
    return edited(source, edits, obfuscated=bool(edits))


class _Around:
    """What the text around a word says: looked at once for all words, and only if one asks."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def _strange(self) -> list[str]:
        return [c for c in self._text if c > "\x7f" and c.isalpha()]

    @cached_property
    def has_no_other_script(self) -> bool:
        """Whether every letter is Latin or a look-alike."""
        return all(c in _LOOKS or c < "\u0250" for c in self._strange)

    @cached_property
    def is_latin(self) -> bool:
        """Whether it is Latin but for look-alikes: no other letter, and mostly ASCII ones."""
        latin = sum(c.isalpha() for c in self._text) - len(self._strange)
        return latin > len(self._strange) and self.has_no_other_script

    @cached_property
    def is_turkish(self) -> bool:
        """Whether a dotless i is at home there."""
        return not _OF_TURKISH.isdisjoint(self._text) or is_foreign(self._text)


def _is_evasion(word: str, latin: str, around: _Around) -> bool:
    """Whether `word`, which could be read as `latin`, was meant to be."""
    if len(word) < 4:
        return False
    lowered = latin.lower()
    known = (settled(lowered) or reading(lowered)) is not None
    own = sum(c.isascii() and c.isalpha() for c in word)
    if known and all(c.isascii() or c == _DOTLESS for c in word):
        return not around.is_turkish
    if own:
        # A name is in no dictionary; strangers among mostly Latin letters give it away.
        strict = not any(c in _ALIKE or (c > "\x7f" and _is_of_latin(c)) for c in word)
        # Among Russian words it is a Latin name with a Russian ending.
        is_name = strict and own >= 3 and own * 2 >= len(word)
        return known or (is_name and around.has_no_other_script)
    return known and (all(map(_is_of_latin, word)) or around.is_latin)


@lru_cache(4096)
def _is_of_latin(character: str) -> bool:
    return unicodedata.name(character, "").startswith(("LATIN ", "DIGIT "))
