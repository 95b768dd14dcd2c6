"""What a data set must declare, and how it is read."""

import gzip
import hashlib
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from upstander.models.labels import MECHANISMS
from upstander.training.errors import DataError
from upstander.training.example import Example, Split

Row = Mapping[str, Any]

# What gzip raises for a file that was cut short or changed; BadGzipFile is an OSError.
_DAMAGED: Final = (OSError, EOFError, zlib.error)

_BATCH: Final = 1000
"""Rows that are made out of a table at a time."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of a data set: gzip'd JSON lines, columns as in the original.

    path: relative to the data folder.
    columns: the columns that the reader needs.
    rows: how many it holds.
    sha256: of the lines, decompressed, because the same lines can be compressed in many ways.
    optional: columns that a row may lack.
    """

    path: str
    split: Split
    columns: tuple[str, ...]
    rows: int
    sha256: str
    optional: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """A data set and how its rows become Examples.

    upstream: where its authors publish it.
    licence_verified: whether the licence was read at its source; if not, the model card says so.
    heads: label to the family of sources that share its definition. Each family trains an output of
        its own on the shared encoder, and a calibrated combination of them is the product's label
        (`docs/decisions/0004-one-head-a-family.md` says why).
    presumed: label to another family, whose definition the data set does not use. A row that says
        0 for every label of `heads` is presumed to be 0 there too: a weak label of ours.
    read: one row to an Example, to several, or None for a row that says nothing we can use.
    note: what a reader of the model card should know about it.
    make: gives every Example of a source that this project makes itself, and that has no files; it
        takes the data folder, which may hold groups to speak of.
    languages: of its texts, as ISO 639-1 codes.
    """

    name: str
    upstream: str
    licence: str
    licence_verified: bool
    citation: str
    files: tuple[SourceFile, ...]
    heads: Mapping[str, str]
    read: Callable[["Context"], Example | tuple[Example, ...] | None] | None = None
    note: str = ""
    extra_files: tuple[SourceFile, ...] = ()
    lookup: Callable[[Path], Mapping[str, Any]] | None = None
    make: Callable[[Path], Iterator[Example]] | None = None
    presumed: Mapping[str, str] = field(default_factory=dict)
    languages: tuple[str, ...] = ("en",)


@dataclass(frozen=True, slots=True)
class Context:
    """What a reader sees: one row, where it stands, and what `lookup` made of the extra files."""

    source: str
    file: SourceFile
    line: int
    row: Row
    looked_up: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """File and line, for data sets without ids of their own."""
        return f"{self.file.path}:{self.line}"

    def choose(self, column: str, meanings: Mapping[str, Any]) -> Any:
        """The meaning of a column's value; a value that is not listed is a DataError."""
        value = str(self.row[column])
        if value not in meanings:
            raise DataError(
                f"{self.file.path}, line {self.line}: column {column!r} has an unknown value; "
                f"expected one of {', '.join(meanings)}"
            )
        return meanings[value]


def hate_labels(hateful: float) -> dict[str, float]:
    """The labels of a row that says only whether it is hateful towards a group.

    Dehumanization is a form of hate: what is not hateful has none.
    """
    return {"hate": hateful} if hateful else {"hate": 0.0, "dehumanization": 0.0}


def no_mechanism(hateful: float) -> dict[str, float]:
    """The mechanisms of a row that is not hateful: none. Of a hateful one nothing is known."""
    return {} if hateful else dict.fromkeys(MECHANISMS, 0.0)


def read_source(source: Source, folder: Path) -> Iterator[Example]:
    """Every usable row of a data set, through the `datasets` library.

    Raises DataError that names file and line, for a missing file or column, a row that is not JSON
    or a value that the data set is not known to have.
    """
    if source.read is None:
        yield from source.make(folder) if source.make else ()
        return
    looked_up = source.lookup(folder) if source.lookup else {}
    for file in source.files:
        for line, row in read_rows(file, folder):
            try:
                read = source.read(Context(source.name, file, line, row, looked_up))
            except (LookupError, TypeError, ValueError, AttributeError, SyntaxError) as error:
                raise DataError(
                    f"{folder / file.path}, line {line}: {type(error).__name__} in a value; "
                    "get the file again with 'upstander data fetch'"
                ) from error
            examples = (read,) if isinstance(read, Example) else read or ()
            yield from (example for example in examples if example.text.strip())


def read_rows(file: SourceFile, folder: Path) -> Iterator[tuple[int, Row]]:
    """(line, row) of one file. Lines count from 1."""
    from datasets import disable_progress_bars, load_dataset
    from datasets.exceptions import DatasetGenerationError

    path = folder / file.path
    if not path.is_file():
        raise DataError(
            f"{path} is missing: run 'upstander data fetch', or give the folder with --data"
        )
    disable_progress_bars()
    try:
        rows = load_dataset("json", data_files=str(path), split="train", streaming=False)
    # StopIteration: the library expects at least one row.
    except (DatasetGenerationError, ValueError, StopIteration, *_DAMAGED) as error:
        raise DataError(_first_bad_line(path)) from error
    if missing := [column for column in file.columns if column not in rows.column_names]:
        raise DataError(
            f"{path}, line 1: column {missing[0]!r} is missing (found: "
            f"{', '.join(rows.column_names)}); get the file again with 'upstander data fetch'"
        )
    try:
        # A batch at a time: the library takes 0.1 ms for a row alone.
        also = [column for column in file.optional if column in rows.column_names]
        batches = rows.select_columns([*file.columns, *also]).iter(_BATCH)
        read = (
            dict(zip(batch, values, strict=True))
            for batch in batches
            for values in zip(*batch.values(), strict=True)
        )
        for line, row in enumerate(read, start=1):
            for column in file.columns:
                if row[column] is None:
                    raise DataError(f"{path}, line {line}: column {column!r} is missing")
            yield line, row
    except UnicodeDecodeError as error:  # the library decodes a value only when it is asked for
        raise DataError(_first_bad_line(path)) from error


def check_file(file: SourceFile, folder: Path) -> str | None:
    """What is wrong with a file's bytes, or None."""
    path = folder / file.path
    if not path.is_file():
        return f"{path} is missing"
    digest = hashlib.sha256()
    rows = 0
    try:
        with gzip.open(path, "rb") as lines:
            for line in lines:
                digest.update(line)
                rows += 1
    except _DAMAGED:
        return f"{path}, line {rows + 1}: the compressed file is damaged"
    if digest.hexdigest() != file.sha256:
        return (
            f"{path}: its SHA-256 is not the declared one ({rows:,} rows, {file.rows:,} expected): "
            "the file changed or was cut short"
        )
    return None


def _first_bad_line(path: Path) -> str:
    """Find the line that the library could not read; it names none itself."""
    number = 0
    try:
        # As bytes: a text stream decodes far ahead, so a bad byte would be found lines too early.
        with gzip.open(path, "rb") as lines:
            for number, line in enumerate(lines, start=1):
                if not isinstance(json.loads(line.decode()), dict):
                    return f"{path}, line {number}: not a JSON object"
    except ValueError:
        return f"{path}, line {max(number, 1)}: not JSON"
    except _DAMAGED:
        return f"{path}, line {number + 1}: the compressed file is damaged; fetch it again"
    if not number:
        return f"{path}, line 1: the file holds no rows; fetch it again"
    return f"{path}: its rows do not have the same columns throughout"
