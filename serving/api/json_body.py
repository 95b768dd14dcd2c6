"""A JSON parser for large bodies that does not hold the interpreter lock for long."""

import json
import re
from collections.abc import Callable
from json import scanner
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any, Final

from upstander.serving.errors import InvalidRequest

LARGE: Final = 64 * 1024
"""Bytes from which on a body is read beside the event loop; a smaller one takes a millisecond."""

MAX_VALUES: Final = 100_000
"""In one body; each costs memory and time, however few bytes it has."""

_PIECE: Final = re.compile(
    r'(?:[^"\\]{1,64}|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}'
    r'|\\(?:u[0-9a-fA-F]{4}|["\\/bfnrt])){0,1024}'
)
"""A part of a string in JSON that cuts no escape in two, and no pair of them that is one character:
C reads it in a millisecond."""

_Scan = Callable[[str, int], tuple[Any, int]]


class _Decoder(json.JSONDecoder):
    """Walks through lists and objects in Python, and reads strings in C, a piece at a time.

    A parser in C holds the interpreter lock until the whole body is read, and the event loop waits
    as long, on whatever thread that is done.
    """

    def __init__(self) -> None:
        super().__init__()
        self._left = MAX_VALUES
        parser: Any = self  # the types of the library leave out what it is made of
        read_array, read_object = parser.parse_array, parser.parse_object
        parser.parse_array = lambda place, scan, *rest: read_array(
            place, self._counted(scan), *rest
        )
        parser.parse_object = lambda place, strict, scan, *rest: read_object(
            place, strict, self._counted(scan), *rest
        )
        parser.parse_string = _string_of
        parser.scan_once = scanner.py_make_scanner(self)  # type: ignore[attr-defined]

    def _counted(self, scan: _Scan) -> _Scan:
        def scan_next(text: str, place: int) -> tuple[Any, int]:
            self._left -= 1
            if self._left < 0:
                raise InvalidRequest(
                    f"The body has over {MAX_VALUES:,} values: send fewer posts in one request."
                )
            return scan(text, place)

        return scan_next


def _string_of(text: str, place: int, strict: bool) -> tuple[str, int]:
    """A string that begins at a place, and where it ends; a long one a piece at a time."""
    pieces: list[str] = []
    while (end := _PIECE.match(text, place).end()) > place:  # type: ignore[union-attr]
        pieces.append(scanstring(text[place:end] + '"', 0, strict)[0])
        place = end
    found, end = scanstring(text, place, strict)  # the end, or what is wrong
    return "".join((*pieces, found)), end


def json_of(body: bytes) -> Any:
    """The value of a body, in which lone surrogates stay as they are.

    Raises ValueError or RecursionError if it is not JSON in UTF-8, and InvalidRequest if it has too
    many values.
    """
    return _Decoder().decode(body.decode())
