"""Reading posts to score: plain text, JSON lines, CSV or Parquet, from a file or standard input."""

import csv
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TextIO

from evaluation.errors import EvaluationError

Format = Literal["text", "jsonl", "csv", "parquet"]

FORMATS: Final[dict[str, Format]] = {
    ".txt": "text",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".parquet": "parquet",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the input. row: counts from 1. problem: why it has no text, or ""."""

    row: int
    id: str | None
    text: str
    problem: str = ""


def read_rows(path: Path | None, kind: Format | None, text: str, id_column: str) -> Iterator[Row]:
    """Rows of `path`, or of standard input if it is None.

    kind: the format; by default told by the file's ending, and plain text for standard input. A
    line of plain text is a post; empty lines are kept, so that rows match lines.
    Raises EvaluationError if the file cannot be read or has no such column.
    """
    if path is not None and not path.is_file():
        raise EvaluationError(f"{path} is not a file")
    kind = kind or (FORMATS.get(path.suffix.lower()) if path else "text")
    if kind is None:
        raise EvaluationError(
            f"{path}: cannot tell the format from the ending: give it with --format "
            f"({', '.join(sorted(set(FORMATS.values())))})"
        )
    if kind == "parquet":
        return _parquet(path, text, id_column)
    return _lines(path, kind, text, id_column)


def _lines(path: Path | None, kind: Format, text: str, id_column: str) -> Iterator[Row]:
    if path is None:
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
        yield from _parse(sys.stdin, kind, text, id_column, "standard input")
        return
    with path.open(
        encoding="utf-8-sig", errors="replace", newline="" if kind == "csv" else None
    ) as f:
        yield from _parse(f, kind, text, id_column, str(path))


def _parse(stream: TextIO, kind: Format, text: str, id_column: str, name: str) -> Iterator[Row]:
    if kind == "text":
        for number, line in enumerate(stream, start=1):
            yield Row(number, None, line.rstrip("\n"))
    elif kind == "jsonl":
        for number, line in enumerate(stream, start=1):
            yield _json_row(number, line, text, id_column)
    else:
        yield from _csv(stream, text, id_column, name)


def _json_row(number: int, line: str, text: str, id_column: str) -> Row:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return Row(number, None, "", "the line is not JSON")
    if not isinstance(value, dict):
        return Row(number, None, "", "the line is not a JSON object")
    own_id = value.get(id_column)
    given = None if own_id is None else str(own_id)
    if not isinstance(value.get(text), str):
        return Row(number, given, "", f"field {text!r} is missing or not a string")
    return Row(number, given, value[text])


def _csv(stream: Iterable[str], text: str, id_column: str, name: str) -> Iterator[Row]:
    csv.field_size_limit(1 << 30)
    rows = csv.DictReader(stream)
    if text not in (rows.fieldnames or ()):
        raise EvaluationError(
            f"{name}: no column {text!r} (found: {', '.join(rows.fieldnames or ['nothing'])}): "
            "name it with --text-column"
        )
    for number, row in enumerate(rows, start=1):
        if row[text] is None:
            yield Row(number, row.get(id_column), "", "the row has too few columns")
        else:
            yield Row(number, row.get(id_column), row[text])


def _parquet(path: Path | None, text: str, id_column: str) -> Iterator[Row]:
    import pyarrow.parquet as pq
    from pyarrow import ArrowInvalid

    if path is None:
        raise EvaluationError("Parquet cannot be read from standard input: give a file")
    try:
        file = pq.ParquetFile(path)
    except (ArrowInvalid, OSError) as error:
        raise EvaluationError(f"{path} is not a Parquet file, or is damaged") from error
    names = file.schema_arrow.names
    if text not in names:
        raise EvaluationError(
            f"{path}: no column {text!r} (found: {', '.join(names)}): name it with --text-column"
        )
    columns = [text, *([id_column] if id_column in names else [])]
    number = 0
    for batch in file.iter_batches(columns=columns):
        for record in batch.to_pylist():
            number += 1
            own_id = record.get(id_column)
            given = None if own_id is None else str(own_id)
            if isinstance(record[text], str):
                yield Row(number, given, record[text])
            else:
                yield Row(number, given, "", f"column {text!r} is empty or not a string")
