"""Writing a scored file with the decisions of other policies."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from pydantic_core import from_json, to_json

from upstander.evaluation.batch.output import Output
from upstander.evaluation.batch.shape import (
    DECISION,
    KEPT,
    Kind,
    Shape,
    Spans,
    kind_of_values,
    shape_of,
)
from upstander.evaluation.batch.tables import schema_of
from upstander.evaluation.batch.writing import write_answers, write_flat
from upstander.evaluation.errors import EvaluationError
from upstander.models.files import replacing
from upstander.models.policy.document import BANDS
from upstander.redeciding.chunks import Chunk, chunk_of_records, chunk_of_table
from upstander.redeciding.decide import NOT_DECIDED, Decider, Decisions
from upstander.redeciding.files import DECISION_COLUMNS, FIELDS, Record, ScoredFile, known_kind

_OF_THE_CONSOLE: Final = ("band", "reason", "policy")
"""Fields of the decision in the JSON lines of the console, where other files have `decision`."""

_SPANS: Final = "decision.spans"

Tell = Callable[[Chunk, Decisions], object]
"""Is told of every chunk that was decided."""


def decide_file(scored: ScoredFile, decider: Decider, place: Output, tell: Tell) -> None:
    """Write a scored file again with the decisions of other policies; whole, or not at all.

    Rows without scores stay as they are. Raises UpstanderError if the file cannot be read, decided
    or written, or has no row.
    """
    is_flat = "model.sha256" in scored.names()
    if is_flat and place.layout == "nested":
        raise EvaluationError(
            f"{place.path}: {scored.path} is flat, and cannot be nested again: leave --layout out"
        )
    is_alike = is_flat or place.in_layout == "nested"
    try:
        with replacing(place.path) as whole:
            if scored.is_parquet and place.kind == "parquet" and is_alike:
                _as_tables(scored, decider, is_flat, whole, tell)
            else:
                _as_lines(scored, decider, is_flat, place, whole, tell)
    except OSError as error:
        raise EvaluationError(f"{place.path} cannot be written: {error}: make room") from error


def _as_lines(
    scored: ScoredFile, decider: Decider, is_flat: bool, place: Output, path: Path, tell: Tell
) -> None:
    """Anything to anything, by way of JSON lines that lie beside the output while it is written."""
    with tempfile.TemporaryDirectory(prefix=".upstander-", dir=place.path.parent) as name:
        folder = Path(name)
        seen = _write_lines(_decided(scored, decider, is_flat, place, tell), folder)
        parts = sorted(folder.iterdir())
        if not parts:
            raise _nothing(scored)
        if is_flat:
            kinds = _flat_kinds(seen)
            write_flat((_rows(part, tuple(kinds)) for part in parts), kinds, place, path)
        else:
            write_answers(parts, _shape(decider, seen), place, path)


def _nothing(scored: ScoredFile) -> EvaluationError:
    return EvaluationError(f"{scored.path}: no row, so there is nothing to decide")


def _decided(
    scored: ScoredFile, decider: Decider, is_flat: bool, place: Output, tell: Tell
) -> Iterator[list[Record]]:
    """The answers with their new decisions."""
    tables = (_without_none(table.to_pylist()) for table in scored.tables())
    for records in tables if scored.is_parquet else scored.records():
        chunk = chunk_of_records(records, decider.columns)
        decisions = decider.decide(chunk)
        tell(chunk, decisions)
        for row, record in enumerate(records):
            decision = decisions.to_dict(row, record.get("spans"))
            if decision is None:
                continue
            if is_flat:
                for name in DECISION_COLUMNS:
                    record.pop(name, None)
                record.update(_flat(decision, "decision."))
            else:
                if record.get("band") in BANDS:  # an older decision would contradict the new one
                    for name in _OF_THE_CONSOLE:
                        record.pop(name, None)
                record["decision"] = decision
        is_table = not is_flat and not (place.kind == "jsonl" and place.in_layout == "nested")
        yield [*map(_as_row, records)] if is_table else records


def _as_row(record: Record) -> Record:
    """An answer for a table: what an answer has no field for as columns of texts."""
    found = {name: value for name, value in record.items() if name in FIELDS}
    others = {name: value for name, value in record.items() if name not in FIELDS}
    for name, value in _flat(others, ""):
        is_text = value is None or isinstance(value, str)
        found[name] = value if is_text else to_json(value, fallback=str).decode()
    return found


def _without_none(value: Any) -> Any:
    """Answers as JSON has them, where what is not there is left out."""
    if isinstance(value, dict):
        return {name: _without_none(one) for name, one in value.items() if one is not None}
    return [_without_none(one) for one in value] if isinstance(value, list) else value


def _flat(fields: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for name, value in fields.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


@dataclass(slots=True)
class _Seen:
    """Field to the types of its values, in the order of the fields; a bundle that scored."""

    types: dict[str, set[type]] = field(default_factory=dict)
    sha256: str = ""


def _write_lines(chunks: Iterable[Sequence[Record]], folder: Path) -> _Seen:
    """Answers as files of JSON lines, one a chunk, in the order of their names."""
    seen = _Seen()
    for number, records in enumerate(chunks):
        with (folder / f"{number:08}").open("wb") as file:
            for record in records:
                for name, value in record.items():
                    seen.types.setdefault(name, set()).add(type(value))
                if not seen.sha256:
                    model = record.get("model") or {"sha256": record.get("model.sha256")}
                    seen.sha256 = model["sha256"] or ""
                file.write(to_json(record, fallback=str, inf_nan_mode="null") + b"\n")
    return seen


def _rows(part: Path, names: Sequence[str]) -> list[list[Any]]:
    records = map(from_json, part.read_bytes().splitlines())
    return [[record.get(name) for name in names] for record in records]


def _shape(decider: Decider, seen: _Seen) -> Shape:
    kept: dict[str, Kind] | None = {} if KEPT in seen.types else None
    others: dict[str, Kind] = {name: "text" for name in seen.types if name not in FIELDS}
    manifest = decider.manifest(seen.sha256)
    types = seen.types.get("language", set())
    if str in types:  # older files have only its code
        others["language"] = "text"
    return {**shape_of(manifest, kept, has_language=dict in types), **others}


def _flat_kinds(seen: _Seen) -> dict[str, Kind]:
    others = [name for name in seen.types if name not in DECISION_COLUMNS]
    kinds = {name: known_kind(name) or kind_of_values(seen.types[name]) for name in others}
    return {**kinds, **DECISION_COLUMNS}


def _as_tables(scored: ScoredFile, decider: Decider, is_flat: bool, path: Path, tell: Tell) -> None:
    """Parquet to Parquet: the other columns are passed on as they are."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    writer: Any = None
    try:
        for table in scored.tables():
            chunk = chunk_of_table(table, decider.columns)
            decisions = decider.decide(chunk)
            tell(chunk, decisions)
            columns = _columns(decisions, table)
            old = {"decision", *columns}
            written = table.select([name for name in table.column_names if name not in old])
            if is_flat:
                for name, column in columns.items():
                    written = written.append_column(name, column)
            else:
                nothing = pa.array(decisions.which == NOT_DECIDED)
                written = written.append_column(
                    "decision", _struct(columns, DECISION, "decision", nothing)
                )
            if writer is None:
                writer = pq.ParquetWriter(path, written.schema, compression="zstd")
            writer.write_table(written)
    finally:
        if writer is not None:
            writer.close()
    if writer is None:
        raise _nothing(scored)


def _columns(decisions: Decisions, table: Any) -> dict[str, Any]:
    """The fields of the decisions as Arrow arrays, by their names in a flat table.

    table: of the rows, whose spans these are.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    nothing = decisions.which == NOT_DECIDED
    which = pa.array(decisions.which, mask=nothing)
    found = {}
    for name, kind in ((f.name, f.type) for f in schema_of(DECISION_COLUMNS)):
        if name == _SPANS:
            found[name] = _spans(decisions, table)
            continue
        path = name.split(".")[1:]
        values = pa.array([_at(one.shared, path) for one in decisions.kinds], kind)
        found[name] = values.take(which)
    found["decision.score"] = pa.array(decisions.scores, from_pandas=True)  # NaN is none
    found["decision.distance"] = pc.subtract(found["decision.score"], found["decision.threshold"])
    found["decision.reason"] = pa.array(decisions.reasons, pa.string(), mask=nothing)
    return found


def _spans(decisions: Decisions, table: Any) -> Any:
    """The spans of the rows whose decisions rest on them."""
    import pyarrow as pa

    if "spans" not in table.column_names:
        return pa.nulls(len(table), schema_of({"spans": Spans()}).field("spans").type)
    rests = [kind.example.rests_on_spans for kind in decisions.kinds]
    has_none = ~np.array([*rests, False])[decisions.which]  # NOT_DECIDED is the last one
    return table["spans"].combine_chunks().take(pa.array(np.arange(len(table)), mask=has_none))


def _at(value: Any, path: Sequence[str]) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _struct(columns: Mapping[str, Any], shape: Shape, prefix: str, nothing: Any) -> Any:
    """The columns as objects within objects. nothing: which rows have none at all."""
    import pyarrow as pa
    import pyarrow.compute as pc

    arrays = []
    for name, kind in shape.items():
        own = f"{prefix}.{name}"
        if isinstance(kind, str | Spans):
            arrays.append(columns[own])
        else:
            assert isinstance(kind, Mapping)  # noqa: S101
            is_none = pc.is_null(columns[f"{own}.id"])  # a clause and a policy have one
            arrays.append(_struct(columns, kind, own, is_none))
    return pa.StructArray.from_arrays(arrays, names=[*shape], mask=nothing)
