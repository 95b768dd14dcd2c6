"""Answers as Parquet: the fields of the JSON lines, under the same names."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from models.manifest import Manifest

_BYTES_AT_A_TIME: Final = 8 << 20
"""JSON that becomes one row group: what a reader holds in memory, and this writer."""


def write_parquet(parts: Iterable[Path], manifest: Manifest, path: Path) -> None:
    """Parts of JSON lines as one Parquet file."""
    import pyarrow.parquet as pq

    schema = schema_of(manifest)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        pending: list[bytes] = []
        for part in parts:
            pending.append(part.read_bytes())
            if sum(map(len, pending)) >= _BYTES_AT_A_TIME:
                writer.write_table(_table(b"".join(pending), schema))
                pending.clear()
        if any(pending):
            writer.write_table(_table(b"".join(pending), schema))


def _table(lines: bytes, schema: Any) -> Any:
    from pyarrow import BufferReader, json

    return json.read_json(
        BufferReader(lines),
        # One block: a line that is longer than a block is an error.
        read_options=json.ReadOptions(use_threads=False, block_size=len(lines) + 1),
        parse_options=json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="error"),
    )


def schema_of(manifest: Manifest) -> Any:
    """The Arrow schema of the answers of a bundle."""
    import pyarrow as pa

    text, number, whole, yes = pa.string(), pa.float64(), pa.int64(), pa.bool_()

    def struct(**fields: Any) -> Any:
        return pa.struct([pa.field(name, kind) for name, kind in fields.items()])

    return pa.schema(
        {
            "file": text,
            "row": whole,
            "id": text,
            "model": struct(name=text, version=text, sha256=text),
            "scores": struct(**{label.name: number for label in manifest.labels}),
            "targets": pa.list_(struct(category=text, score=number)),
            "mechanisms": pa.list_(struct(mechanism=text, score=number)),
            "spans": pa.list_(struct(begin=whole, end=whole, score=number)),
            "offsets": text,
            "flags": struct(windows=whole, obfuscated=yes, quotation=yes),
            "decision": struct(
                band=text,
                action=text,
                rule=text,
                clause=struct(id=text, title=text, url=text),
                label=text,
                score=number,
                threshold=number,
                distance=number,
                otherwise=text,
                category=text,
                mechanism=text,
                exemption=text,
                reason=text,
                policy=struct(id=text, version=text, sha256=text),
            ),
        }
    )
