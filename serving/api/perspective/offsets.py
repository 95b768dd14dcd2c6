"""Offsets in UTF-16 code units, which is how Perspective's clients count."""

from collections.abc import Iterable, Iterator


def units(text: str) -> int:
    """Length in UTF-16 code units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def places_in_units(text: str, places: Iterable[int]) -> Iterator[int]:
    """Places in a text, each at or after the one before it, in UTF-16 code units."""
    last = total = 0
    for place in places:
        total += units(text[last:place])
        last = place
        yield total
