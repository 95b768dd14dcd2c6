"""Offsets in UTF-16 code units, which is how Perspective's clients count."""


def units(text: str) -> int:
    """Length in UTF-16 code units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2
