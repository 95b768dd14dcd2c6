"""Reading Parquet in batches."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from upstander.evaluation.batch.row import Columns, Row, check_columns, row_of
from upstander.evaluation.batch.unpacking import form_of
from upstander.evaluation.errors import EvaluationError

_ROWS_AT_A_TIME: Final = 1024


@contextmanager
def open_parquet(path: Path) -> Iterator[Any]:
    """A file as `pyarrow.parquet.ParquetFile`. Raises EvaluationError if it is none."""
    import pyarrow.parquet as pq
    from pyarrow import ArrowInvalid

    # Opened here, because pyarrow knows no path that is not UTF-8.
    with path.open("rb") as file:
        try:
            # Read as a stream: a row group may be larger than what fits in memory.
            table = pq.ParquetFile(file, pre_buffer=False, buffer_size=1 << 20)
        except (ArrowInvalid, OSError) as error:
            file.seek(0)
            if form := form_of(file.read(10)):
                raise EvaluationError(f"{path} is compressed with {form}: unpack it") from error
            raise EvaluationError(
                f"{path} is not a Parquet file, or was cut off: write it or copy it again"
            ) from error
        yield table


def parquet_rows(file: Any, name: str, columns: Columns) -> Iterator[Row]:
    """The rows of an open `pyarrow.parquet.ParquetFile`. Raises EvaluationError if it is damaged.

    name: as errors call it.
    """
    from pyarrow import ArrowInvalid

    names = file.schema_arrow.names
    check_columns(name, names, columns)
    read = columns.read_of(names)
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
