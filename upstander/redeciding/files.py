"""Scored files, in every format that `upstander score` writes, a chunk at a time."""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic_core import from_json

from upstander.evaluation.batch.opening import opened_bytes, opened_text
from upstander.evaluation.batch.output import Output, format_of
from upstander.evaluation.batch.parquet_rows import open_parquet
from upstander.evaluation.batch.shape import DECISION, KEPT, Kind, flat_kinds
from upstander.evaluation.errors import EvaluationError
from upstander.models.labels import LABELS
from upstander.redeciding.chunks import PLACE, Chunk, chunk_of_records, chunk_of_table

_ROWS: Final = 1 << 16
_RECORDS: Final = 1 << 13
_SEEN: Final = 8
"""Lines in which the form of a file of JSON lines is looked for: the first may be an error."""

_NAMED: Final = 20
_WIDTH: Final = 40
"""Columns that an error names, and characters of each."""

Record = dict[str, Any]

DECISION_COLUMNS: Final = flat_kinds({"decision": DECISION})
"""The columns of a decision in a flat table, and what they hold."""

FIELDS: Final = frozenset({
    "file", "row", "id", KEPT, "language", "model", "scores", "targets", "mechanisms", "spans",
    "offsets", "flags", "decision",
})  # fmt: skip
"""The fields of an answer."""

_KNOWN: Final[dict[str, Kind]] = {
    **dict.fromkeys(("file", "id", "language", "spans", "offsets"), "text"),
    **dict.fromkeys(("model.name", "model.version", "model.sha256", "flags.stage"), "text"),
    "language.code": "text",
    "language.probability": "number",
    **dict.fromkeys(("row", "flags.windows"), "whole"),
    **dict.fromkeys(("flags.obfuscated", "flags.quotation"), "yes"),
    **dict.fromkeys(("language.is_sure", "language.is_served"), "yes"),
    **{f"language.measured.{label}": "yes" for label in LABELS},
    **DECISION_COLUMNS,
}

_CASTS: Final[dict[Kind | None, Callable[[str], Any]]] = {
    "number": float,
    "whole": int,
    "yes": lambda value: value.lower() == "true",
}


def known_kind(name: str) -> Kind | None:
    """What a column of a flat table holds; None for one of the input."""
    first, _, rest = name.partition(".")
    if rest and first in ("scores", "targets", "mechanisms"):
        return "number"
    return _KNOWN.get(name)


@dataclass(frozen=True, slots=True)
class ScoredFile:
    """A file that `upstander score` wrote.

    Raises EvaluationError if it is not there, or its ending is none of those.
    """

    path: Path

    def __post_init__(self) -> None:
        if not self.path.is_file():
            raise EvaluationError(f"{self.path} is not a file")
        if format_of(self.path) is None:
            raise EvaluationError(
                f"{self.path}: give what `upstander score` wrote: .jsonl, .csv, .tsv or .parquet"
            )

    @property
    def is_parquet(self) -> bool:
        """Whether it is read as tables, and not as records."""
        return format_of(self.path) == "parquet"

    @contextmanager
    def schema(self) -> Iterator[Any]:
        """The Arrow schema of a Parquet file, while it is open."""
        with open_parquet(self.path) as file:
            yield file.schema_arrow

    def tables(self, columns: Sequence[str] | None = None) -> Iterator[Any]:
        """The Arrow tables of a Parquet file. columns: those that are read; None reads all."""
        import pyarrow as pa

        with open_parquet(self.path) as file:
            names = file.schema_arrow.names
            self._check(names)
            read = None if columns is None else [name for name in columns if name in names]
            try:
                for batch in file.iter_batches(batch_size=_ROWS, columns=read):
                    yield pa.Table.from_batches([batch])
            except (pa.ArrowInvalid, OSError) as error:
                raise EvaluationError(f"{self.path} is damaged: copy it again") from error

    def records(self) -> Iterator[list[Record]]:
        """The answers of a file of JSON lines or CSV, some at a time."""
        rows = self._of_csv() if format_of(self.path) == "csv" else self._of_lines()
        found: list[Record] = []
        for record in rows:
            found.append(record)
            if len(found) == _RECORDS:
                yield found
                found = []
        if found:
            yield found

    def chunks(self, columns: Sequence[str]) -> Iterator[Chunk]:
        """What decides of every row, where it is from, and other columns."""
        if not self.is_parquet:
            for records in self.records():
                yield chunk_of_records(records, columns, has_places=True)
            return
        for table in self.tables(self._deciding(columns)):
            yield chunk_of_table(table, columns, has_places=True)

    def count(self) -> int | None:
        """How many rows there are; None where the file does not say."""
        if not self.is_parquet:
            return None
        with open_parquet(self.path) as file:
            rows: int = file.metadata.num_rows
        return rows

    def names(self) -> list[str]:
        """The names of its fields, of the first rows that are no errors."""
        if self.is_parquet:
            with self.schema() as schema:
                return list(schema.names)
        for records in self.records():
            return [*dict.fromkeys(name for record in records[:_SEEN] for name in record)]
        return []

    def has_column(self, name: str) -> bool:
        """Whether there is a column of the input with this name."""
        if not self.is_parquet:
            first = next(self.records(), [])
            return any(name in {*one, *(one.get(KEPT) or ())} for one in first)
        with self.schema() as schema:
            there = set(schema.names)
            kept = schema.field(KEPT).type if KEPT in there else ()
            return not there.isdisjoint({name, f"{KEPT}.{name}"}) or name in {
                field.name for field in kept
            }

    def _deciding(self, columns: Sequence[str]) -> list[str]:
        with self.schema() as schema:
            parts = ("model", "scores", "targets", "mechanisms", "flags")
            own = {*columns, *(f"{KEPT}.{name}" for name in columns), KEPT, *parts, *PLACE}
            dotted = tuple(f"{part}." for part in parts)
            return [name for name in schema.names if name in own or name.startswith(dotted)]

    def _of_lines(self) -> Iterator[Record]:
        with opened_bytes(self.path) as (lines, _):
            is_known = False
            for number, line in enumerate(lines, start=1):
                try:
                    record = from_json(line)
                except ValueError as error:
                    raise EvaluationError(
                        f"{self.path}, line {number}: no JSON, or cut off: copy it again"
                    ) from error
                if not isinstance(record, dict):
                    raise EvaluationError(f"{self.path}, line {number}: not a JSON object")
                if not is_known and "error" not in record:
                    self._check(record)
                    is_known = True
                yield record

    def _of_csv(self) -> Iterator[Record]:
        csv.field_size_limit(1 << 30)
        with opened_text(self.path, "utf-8", is_table=True) as stream:
            rows = csv.reader(stream, delimiter=Output(self.path).delimiter, strict=True)
            names: list[str] = []
            try:
                names = next(rows, [])
                self._check(names)
                casts = [_CASTS.get(known_kind(name), str) for name in names]
                for row in rows:
                    values = zip(names, casts, row, strict=True)
                    yield {name: cast(value) if value else None for name, cast, value in values}
            except (csv.Error, ValueError) as error:
                raise EvaluationError(
                    f"{self.path}, line {rows.line_num}: not as it was written ({error}): copy it "
                    "again"
                ) from error

    def _check(self, names: Iterable[str]) -> None:
        there = dict.fromkeys(names)
        if not ({"model", "scores"} <= there.keys() or "model.sha256" in there):
            found = ", ".join(name[:_WIDTH] for name in [*there][:_NAMED])
            more = ", ..." if len(there) > _NAMED else ""
            raise EvaluationError(
                f"{self.path} holds no scores: it has neither fields `model` and `scores` nor a "
                f"column `model.sha256` (found: {found}{more}): give what `upstander score` wrote, "
                "or JSON lines of the console"
            )
