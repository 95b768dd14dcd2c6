"""One row of the input, and how the columns of a file are to be read."""

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from upstander.evaluation.errors import EvaluationError

Format = Literal["text", "jsonl", "json", "csv", "parquet"]

_HALVES: Final = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the input.

    row: counts from 1. line: where it ends in the file, which is another number in a CSV whose
        texts have line breaks. problem: why it has no text, or "". file: what it is a row of.
    fields: the other columns that were asked for, of those that the row has.
    """

    row: int
    id: str | None
    text: str
    problem: str = ""
    line: int = 0
    file: str = ""
    fields: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Columns:
    """How a file is to be read.

    text, id: columns or fields. kind: the format; None tells it by the file's ending. encoding: of
        text, JSON and CSV. longest: characters of the longest text that is scored.
    others: more columns to read. delimiter: of CSV; None tells it by the header.
    needs_id: whether a row without the column `id` is a bad one. everything: whether all columns
        are read, that of the text among them.
    """

    text: str = "text"
    id: str = "id"
    kind: Format | None = None
    encoding: str = "utf-8"
    longest: int = 100_000
    others: tuple[str, ...] = ()
    delimiter: str | None = None
    needs_id: bool = False
    everything: bool = False

    @property
    def needed(self) -> tuple[str, ...]:
        """Every column that a table must have."""
        named = (self.text, *self.others, *((self.id,) if self.needs_id else ()))
        return tuple(dict.fromkeys(named))

    def fields_of(self, there: Collection[str]) -> list[str]:
        """The columns that become fields of a row, of those that are there."""
        if self.everything:
            return [name for name in there if name != self.id]
        return [name for name in self.others if name in there]

    def read_of(self, there: Iterable[str]) -> list[str]:
        """The columns of a table that are read at all."""
        names = [*there]
        if self.everything:
            return names
        return list(dict.fromkeys((*self.needed, *({self.id} & set(names)))))


def checked(row: Row, columns: Columns) -> Row:
    """The row, with a problem if it cannot be scored, or its answer not be written, as it is.

    An id that cannot be written is taken from it: half a character is in no UTF-8.
    """
    problem = row.problem
    if row.id is not None and (wrong := _wrong(row.id, columns, "the id is ")):
        row, problem = replace(row, id=None), problem or wrong
    problem = problem or _wrong(row.text, columns, "")
    for name, value in row.fields.items():
        if not problem and _HALVES.search(_as_text(value)):
            problem = f"column {name!r} is {_half(columns)}"
    return row if problem == row.problem else replace(row, text="", problem=problem)


def _as_text(value: object) -> str:
    """Every character of a field."""
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str)
    return value if isinstance(value, str) else ""


def is_whole(text: str) -> bool:
    """Whether a text has no half of a character, which no UTF-8 can hold."""
    return _HALVES.search(text) is None


def _wrong(text: str, columns: Columns, what: str) -> str:
    """What is wrong with a text or an id, or ""."""
    if _HALVES.search(text):
        return what + _half(columns)
    if len(text) > columns.longest:
        return (
            f"{what}{len(text):,} characters, and the longest text that is scored has "
            f"{columns.longest:,}: cut it up, or raise --max-characters"
        )
    return ""


def _half(columns: Columns) -> str:
    return f"not {columns.encoding}, or half a character: convert the file, or give --encoding"


def row_of(
    value: Mapping[str, object],
    number: int,
    line: int,
    columns: Columns,
    missing: str = "field {!r} is missing",
) -> Row:
    """A JSON object, or a record of a table, as a row. missing: what is said of what it lacks."""
    if columns.needs_id and columns.id not in value:
        return Row(number, None, "", missing.format(columns.id), line)
    own_id = value.get(columns.id)
    if isinstance(own_id, dict | list):
        return Row(number, None, "", f"{columns.id!r} is no string and no number", line)
    given = None if own_id is None else str(own_id)
    text = value.get(columns.text)
    if not isinstance(text, str):
        return Row(number, given, "", f"{missing.format(columns.text)} or not a string", line)
    fields = {name: value[name] for name in columns.fields_of(value)}
    return Row(number, given, text, line=line, fields=fields)


def check_columns(name: str, found: Iterable[str], columns: Columns) -> None:
    """Raises EvaluationError unless a table has exactly one column of each name that is needed.

    name: as errors call the table. The id may be missing unless it was asked for, and no more.
    """
    there = list(found)
    read = there if columns.everything else (*columns.needed, columns.id)
    for wanted in dict.fromkeys(read):
        if there.count(wanted) > 1:
            raise EvaluationError(
                f"{name}: {there.count(wanted)} columns are called {wanted!r}: rename all but one"
            )
    for wanted in columns.needed:
        if wanted not in there:
            hint = "check its spelling"
            if wanted == columns.text:
                hint = "name the column that holds the texts with --text-column"
            raise EvaluationError(
                f"{name}: no column {wanted!r} (found: {', '.join(there) or 'nothing'}): {hint}"
            )
