"""Answers as Parquet: the fields of the JSON lines, or one value in a cell."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from pydantic_core import to_json

from upstander.evaluation.batch.shape import Kind, Listed, Shape, Spans

BYTES_AT_A_TIME: Final = 8 << 20
"""JSON that becomes one row group: what a reader holds in memory, and this writer."""


def write_parquet(parts: Iterable[bytes], shape: Shape, path: Path) -> None:
    """JSON lines, in parts, as one Parquet file with the fields of the lines."""
    import pyarrow.parquet as pq

    schema = schema_of(shape)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for lines in gathered(parts):
            writer.write_table(_table(lines, schema))


def write_flat_parquet(
    pieces: Iterable[Sequence[Sequence[Any]]], kinds: Mapping[str, Kind], path: Path
) -> None:
    """Rows of values, in pieces, as one Parquet file. kinds: column to what it holds, in order."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema({name: _arrow()[kind] for name, kind in kinds.items()})
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for rows in pieces:
            columns = zip(*rows, strict=True)
            arrays = [
                pa.array([_fitting(value, kind) for value in column], _arrow()[kind])
                for column, kind in zip(columns, kinds.values(), strict=True)
            ]
            writer.write_table(pa.table(arrays, schema=schema))


def gathered(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Parts of JSON lines put together to about as many bytes as a row group is made of."""
    pending: list[bytes] = []
    size = 0
    for part in parts:
        pending.append(part)
        size += len(part)
        if size >= BYTES_AT_A_TIME:
            yield b"".join(pending)
            pending, size = [], 0
    if size:
        yield b"".join(pending)


def _table(lines: bytes, schema: Any) -> Any:
    from pyarrow import BufferReader, json

    return json.read_json(
        BufferReader(lines),
        # One block: a line that is longer than a block is an error.
        read_options=json.ReadOptions(use_threads=False, block_size=len(lines) + 1),
        parse_options=json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="error"),
    )


def schema_of(shape: Shape) -> Any:
    """The Arrow schema of answers of a shape."""
    import pyarrow as pa

    return pa.schema({name: _type_of(kind) for name, kind in shape.items()})


def _type_of(kind: Kind | Listed | Spans | Shape) -> Any:
    import pyarrow as pa

    if isinstance(kind, Listed):
        return pa.list_(pa.struct({kind.key: pa.string(), "score": pa.float64()}))
    if isinstance(kind, Spans):
        whole = pa.int64()
        return pa.list_(pa.struct({"begin": whole, "end": whole, "score": pa.float64()}))
    if isinstance(kind, str):
        return _arrow()[kind]
    return pa.struct({name: _type_of(inner) for name, inner in kind.items()})


def _arrow() -> dict[Kind, Any]:
    import pyarrow as pa

    return {"text": pa.string(), "number": pa.float64(), "whole": pa.int64(), "yes": pa.bool_()}


def _fitting(value: Any, kind: Kind) -> Any:
    """A value of a text column as text: columns of the input may hold anything."""
    if kind != "text" or value is None or isinstance(value, str):
        return value
    return to_json(value).decode()
