"""The emoji, and the words of their Unicode CLDR short names."""

import unicodedata
from typing import Final

import emoji

_SELECTORS: Final = "\ufe0e\ufe0f"  # the character before is to be drawn as text, or as an emoji


def _names() -> dict[str, str]:
    names = {}
    for characters, entry in emoji.EMOJI_DATA.items():
        name = entry["en"].strip(":").replace("_", " ")
        if not name.isascii():
            name = unicodedata.normalize("NFKC", name)
        for selector in _SELECTORS:
            characters = characters.replace(selector, "")
        names[characters] = name
    return names


EMOJI: Final = _names()
FIRST: Final = frozenset(characters[0] for characters in EMOJI)
LONGEST: Final = max(map(len, EMOJI))
