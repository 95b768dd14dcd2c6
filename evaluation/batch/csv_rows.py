"""Reading CSV: the delimiter is detected, and a bad row does not stop the file."""

import csv
import re
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Final, TextIO

from upstander.evaluation.batch.row import Columns, Row, check_columns
from upstander.evaluation.errors import EvaluationError

DELIMITERS: Final = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
"""What is looked for in a header, and what people call it."""

_LONGEST: Final = 1 << 24
"""Characters of a row; a quote that is still open then was a wrong one."""

_LONE_QUOTE: Final = re.compile(r'(?:[^"]|"")*+"')
"""Up to the first quote that is not one of two."""


def delimiter_of(given: str) -> str:
    r"""A delimiter as a person gives it: itself, its name, or `\t`.

    Raises EvaluationError if it is none.
    """
    names = {name: sign for sign, name in DELIMITERS.items()} | {r"\t": "\t"}
    delimiter = names.get(given.lower(), given)
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise EvaluationError(
            f"--delimiter {given!r}: give one character, or {', '.join(DELIMITERS.values())}"
        )
    return delimiter


def csv_rows(stream: TextIO, columns: Columns, name: str, usual: str = ",") -> Iterator[Row]:
    """The rows of a table; blank lines are none.

    name: as errors call the file. usual: the delimiter where the header fits several.
    A row with more or fewer fields than the header is a bad one: its text or its label may be cut
    or be another's. Raises EvaluationError if the header lacks a column.
    """
    csv.field_size_limit(1 << 30)
    lines = _Lines(stream)
    delimiter, header = _header(lines, columns, name, usual)
    check_columns(name, header, columns)
    text = header.index(columns.text)
    own_id = header.index(columns.id) if columns.id in header else None
    others = [(other, header.index(other)) for other in columns.fields_of(header)]
    for number, (values, problem) in enumerate(_records(lines, delimiter, len(header)), start=1):
        if problem:
            # The first field is where it belongs, whatever happened behind it.
            given = values[0] if values and own_id == 0 else None
            yield Row(number, given, "", problem, lines.number)
        else:
            yield Row(
                number,
                None if own_id is None else values[own_id],
                values[text],
                line=lines.number,
                fields={other: values[place] for other, place in others},
            )


def _header(lines: "_Lines", columns: Columns, name: str, usual: str) -> tuple[str, list[str]]:
    """The delimiter, and the names of the columns.

    It is the one by which there are the columns that are wanted; of several the one that makes most
    columns.
    """
    wanted = set(columns.needed)
    found: dict[str, list[str]] = {}
    for delimiter in [columns.delimiter] if columns.delimiter else [usual, *DELIMITERS]:
        lines.begin()
        try:
            found[delimiter] = next(filter(None, _reader(lines, delimiter)), [])
        except csv.Error:
            found[delimiter] = []
        lines.give_back(0)
    best = max(found, key=lambda sign: (wanted <= set(found[sign]), len(found[sign])))
    lines.begin()
    try:
        next(filter(None, _reader(lines, best)), None)
    except csv.Error as error:
        raise EvaluationError(
            f"{name}: the header is not CSV ({error}): mend the quotes in its first lines"
        ) from error
    return best, found[best]


def _records(lines: "_Lines", delimiter: str, width: int) -> Iterator[tuple[Sequence[str], str]]:
    """The fields of each row, and what is wrong with it, or ""."""
    reader = _reader(lines, delimiter)
    sign = DELIMITERS.get(delimiter, delimiter)
    while True:
        lines.begin()
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if lines.is_over or (len(lines.taken) > 1 and _opens(lines.taken[-1], delimiter)):
                lines.give_back(1)
                yield (), "a quote opens a field here and does not close it: mend the quotes"
            else:
                yield (), f"not CSV ({error}): mend the quotes"
            continue
        if not values:
            continue
        spaced = [value for value in values if value.startswith(" ")]
        if spaced and any(_is_spaced(value, "".join(lines.taken), delimiter) for value in spaced):
            yield values, "a space before a quote makes the quote a part of the text: remove it"
        elif len(values) != width:
            yield values, _wrong_width(len(values), width, sign)
        else:
            yield values, ""


def _wrong_width(fields: int, width: int, sign: str) -> str:
    if fields < width:
        return "the row has too few columns"
    return (
        f"the row has {fields} fields and the header {width}: put quotes round a field that has a "
        f"{sign} or a line break in it"
    )


def _opens(line: str, delimiter: str) -> bool:
    """Whether the quote at which an open field ended looks like one that opens the next field.

    Then the field was opened by mistake, or not closed where it should have been, lines before.
    """
    quote = _LONE_QUOTE.match(line)
    if quote is None:
        return False
    before = line[: quote.end() - 1]
    return not before or before.endswith(delimiter)


def _is_spaced(value: str, row: str, delimiter: str) -> bool:
    """Whether a field that begins with a space has a quote next that was to open it."""
    begin = value[: len(value) - len(value.lstrip(" ")) + 1]
    return begin.endswith('"') and (row.startswith(begin) or delimiter + begin in row)


def _reader(lines: "_Lines", delimiter: str) -> Iterator[list[str]]:
    return csv.reader(lines, delimiter=delimiter, strict=True)


class _Lines(Iterator[str]):
    """The lines of a stream, of which some can be given back.

    taken: since `begin`. number: how many lines of the file were taken. is_over: whether a row
    wanted more lines than there are, or than it may have.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._waiting: deque[str] = deque()
        self.number = 0
        self.begin()

    def begin(self) -> None:
        """Begin a row."""
        self.taken: list[str] = []
        self._size = 0
        self.is_over = False

    def give_back(self, kept: int) -> None:
        """Have the lines that were taken come once more, but for the first ones."""
        self._waiting.extendleft(reversed(self.taken[kept:]))
        self.number -= len(self.taken) - kept

    def __next__(self) -> str:
        if self._size > _LONGEST:
            self.is_over = True
            raise csv.Error("a row without end")
        try:
            line = self._waiting.popleft() if self._waiting else next(self._stream)
        except StopIteration:
            self.is_over = True
            raise
        self.taken.append(line)
        self._size += len(line)
        self.number += 1
        return line
