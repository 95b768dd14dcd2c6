"""Parquet, a few rows at a time."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from evaluation.batch.row import Columns, Row, check_columns, row_of
from evaluation.batch.unpacking import form_of
from evaluation.errors import EvaluationError

_ROWS_AT_A_TIME: Final = 1024


def open_parquet(path: Path) -> Any:
    """A file as `pyarrow.parquet.ParquetFile`. Raises EvaluationError if it is none."""
    import pyarrow.parquet as pq
    from pyarrow import ArrowInvalid

    try:
        # Read as a stream: a row group may be larger than what fits in memory. Opened here, because
        # pyarrow knows no path that is not UTF-8.
        return pq.ParquetFile(path.open("rb"), pre_buffer=False, buffer_size=1 << 20)
    except (ArrowInvalid, OSError) as error:
        with path.open("rb") as file:
            form = form_of(file.read(10))
        if form:
            raise EvaluationError(f"{path} is compressed with {form}: unpack it") from error
        raise EvaluationError(
            f"{path} is not a Parquet file, or was cut off: write it or copy it again"
        ) from error


def parquet_rows(file: Any, name: str, columns: Columns) -> Iterator[Row]:
    """The rows of an open `pyarrow.parquet.ParquetFile`. Raises EvaluationError if it is damaged.

    name: as errors call it.
    """
    from pyarrow import ArrowInvalid

    names = file.schema_arrow.names
    check_columns(name, names, columns)
    read = [*{*columns.needed, *({columns.id} & set(names))}]
    number = 0
    try:
        for batch in file.iter_batches(batch_size=_ROWS_AT_A_TIME, columns=read):
            for record in batch.to_pylist():
                number += 1
                yield record_row(record, number, columns)
    except (ArrowInvalid, OSError, UnicodeDecodeError) as error:
        raise EvaluationError(
            f"{name} is damaged after row {number:,}: write it or copy it again"
        ) from error


def record_row(record: dict[str, Any], number: int, columns: Columns) -> Row:
    """A record of a table as a row."""
    return row_of(record, number, number, columns, "column {!r} is empty")
