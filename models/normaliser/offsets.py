"""A text that remembers which stretch of the original every character came from."""

from dataclasses import dataclass, replace
from typing import Final

_COUNT: Final = tuple(range(8193))
"""Slices of it are the maps of unchanged texts: 20 times cheaper than a range made into a tuple."""

Edit = tuple[int, int, str]
"""begin, end and replacement: `text[begin:end]` becomes the replacement."""


@dataclass(frozen=True, slots=True)
class Normalised:
    """A normalised text.

    text: what the tokenizer reads.
    begins, ends: for each character of `text`, the stretch of the original that it stands for, in
        code points, end exclusive; both have the length of `text` and never decrease.
    obfuscated: whether something was undone that hides words from a filter.
    """

    text: str
    begins: tuple[int, ...]
    ends: tuple[int, ...]
    obfuscated: bool = False

    def original_span(self, begin: int, end: int) -> tuple[int, int]:
        """The stretch of the original text behind `text[begin:end]`, a non-empty slice."""
        return self.begins[begin], self.ends[end - 1]


def unchanged(text: str) -> Normalised:
    """The text as it is, every character standing for itself."""
    length = len(text)
    if length < len(_COUNT):
        return Normalised(text, _COUNT[:length], _COUNT[1 : length + 1])
    return Normalised(text, tuple(range(length)), tuple(range(1, length + 1)))


def edited(source: Normalised, edits: list[Edit], *, obfuscated: bool = False) -> Normalised:
    """`source` after `edits`, which are in order and do not overlap.

    Each character of a replacement stands for all of the original that its edit replaced.
    """
    if not edits:
        return source
    text: list[str] = []
    begins: list[int] = []
    ends: list[int] = []
    done = 0
    for first, last, replacement in edits:
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
    result = Normalised("".join(text), tuple(begins), tuple(ends), source.obfuscated)
    return replace(result, obfuscated=True) if obfuscated else result
