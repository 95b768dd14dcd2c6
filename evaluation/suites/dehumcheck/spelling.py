"""Spelling a word so that a person still reads it and a word list does not."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

_LEET: Final = {"a": "4", "e": "3", "i": "1", "o": "0", "s": "5"}
_MAX_LEET: Final = 2
_LOOKALIKE: Final = str.maketrans("aceiopsxy", "асеіорѕху")  # noqa: RUF001 - that is the point
_VOWEL: Final = re.compile("[aeiou]")


def _leet(word: str) -> str:
    """Digits for the first two letters that have one; more would be hard to read."""
    left = _MAX_LEET
    letters = []
    for letter in word:
        digit = _LEET.get(letter, letter) if left else letter
        left -= digit != letter
        letters.append(digit)
    return "".join(letters)


def _stretched(word: str) -> str:
    """The first vowel four times."""
    return _VOWEL.sub(lambda vowel: vowel[0] * 4, word, count=1)


SPELLINGS: Final[Mapping[str, Callable[[str], str]]] = MappingProxyType(
    {
        "spell_plain": str,
        "spell_dotted": ".".join,
        "spell_leet": _leet,
        "spell_spaced": " ".join,
        "spell_lookalike": lambda word: word.translate(_LOOKALIKE),
        "spell_stretched": _stretched,
    }
)
"""Cell to how it spells a head noun, which is in lower case. The first leaves it as it is."""
