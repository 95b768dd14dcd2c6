"""Normalising a text, with a map back to the text as it was sent.

Training and serving see the same text only if both normalise it the same way, so the version is
part of the bundle. Version 2:

1. a lone surrogate becomes U+FFFD; control characters, variation selectors and invisible format
   characters go, but for the joiners that emoji and some scripts need;
2. NFKC, one base character with its marks at a time;
3. runs of white space become one space, none at the ends;
4. addresses become `http`, names after an @ become `@user`: the text is judged, never the author;
5. an emoji becomes the words of its Unicode CLDR short name, because the tokenizer reads every one
   as the same unknown token; the same emoji many times in a row becomes its name once;
6. a word of more than 80 characters is broken up, because the tokenizer reads a word of over 100 as
   one unknown token and would score nothing of it.

The function is idempotent, and every character of the result knows the stretch of the original that
it came from; `tests/models/test_normaliser.py` holds both as properties.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import emoji

VERSION: Final = 2

_MAX_WORD: Final = 80
_JOINERS: Final = "\u200c\u200d"
_ADDRESS: Final = re.compile(r"\b(?:https?://|www\.)\S+", re.IGNORECASE)
_MENTION: Final = re.compile(r"(?<!\w)@\w+")
_LONG_WORD: Final = re.compile(rf"\S{{{_MAX_WORD}}}(?=\S)")
_PLAIN: Final = re.compile(r"[!-~]+(?: [!-~]+)*")
_SELECTORS: Final = "\ufe0e\ufe0f"  # the character before is to be drawn as text, or as an emoji


def _names_of_emoji() -> dict[str, str]:
    names = {}
    for characters, entry in emoji.EMOJI_DATA.items():
        name = unicodedata.normalize("NFKC", entry["en"].strip(":").replace("_", " "))
        names[characters.translate(dict.fromkeys(map(ord, _SELECTORS)))] = name
    return names


_EMOJI: Final = _names_of_emoji()
_EMOJI_FIRST: Final = frozenset(characters[0] for characters in _EMOJI)
_EMOJI_LONGEST: Final = max(map(len, _EMOJI))


@dataclass(frozen=True, slots=True)
class Normalised:
    """A normalised text.

    text: what the tokenizer reads.
    begins, ends: for each character of `text`, the stretch of the original that it stands for, in
        code points, end exclusive; both have the length of `text` and never decrease.
    """

    text: str
    begins: tuple[int, ...]
    ends: tuple[int, ...]

    def original_span(self, begin: int, end: int) -> tuple[int, int]:
        """The stretch of the original text behind `text[begin:end]`, a non-empty slice."""
        return self.begins[begin], self.ends[end - 1]


def normalise(text: str) -> Normalised:
    """Normalise `text` by version 2; the result is empty if nothing visible is left."""
    if _PLAIN.fullmatch(text):  # most posts; 20 times faster than the character loop below
        result = Normalised(text, tuple(range(len(text))), tuple(range(1, len(text) + 1)))
    else:
        result = _collapse(text)
    while True:
        result = _replace(result, _addresses(result.text))
        result = _replace(result, _mentions(result.text))
        result = _replace(result, _emoji(result.text))
        broken = _break_long_words(result)
        if broken is result:
            return result
        result = broken  # a break can bring a name or an address to the start of a word


def _clusters(text: str) -> Iterator[tuple[int, int, str]]:
    """Cut into runs that NFKC never joins with the next one: a base character and its marks."""
    begin = 0
    cluster = ""
    for position, raw in enumerate(text):
        character = "\ufffd" if "\ud800" <= raw <= "\udfff" else raw
        if _is_invisible(character):
            continue
        if cluster and not _joins_previous(character):
            yield begin, position, cluster
            cluster = ""
        if not cluster:
            begin = position
        cluster += character
    if cluster:
        yield begin, len(text), cluster


def _is_invisible(character: str) -> bool:
    category = unicodedata.category(character)
    return (
        (category == "Cc" and not character.isspace())
        or (category == "Cf" and character not in _JOINERS)
        or character in _SELECTORS
    )


def _joins_previous(character: str) -> bool:
    first = unicodedata.normalize("NFKC", character)[0]
    # Marks compose with what stands before them; so do the vowels and finals of Hangul.
    return _is_mark(first) or "\u1160" <= first <= "\u11ff"


def _collapse(text: str) -> Normalised:
    characters: list[str] = []
    begins: list[int] = []
    ends: list[int] = []
    for begin, end, cluster in _clusters(text):
        for character in unicodedata.normalize("NFKC", cluster):
            if character.isspace():
                if not characters or characters[-1] == " ":
                    continue
                character = " "
            characters.append(character)
            begins.append(begin)
            ends.append(end)
    if characters and characters[-1] == " ":
        del characters[-1], begins[-1], ends[-1]
    return Normalised("".join(characters), tuple(begins), tuple(ends))


def _addresses(text: str) -> list[tuple[int, int, str]]:
    return [(*match.span(), "http") for match in _ADDRESS.finditer(text)]


def _mentions(text: str) -> list[tuple[int, int, str]]:
    spans = []
    for match in _MENTION.finditer(text):
        end = match.end()
        # Marks belong to the name; left behind, they would join the replacement's last letter.
        while end < len(text) and (_is_mark(text[end]) or text[end].isalnum() or text[end] == "_"):
            end += 1
        spans.append((match.start(), end, "@user"))
    return spans


def _emoji(text: str) -> list[tuple[int, int, str]]:
    """Every run of one emoji, with its name and the spaces that set it off from its neighbours."""
    spans = []
    position = done = 0
    while position < len(text):
        begin = position
        characters = _emoji_at(text, begin)
        if not characters:
            position += 1
            continue
        while _emoji_at(text, position) == characters:
            position += len(characters)
            if text[position : position + 1] == "\u200d":
                position += 1
        before = " " if begin > done and text[begin - 1] != " " else ""
        after = " " if position < len(text) and text[position] != " " else ""
        spans.append((begin, position, before + _EMOJI[characters] + after))
        done = position
    return spans


def _emoji_at(text: str, begin: int) -> str:
    """The longest emoji that begins there, or nothing."""
    if begin < len(text) and text[begin] in _EMOJI_FIRST:
        for length in range(_EMOJI_LONGEST, 0, -1):
            if (characters := text[begin : begin + length]) in _EMOJI:
                return characters
    return ""


def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] == "M"


def _replace(source: Normalised, spans: list[tuple[int, int, str]]) -> Normalised:
    """Every span becomes its replacement, each character of which stands for the whole span."""
    if not spans:
        return source
    text: list[str] = []
    begins: list[int] = []
    ends: list[int] = []
    done = 0
    for first, last, replacement in spans:
        text += [source.text[done:first], replacement]
        begins += source.begins[done:first]
        ends += source.ends[done:first]
        begin, end = source.original_span(first, last)
        begins += [begin] * len(replacement)
        ends += [end] * len(replacement)
        done = last
    text.append(source.text[done:])
    begins += source.begins[done:]
    ends += source.ends[done:]
    return Normalised("".join(text), tuple(begins), tuple(ends))


def _break_long_words(source: Normalised) -> Normalised:
    if not _LONG_WORD.search(source.text):
        return source
    text: list[str] = []
    begins: list[int] = []
    ends: list[int] = []
    done = 0
    for match in _LONG_WORD.finditer(source.text):
        last = match.end()
        text += [source.text[done:last], " "]
        begins += [*source.begins[done:last], source.begins[last - 1]]
        ends += [*source.ends[done:last], source.ends[last - 1]]
        done = last
    text.append(source.text[done:])
    begins += source.begins[done:]
    ends += source.ends[done:]
    return Normalised("".join(text), tuple(begins), tuple(ends))
