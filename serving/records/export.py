"""Exporting records as JSON lines, CSV or Parquet."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

from upstander.models.files import replacing
from upstander.models.spreadsheet import cell
from upstander.serving.records.archive import Record
from upstander.serving.records.reviewed import LAST_REVIEW

Form = Literal["jsonl", "csv", "parquet"]

_PIECE: Final = 10_000
_HIDDEN: Final = frozenset({"id"})
"""Columns that mean something inside the store only."""


def export_records(records: Iterable[Record], out: Path, form: Form) -> int:
    """Write records to a file, which appears once it is whole; how many.

    In CSV and Parquet what has parts of its own, such as the scores, is JSON in a column. In CSV no
    cell is run as a formula by a spreadsheet. Only its owner may read a new file.
    """
    writers = {"jsonl": _jsonl, "csv": _csv, "parquet": _parquet}
    with replacing(out, private=True) as path:
        return writers[form](records, path)


def plain(record: Record) -> dict[str, Any]:
    """A record as JSON has it."""
    return {name: _plain(value) for name, value in record.items() if name not in _HIDDEN}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds") + "Z"
    return value


def _flat(record: Record) -> dict[str, Any]:
    return {
        name: json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
        for name, value in plain(record).items()
    }


def _jsonl(records: Iterable[Record], path: Path) -> int:
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for record in records:
            file.write(json.dumps(plain(record), ensure_ascii=False) + "\n")
            count += 1
    return count


def _csv(records: Iterable[Record], path: Path) -> int:
    from upstander.serving.store.tables import DECISIONS

    names = [column.name for column in DECISIONS.columns if column.name not in _HIDDEN]
    place = names.index("reviewed") + 1
    names[place:place] = LAST_REVIEW
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.DictWriter(file, names)
        rows.writeheader()
        for record in records:
            rows.writerow({name: cell(value) for name, value in _flat(record).items()})
            count += 1
    return count


def _parquet(records: Iterable[Record], path: Path) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from upstander.serving.store.tables import DECISIONS

    kinds: Mapping[str, Any] = {"reviewed": pa.bool_(), "distance": pa.float64()}
    schema = pa.schema(
        [
            (column.name, kinds.get(column.name, pa.string()))
            for column in DECISIONS.columns
            if column.name not in _HIDDEN
        ]
    )
    count = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as file:
        for piece in _pieces(records):
            rows = [_flat(record) for record in piece]
            count += len(rows)
            file.write_table(pa.Table.from_pylist(rows, schema=schema))
    return count


def _pieces(records: Iterable[Record]) -> Iterator[list[Record]]:
    piece: list[Record] = []
    for record in records:
        piece.append(record)
        if len(piece) == _PIECE:
            yield piece
            piece = []
    if piece:
        yield piece
