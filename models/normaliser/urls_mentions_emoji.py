"""Addresses, people and emoji: what stands for something else becomes words."""

import re
import unicodedata
from typing import Final

from upstander.models.normaliser.emoji_names import EMOJI, FIRST, LONGEST
from upstander.models.normaliser.leetspeak import reading
from upstander.models.normaliser.offsets import Edit, Normalised, edited
from upstander.models.normaliser.scripts import HANGUL, UNSPACED

_ADDRESS: Final = re.compile(
    rf"(?<![A-Za-z0-9_])(?:https?://|www\.)[^\s{UNSPACED}{HANGUL}]+", re.IGNORECASE
)
_MENTION: Final = re.compile(rf"(?:(?<!\w)|(?<=[{UNSPACED}]))@(?=\w)")
_IS_UNSPACED: Final = re.compile(f"[{UNSPACED}]")
_LONGEST_NAME: Final = 16  # characters without spaces; a longer run has more in it than a name
_KEYCAP: Final = "\u20e3"
_BEGINS: Final = frozenset((_KEYCAP, *(c for c in FIRST if not c.isascii())))
"""What an emoji begins with, or what makes one of the digit before it."""


def without_addresses(source: Normalised) -> Normalised:
    """Rule 6: an address becomes `http`."""
    if "://" not in source.text and "." not in source.text:
        return source
    return edited(source, [(*match.span(), "http") for match in _ADDRESS.finditer(source.text)])


def without_names(source: Normalised) -> Normalised:
    """Rule 6: a name after an @ becomes `@user`, unless the @ stands for an a."""
    if "@" not in source.text:
        return source
    text = source.text
    edits: list[Edit] = []
    for match in _MENTION.finditer(text):
        begin, end = match.end(), _end_of_name(text, match.end())
        is_unspaced = _IS_UNSPACED.match(text, begin) is not None
        if is_unspaced and end - begin > _LONGEST_NAME:
            continue
        if reading(text[match.start() : end]) is None:
            edits.append((match.start(), end, "@user"))
    return edited(source, edits)


def _end_of_name(text: str, begin: int) -> int:
    """Where a name ends: at the first character of a script without spaces, if it has none."""
    is_unspaced = _IS_UNSPACED.match(text, begin) is not None
    end = begin
    while end < len(text):
        character = text[end]
        # Marks belong to the name; left behind, they would join the replacement's last letter.
        if not _is_mark(character):
            if not (character.isalnum() or character == "_"):
                break
            if not is_unspaced and _IS_UNSPACED.match(character):
                break
        end += 1
    return end


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
