"""Reading JSON: an object per line, or one array of objects."""

import json
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, Final, TextIO

from upstander.evaluation.batch.row import Columns, Row, row_of
from upstander.evaluation.errors import EvaluationError

_CHARACTERS: Final = 1 << 20
_SPACE: Final = re.compile(r"[ \t\r\n]*")
_ABSENT: Final = object()


def json_lines(lines: Iterable[str], columns: Columns) -> Iterator[Row]:
    """An object a line."""
    for number, line in enumerate(lines, start=1):
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            yield Row(number, None, "", "the line is not JSON", number)
            continue
        yield _row(value, number, number, "the line", columns)


def json_rows(stream: TextIO, columns: Columns, name: str) -> Iterator[Row]:
    """The objects of an array; if it is none, those of lines, for which the ending is used too.

    An array is read a piece at a time. Raises EvaluationError where it is no JSON: what follows
    cannot be told apart.
    """
    head = stream.read(_CHARACTERS)
    if head.lstrip().startswith("["):
        yield from _elements(_Pieces(head, stream, name), columns)
        return
    *lines, last = head.split("\n")
    if lines and lines[0].strip() == "{":
        raise EvaluationError(
            f"{name} is one JSON object: make it an array of posts, or an object a line"
        )
    last += stream.readline()
    yield from json_lines(chain(lines, [last] if last else [], stream), columns)


def _elements(pieces: "_Pieces", columns: Columns) -> Iterator[Row]:
    pieces.skip("[")
    value = pieces.value(or_end=True)
    number = 0
    while value is not _ABSENT:
        number += 1
        yield _row(value, number, pieces.line, "the element", columns)
        value = pieces.value() if pieces.skip(",", "]") == "," else _ABSENT
    pieces.expect_end()


class _Pieces:
    """An array of which a part is in memory. line: of the file, up to where it was read."""

    def __init__(self, head: str, stream: TextIO, name: str) -> None:
        self._text = head
        self._place = 0
        self._stream = stream
        self._name = name
        self._decoder = json.JSONDecoder()
        self._size = _CHARACTERS
        self.line = 1

    def skip(self, *signs: str) -> str:
        """Go behind the next sign, which must be one of these; which it was."""
        self._skip_space()
        sign = self._text[self._place : self._place + 1]
        if sign not in signs:
            raise self._error()
        self._go_to(self._place + 1)
        return sign

    def value(self, *, or_end: bool = False) -> Any:
        """The next value. or_end: none if the array ends here."""
        self._skip_space()
        if or_end and self._text.startswith("]", self._place):
            self._go_to(self._place + 1)
            return _ABSENT
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._place)
            except (ValueError, RecursionError):
                end = len(self._text)
            else:
                if end < len(self._text):
                    self._go_to(end)
                    return value
            if not self._more():
                raise self._error()

    def expect_end(self) -> None:
        """Raise EvaluationError if anything follows."""
        self._skip_space()
        if self._place < len(self._text):
            raise self._error()

    def _skip_space(self) -> None:
        while True:
            space = _SPACE.match(self._text, self._place)
            self._go_to(space.end() if space else self._place)
            if self._place < len(self._text) or not self._more():
                return

    def _go_to(self, place: int) -> None:
        self.line += self._text.count("\n", self._place, place)
        self._place = place

    def _more(self) -> bool:
        """Read on; each time more, so that a long value costs no more than its length."""
        if self._place:
            self._text, self._place, self._size = self._text[self._place :], 0, _CHARACTERS
        more = self._stream.read(self._size)
        self._size *= 2
        self._text += more
        return bool(more)

    def _error(self) -> EvaluationError:
        return EvaluationError(
            f"{self._name}, from line {self.line} on: no JSON array: mend it, or write an object a "
            "line, where a bad one stops nothing"
        )


def _row(value: object, number: int, line: int, what: str, columns: Columns) -> Row:
    if not isinstance(value, dict):
        return Row(number, None, "", f"{what} is not a JSON object", line)
    return row_of(value, number, line, columns)
