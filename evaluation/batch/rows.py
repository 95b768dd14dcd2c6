"""Reading posts to score: plain text, JSON lines, CSV or Parquet, or a data set by name."""

import csv
import gzip
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal, TextIO, cast

from evaluation.errors import EvaluationError

Format = Literal["text", "jsonl", "csv", "parquet"]

FORMATS: Final[dict[str, Format]] = {
    ".txt": "text",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".parquet": "parquet",
}

_HALVES: Final = re.compile("[\ud800-\udfff]")
_MARKS: Final = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_ROWS_AT_A_TIME: Final = 1024


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the input.

    row: counts from 1. line: where it ends in the file, which is another number in a CSV whose
        texts have line breaks. problem: why it has no text, or "". file: what it is a row of.
    fields: the other columns that were asked for.
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
        text, JSON lines and CSV. longest: characters of the longest text that is scored.
    others: more columns to read.
    """

    text: str = "text"
    id: str = "id"
    kind: Format | None = None
    encoding: str = "utf-8"
    longest: int = 100_000
    others: tuple[str, ...] = ()


def read_rows(path: Path | None, columns: Columns) -> Iterator[Row]:
    """Rows of `path`, or of standard input if it is None.

    A line of plain text is a post; empty lines are kept, so that rows match lines. A file may be
    compressed (`.gz`). Raises EvaluationError if the file cannot be read or has no such column.
    """
    if path is not None and not path.is_file():
        raise EvaluationError(f"{path} is not a file")
    kind = columns.kind or (kind_of(path) if path else "text")
    found = _parquet(path, columns) if kind == "parquet" else _lines(path, kind, columns)
    return (checked(row, columns) for row in found)


def kind_of(path: Path) -> Format:
    """The format, by the ending of a file. Raises EvaluationError if it tells none."""
    ending = path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix
    kind = FORMATS.get(ending.lower())
    if kind is None:
        raise EvaluationError(
            f"{path}: cannot tell the format from the ending: give it with --format "
            f"({', '.join(sorted(set(FORMATS.values())))})"
        )
    return kind


def count_rows(path: Path, columns: Columns) -> int:
    """About how many rows a file has: lines, which is too many for a CSV with breaks in texts."""
    kind = columns.kind or kind_of(path)
    if kind == "parquet":
        rows: int = _open_parquet(path).metadata.num_rows
        return rows
    lines, last = 0, b"\n"
    with _open_bytes(path) as file:
        while piece := file.read(1 << 20):
            lines += piece.count(b"\n")
            last = piece[-1:]
    return lines + (last != b"\n") - (kind == "csv")


def _open_bytes(path: Path) -> Any:
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")


def checked(row: Row, columns: Columns) -> Row:
    """The row, with a problem if its text cannot be scored as it is."""
    if row.problem or not row.text:
        return row
    if _HALVES.search(row.text):
        problem = (
            f"not {columns.encoding}, or half a character: convert the file, or give --encoding"
        )
    elif len(row.text) > columns.longest:
        problem = (
            f"{len(row.text):,} characters, and the longest text that is scored has "
            f"{columns.longest:,}: cut it up, or raise --max-characters"
        )
    else:
        return row
    return replace(row, text="", problem=problem)


def _lines(path: Path | None, kind: Format, columns: Columns) -> Iterator[Row]:
    encoding = "utf-8-sig" if columns.encoding.lower() in ("utf-8", "utf8") else columns.encoding
    # Bytes that do not decode become halves of characters, which `checked` then finds in their row.
    if path is None:
        stdin = cast("Any", sys.stdin)
        stdin.reconfigure(encoding=encoding, errors="surrogateescape")
        yield from _parse(sys.stdin, kind, columns, "standard input")
        return
    with _open_bytes(path) as file:
        mark = _MARKS.get(file.read(2))
    if mark and encoding == "utf-8-sig":
        raise EvaluationError(f"{path} is not UTF-8: give --encoding {mark}")
    newline = "" if kind == "csv" else None
    opening: Callable[..., TextIO] = gzip.open if path.suffix == ".gz" else open
    try:
        with opening(
            path, "rt", encoding=encoding, errors="surrogateescape", newline=newline
        ) as stream:
            yield from _parse(stream, kind, columns, str(path))
    except LookupError as error:
        raise EvaluationError(
            f"--encoding {columns.encoding}: there is no such encoding"
        ) from error
    except (UnicodeError, EOFError, gzip.BadGzipFile) as error:
        raise EvaluationError(
            f"{path} is cut off or damaged, or not {encoding}: {error}"
        ) from error


def _parse(stream: TextIO, kind: Format, columns: Columns, name: str) -> Iterator[Row]:
    if kind == "text":
        for number, line in enumerate(stream, start=1):
            yield Row(number, None, line.rstrip("\n"), line=number)
    elif kind == "jsonl":
        for number, line in enumerate(stream, start=1):
            yield _json_row(number, line, columns)
    else:
        yield from _csv(stream, columns, name)


def _json_row(number: int, line: str, columns: Columns) -> Row:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return Row(number, None, "", "the line is not JSON", number)
    if not isinstance(value, dict):
        return Row(number, None, "", "the line is not a JSON object", number)
    own_id = value.get(columns.id)
    given = None if own_id is None else str(own_id)
    if not isinstance(value.get(columns.text), str):
        problem = f"field {columns.text!r} is missing or not a string"
        return Row(number, given, "", problem, number)
    fields = {name: value.get(name) for name in columns.others}
    return Row(number, given, value[columns.text], line=number, fields=fields)


def _csv(stream: Iterable[str], columns: Columns, name: str) -> Iterator[Row]:
    csv.field_size_limit(1 << 30)
    rows = csv.DictReader(stream, strict=True)  # or an open quote swallows the rest
    for wanted in (columns.text, *columns.others):
        check_column(name, rows.fieldnames or ["nothing"], wanted)
    number = 0
    try:
        for number, row in enumerate(rows, start=1):
            given = row.get(columns.id)
            if row[columns.text] is None:
                yield Row(number, given, "", "the row has too few columns", rows.line_num)
            else:
                fields = {name: row[name] for name in columns.others}
                yield Row(number, given, row[columns.text], line=rows.line_num, fields=fields)
    except csv.Error as error:
        raise EvaluationError(
            f"{name}, after line {rows.line_num}: not CSV ({error}): mend the quotes"
        ) from error


def check_column(name: str, found: Iterable[str], wanted: str) -> None:
    """Raises EvaluationError unless there is exactly one such column."""
    columns = list(found)
    if columns.count(wanted) > 1:
        raise EvaluationError(
            f"{name}: {columns.count(wanted)} columns are called {wanted!r}: rename all but one"
        )
    if wanted not in columns:
        raise EvaluationError(
            f"{name}: no column {wanted!r} (found: {', '.join(columns)}): name the one of the text "
            "with --text-column, and others as they are"
        )


def _open_parquet(path: Path) -> Any:
    import pyarrow.parquet as pq
    from pyarrow import ArrowInvalid

    try:
        # Read as a stream: a row group may be larger than what fits in memory.
        return pq.ParquetFile(path, pre_buffer=False, buffer_size=1 << 20)
    except (ArrowInvalid, OSError) as error:
        raise EvaluationError(
            f"{path} is not a Parquet file, or was cut off: write it or copy it again"
        ) from error


def _parquet(path: Path | None, columns: Columns) -> Iterator[Row]:
    if path is None:
        raise EvaluationError("Parquet cannot be read from standard input: give a file")
    yield from parquet_rows(_open_parquet(path), str(path), columns)


def parquet_rows(file: Any, name: str, columns: Columns) -> Iterator[Row]:
    """The rows of an open `pyarrow.parquet.ParquetFile`. Raises EvaluationError if it is damaged.

    name: as errors call it.
    """
    from pyarrow import ArrowInvalid

    names = file.schema_arrow.names
    for wanted in (columns.text, *columns.others):
        check_column(name, names, wanted)
    read = [*{columns.text, *columns.others, *({columns.id} & set(names))}]
    number = 0
    try:
        for batch in file.iter_batches(batch_size=_ROWS_AT_A_TIME, columns=read):
            for record in batch.to_pylist():
                number += 1
                yield row_of(number, record, columns)
    except (ArrowInvalid, OSError) as error:
        raise EvaluationError(
            f"{name} is damaged after row {number:,}: write it or copy it again"
        ) from error


def row_of(number: int, record: dict[str, Any], columns: Columns) -> Row:
    """A record of a table that has the column of the text as a row."""
    own_id = record.get(columns.id)
    given = None if own_id is None else str(own_id)
    if not isinstance(record[columns.text], str):
        problem = f"column {columns.text!r} is empty or not a string"
        return Row(number, given, "", problem, number)
    fields = {name: record.get(name) for name in columns.others}
    return Row(number, given, record[columns.text], line=number, fields=fields)
