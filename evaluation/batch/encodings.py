"""Detecting text encodings, and refusing one that does not fit the bytes."""

import codecs
from typing import Final

from upstander.evaluation.errors import EvaluationError

_MARKS: Final = (  # the mark of UTF-32 begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8"),
)

_WIDE: Final = ("utf-16", "utf-32")
_TELLING: Final = 16
"""Bytes that are not UTF-8 by chance."""

_HALVES: Final = "upstander.halves"


def _as_halves(error: UnicodeError) -> tuple[str, int]:
    """Bytes that do not decode as halves of characters, which are then found in their row.

    `surrogateescape` raises for bytes under 128, which UTF-16 has in what does not decode.
    """
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return "".join(chr(0xDC00 + byte) for byte in wrong), error.end


codecs.register_error(_HALVES, _as_halves)

ERRORS: Final = _HALVES
"""How text is to be decoded, so that a bad byte makes a bad row and no row is lost."""


def codec_of(encoding: str) -> str:
    """The name by which Python knows an encoding. Raises EvaluationError if it knows none."""
    try:
        known = codecs.lookup(encoding)
        "".encode(encoding)  # base64 and the like are codecs too, but not of text
    except (LookupError, ValueError) as error:
        raise EvaluationError(
            f"--encoding {encoding}: there is no such encoding: give one such as utf-8, utf-16, "
            "cp1252 or shift_jis"
        ) from error
    return known.name


def codec_for(encoding: str, head: bytes, name: str) -> str:
    """The codec to read a file with.

    head: its first bytes. name: as errors call it. Raises EvaluationError if the bytes are clearly
    of another encoding than that: it would make text of them, and nobody would see that it is none.
    """
    codec = codec_of(encoding)
    wide = next((family for family in _WIDE if codec.startswith(family)), "")
    mark = next((of for first, of in _MARKS if head.startswith(first)), "")
    if mark:
        if mark not in (wide, codec.removesuffix("-sig")):
            raise EvaluationError(
                f"{name} is not {encoding}, by the mark that it begins with: give --encoding {mark}"
            )
        return mark if wide else "utf-8-sig"
    found = _by_zeros(head)
    if not wide:
        if found:
            raise EvaluationError(
                f"{name} is not {encoding}: it has zeros where {found} has them: give --encoding "
                f"{found}"
            )
        return codec
    if not found and _is_utf8(head):
        found = "utf-8"
    if codec == wide and head:
        raise EvaluationError(
            f"{name} has no mark, by which {wide} says the order of its bytes: give --encoding "
            f"{found or f'{wide}-le or {wide}-be'}"
        )
    # A few Chinese characters of UTF-16 may be UTF-8 by chance.
    if found not in ("", codec) and len(head) >= _TELLING:
        raise EvaluationError(f"{name} is not {encoding}: give --encoding {found}")
    return codec


def _by_zeros(head: bytes) -> str:
    """UTF-16 or UTF-32 without a mark, by where the zero bytes lie; "" if it is neither.

    Text in any other encoding has none, but for a stray one.
    """
    whole = len(head) // 4
    if whole:
        zeros = [head[place : 4 * whole : 4].count(0) for place in range(4)]
        if zeros[3] == whole and zeros[2] >= 0.9 * whole:
            return "utf-32-le"
        if zeros[0] == whole and zeros[1] >= 0.9 * whole:
            return "utf-32-be"
    lines, zeros_there = head.count(b"\n"), head.count(0)
    for guess, place in (("utf-16-le", 1), ("utf-16-be", 0)):
        # Line breaks, which are two bytes there, tell it from a stray zero. A byte of another
        # character may look like one.
        decoded = head[: len(head) // 2 * 2].decode(guess, "replace").count("\n")
        of_letters = head[place::2].count(0)
        is_latin = of_letters * 5 >= len(head) and of_letters >= 0.9 * zeros_there
        if zeros_there and (decoded >= 0.5 * lines if lines else is_latin):
            return guess
    return ""


def _is_utf8(head: bytes) -> bool:
    """Whether bytes are UTF-8, but for a character that they may end within."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(head)
    except UnicodeDecodeError:
        return False
    return True
