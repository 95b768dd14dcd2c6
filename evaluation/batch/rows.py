"""Reading posts to score: plain text, JSON, CSV or Parquet, each row with its place."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, TextIO

from upstander.evaluation.batch.csv_rows import csv_rows
from upstander.evaluation.batch.json_rows import json_lines, json_rows
from upstander.evaluation.batch.opening import (
    STANDARD_INPUT,
    opened_bytes,
    opened_text,
    refuse_unreadable,
)
from upstander.evaluation.batch.parquet_rows import open_parquet, parquet_rows
from upstander.evaluation.batch.row import Columns, Format, Row, checked
from upstander.evaluation.batch.unpacking import COMPRESSED
from upstander.evaluation.errors import EvaluationError

FORMATS: Final[dict[str, Format]] = {
    ".txt": "text",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
}


def read_rows(path: Path | None, columns: Columns) -> Iterator[Row]:
    """Rows of `path`, or of standard input if it is None.

    A line of plain text is a post; empty lines are kept, so that rows match lines. A file may be
    compressed. Raises EvaluationError if the file cannot be read or has no such column.
    """
    if path is not None and not path.is_file():
        raise EvaluationError(f"{path} is not a file")
    kind = columns.kind or (kind_of(path) if path else "text")
    if kind == "parquet" and path is None:
        raise EvaluationError("Parquet cannot be read from standard input: give a file")
    return (checked(row, columns) for row in _rows(path, kind, columns))


def kind_of(path: Path) -> Format:
    """The format, by the ending of a file. Raises EvaluationError if it tells none."""
    kind = FORMATS.get(ending_of(path))
    if kind is None:
        refuse_unreadable(path)
        raise EvaluationError(
            f"{path}: cannot tell the format from the ending: give it with --format "
            f"({', '.join(sorted(set(FORMATS.values())))})"
        )
    return kind


def ending_of(path: Path) -> str:
    """The ending in small letters, without that of compression."""
    name = Path(path.name.lower())
    return (name.with_suffix("") if name.suffix in COMPRESSED else name).suffix


def count_rows(path: Path, columns: Columns) -> int | None:
    """About how many rows a file has: lines, which is too many for a CSV with breaks in texts.

    None of an array of JSON, which may be one line. Raises EvaluationError if it is damaged.
    """
    kind = columns.kind or kind_of(path)
    if kind == "parquet":
        with open_parquet(path) as table:
            rows: int = table.metadata.num_rows
        return rows
    if kind == "json":
        return None
    lines, last = 0, b"\n"
    with opened_bytes(path) as (file, _):
        while piece := file.read(1 << 20):
            lines += piece.count(b"\n")
            last = piece[-1:]
    return lines + (last != b"\n") - (kind == "csv")


def _rows(path: Path | None, kind: Format, columns: Columns) -> Iterator[Row]:
    if kind == "parquet":
        assert path is not None  # noqa: S101
        with open_parquet(path) as table:
            yield from parquet_rows(table, str(path), columns)
        return
    name = STANDARD_INPUT if path is None else str(path)
    with opened_text(path, columns.encoding, is_table=kind == "csv") as stream:
        if kind == "text":
            yield from _text(stream)
        elif kind == "jsonl":
            yield from json_lines(stream, columns)
        elif kind == "json":
            yield from json_rows(stream, columns, name)
        else:
            usual = "\t" if path and ending_of(path) == ".tsv" else ","
            yield from csv_rows(stream, columns, name, usual)


def _text(stream: TextIO) -> Iterator[Row]:
    for number, line in enumerate(stream, start=1):
        yield Row(number, None, line.removesuffix("\n").removesuffix("\r"), line=number)
