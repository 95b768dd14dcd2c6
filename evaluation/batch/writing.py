"""Writing tables as JSON lines, CSV or Parquet, with compression."""

import csv
import gzip
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final

from pydantic_core import from_json, to_json

from upstander.evaluation.batch.output import Output
from upstander.evaluation.batch.shape import (
    KEPT,
    Kind,
    Shape,
    flat_kinds,
    flattened,
    kind_of_values,
)
from upstander.evaluation.batch.tables import gathered, write_flat_parquet, write_parquet
from upstander.evaluation.batch.unpacking import zstd
from upstander.models.spreadsheet import cell

_ROWS: Final = 4096
_LARGEST: Final = 2**63


@contextmanager
def packed(path: Path, packing: str) -> Iterator[BinaryIO]:
    """A file to write, compressed as an ending says (`.gz` or `.zst`, else not).

    The same content makes the same bytes: no time and no name is written into it.
    """
    with path.open("wb") as file:
        if packing == ".gz":
            with gzip.GzipFile("", "wb", 6, file, mtime=0) as stream:
                yield stream  # type: ignore[misc]  # all of a BinaryIO that is needed
        elif packing == ".zst":
            with zstd().ZstdFile(file, "wb") as stream:
                yield stream
        else:
            yield file


def write_answers(parts: Iterable[Path], shape: Shape, place: Output, path: Path) -> None:
    """Parts of JSON lines as the file that was asked for.

    shape: of the lines; of its kept columns the kinds are found out here. path: where to write it,
    whatever `place` is called.
    """
    found = [*parts]
    lines = (part.read_bytes() for part in found)
    if place.kind == "jsonl" and place.in_layout == "nested":
        with packed(path, place.packing) as file:
            for part in lines:
                file.write(part)
        return
    mixed: set[str] = set()
    if KEPT in shape:
        shape, mixed = _with_kinds(shape, (part.read_bytes() for part in found))
    if place.kind == "parquet" and place.in_layout == "nested":
        write_parquet((_unmixed(part, mixed) for part in lines) if mixed else lines, shape, path)
        return
    kinds = flat_kinds(shape)
    pieces = (
        [flattened(from_json(line), shape) for line in part.splitlines()]
        for part in gathered(lines)
    )
    write_flat(pieces, kinds, place, path)


def write_flat(
    pieces: Iterable[Sequence[Sequence[Any]]], kinds: Mapping[str, Kind], place: Output, path: Path
) -> None:
    """Rows of values, in pieces, as a table. kinds: column to what it holds, in order."""
    if place.kind == "parquet":
        write_flat_parquet(pieces, kinds, path)
        return
    with packed(path, place.packing) as file:
        write_rows((row for piece in pieces for row in piece), tuple(kinds), place, file)


def write_rows(
    rows: Iterable[Sequence[Any]], names: Sequence[str], place: Output, file: BinaryIO
) -> None:
    """Rows of values as CSV with a header, or as JSON lines, which leave out what is None.

    No cell of CSV is run as a formula by a spreadsheet.
    """
    if place.kind == "jsonl":
        for row in rows:
            filled = {n: v for n, v in zip(names, row, strict=True) if v is not None}
            file.write(to_json(filled, inf_nan_mode="null") + b"\n")
        return
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=place.delimiter, lineterminator="\n")
    writer.writerow(map(cell, names))
    coming = iter(rows)
    while True:
        piece = [[cell(value) for value in row] for row in islice(coming, _ROWS)]
        writer.writerows(piece)
        file.write(text.getvalue().encode())
        text.seek(0)
        text.truncate()
        if not piece:
            return


def _with_kinds(shape: Shape, parts: Iterable[bytes]) -> tuple[Shape, set[str]]:
    """The shape with what its kept columns hold, and those that hold more than texts alone."""
    types: dict[str, set[type]] = {name: set() for name in _kept(shape)}
    for part in parts:
        for line in part.splitlines():
            for name, value in from_json(line).get(KEPT, {}).items():
                is_large = isinstance(value, int) and not -_LARGEST <= value < _LARGEST
                types.setdefault(name, set()).add(object if is_large else type(value))
    kinds = {name: kind_of_values(found) for name, found in types.items()}
    mixed = {n for n, kind in kinds.items() if kind == "text" and types[n] - {str, type(None)}}
    named = {name: (kinds if name == KEPT else kind) for name, kind in shape.items()}
    return {name: kind for name, kind in named.items() if name != KEPT or kinds}, mixed


def _kept(shape: Shape) -> Shape:
    found = shape.get(KEPT, {})
    assert isinstance(found, Mapping)  # noqa: S101
    return found


def _unmixed(part: bytes, mixed: set[str]) -> bytes:
    """Lines whose mixed columns are texts throughout."""
    lines = []
    for line in part.splitlines():
        answer = from_json(line)
        kept = answer.get(KEPT, {})
        for name in mixed & kept.keys():
            value = kept[name]
            if value is not None and not isinstance(value, str):
                kept[name] = to_json(value).decode()
        lines.append(to_json(answer))
    return b"\n".join(lines) + b"\n" if lines else b""
