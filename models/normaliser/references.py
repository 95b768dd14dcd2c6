"""Addresses, people and emoji: what stands for something else becomes words."""

import re
import unicodedata
from typing import Final

from models.normaliser.emoji_names import EMOJI, FIRST, LONGEST
from models.normaliser.leet import reading
from models.normaliser.offsets import Edit, Normalised, edited

_ADDRESS: Final = re.compile(r"\b(?:https?://|www\.)\S+", re.IGNORECASE)
_MENTION: Final = re.compile(r"(?<!\w)@\w+")
_KEYCAP: Final = "\u20e3"
_BEGINS: Final = frozenset((_KEYCAP, *(c for c in FIRST if not c.isascii())))
"""What an emoji begins with, or what makes one of the digit before it."""


def without_addresses(source: Normalised) -> Normalised:
    """Rule 6: an address becomes `http`."""
    if "://" not in source.text and "." not in source.text:
        return source
    return edited(source, [(*match.span(), "http") for match in _ADDRESS.finditer(source.text)])


def without_names(source: Normalised) -> Normalised:
    """Rule 7: a name after an @ becomes `@user`, unless the @ stands for an a."""
    if "@" not in source.text:
        return source
    text = source.text
    edits: list[Edit] = []
    for match in _MENTION.finditer(text):
        end = match.end()
        # Marks belong to the name; left behind, they would join the replacement's last letter.
        while end < len(text) and (_is_mark(text[end]) or text[end].isalnum() or text[end] == "_"):
            end += 1
        if reading(text[match.start() : end]) is None:
            edits.append((match.start(), end, "@user"))
    return edited(source, edits)


def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] == "M"


def named_emoji(source: Normalised) -> Normalised:
    """Rule 8: a run of one emoji becomes its name, set off from its neighbours by spaces."""
    text = source.text
    if _BEGINS.isdisjoint(text):
        return source
    edits: list[Edit] = []
    done = 0
    for place in [at for at, character in enumerate(text) if character in _BEGINS]:
        begin = position = max(place - (text[place] == _KEYCAP), done)
        characters = _emoji_at(text, begin) if place >= done else ""
        if not characters:
            continue
        while text.startswith(characters, position) and _emoji_at(text, position) == characters:
            position += len(characters)
            if text[position : position + 1] == "\u200d":
                position += 1
        before = " " if begin > done and text[begin - 1] != " " else ""
        after = " " if position < len(text) and text[position] != " " else ""
        edits.append((begin, position, before + EMOJI[characters] + after))
        done = position
    return edited(source, edits)


def _emoji_at(text: str, begin: int) -> str:
    """The longest emoji that begins there, or nothing."""
    if text[begin : begin + 1] not in FIRST:
        return ""
    for length in range(LONGEST, 0, -1):
        if (characters := text[begin : begin + length]) in EMOJI:
            return characters
    return ""
