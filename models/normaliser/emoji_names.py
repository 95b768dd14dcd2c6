"""The emoji, and the words of their Unicode CLDR short names, out of the package `emoji` (BSD)."""

import json
import unicodedata
from typing import Any, Final

from upstander.models.normaliser.packaged import packaged_file

_SELECTORS: Final = "\ufe0e\ufe0f"  # the character before is to be drawn as text, or as an emoji


def _names() -> dict[str, str]:
    # Each entry becomes its name as soon as it is read: all of them take 14 MB.
    def name_of(entry: dict[str, Any]) -> Any:
        return entry.get("en", entry)

    found = json.loads(packaged_file("emoji", "unicode_codes/emoji.json"), object_hook=name_of)
    names = {}
    for characters, name in found.items():
        name = name.strip(":").replace("_", " ")
        if not name.isascii():
            name = unicodedata.normalize("NFKC", name)
        for selector in _SELECTORS:
            characters = characters.replace(selector, "")
        names[characters] = name
    return names


EMOJI: Final = _names()
FIRST: Final = frozenset(characters[0] for characters in EMOJI)
LONGEST: Final = max(map(len, EMOJI))
