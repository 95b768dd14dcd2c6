"""What a person named to be scored: files, folders, patterns, data sets, standard input."""

import glob
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from evaluation.batch.rows import (
    FORMATS,
    Columns,
    Row,
    check_column,
    checked,
    count_rows,
    kind_of,
    read_rows,
    row_of,
)
from evaluation.batch.stored import SCHEME, find_stored
from evaluation.errors import EvaluationError

_DATASET: Final = "dataset:"
_MAGIC: Final = "*?["


class Source(Protocol):
    """Something with rows."""

    @property
    def name(self) -> str:
        """As the rows that come of it are labelled."""

    def rows(self, columns: Columns) -> Iterator[Row]:
        """Its rows, the same at every call. Raises EvaluationError."""

    def count(self, columns: Columns) -> int | None:
        """About how many; None if nobody can tell."""

    def fingerprint(self) -> object:
        """Something that differs once its rows do, in the types of JSON."""


@dataclass(frozen=True, slots=True)
class FileSource:
    """A file."""

    path: Path

    @property
    def name(self) -> str:
        """The path as it was given."""
        return str(self.path)

    def rows(self, columns: Columns) -> Iterator[Row]:
        """The rows of the file."""
        return read_rows(self.path, columns)

    def count(self, columns: Columns) -> int | None:
        """Its lines, or the rows that a Parquet file says it has."""
        return count_rows(self.path, columns)

    def fingerprint(self) -> object:
        """Path, size and time of the last change."""
        known = self.path.stat()
        return [self.name, known.st_size, known.st_mtime_ns]


@dataclass(frozen=True, slots=True)
class StandardInput:
    """What is piped in."""

    name: str = "-"

    def rows(self, columns: Columns) -> Iterator[Row]:
        """What comes, until it ends."""
        return read_rows(None, columns)

    def count(self, columns: Columns) -> int | None:  # noqa: ARG002
        """Nobody can tell."""
        return None

    def fingerprint(self) -> object:
        """It cannot be read twice, so nothing can go on from it."""
        return None


@dataclass(frozen=True, slots=True)
class DatasetSource:
    """A split of a data set that the `datasets` library finds, on a hub or in a folder."""

    dataset: str
    split: str

    @property
    def name(self) -> str:
        """As it was given, with the split."""
        return f"{_DATASET}{self.dataset}:{self.split}"

    def rows(self, columns: Columns) -> Iterator[Row]:
        """The rows of the split, read from disk as they are needed."""
        loaded = self._load()
        there = loaded.column_names
        for wanted in (columns.text, *columns.others):
            check_column(self.name, there, wanted)
        names = {columns.text, *columns.others, *({columns.id} & set(there))}
        for number, record in enumerate(loaded.select_columns([*names]), start=1):
            yield checked(row_of(number, record, columns), columns)

    def count(self, columns: Columns) -> int | None:  # noqa: ARG002
        """The rows that the split has."""
        return len(self._load())

    def fingerprint(self) -> object:
        """The one that the library keeps of every table."""
        return [self.name, self._load()._fingerprint]

    def _load(self) -> Any:
        try:
            import datasets
        except ModuleNotFoundError as error:
            raise EvaluationError(
                f"{self.name} needs datasets: pip install -c constraints.txt -e '.[evaluate]'"
            ) from error
        try:
            return datasets.load_dataset(self.dataset, split=self.split)
        except (datasets.exceptions.DatasetNotFoundError, OSError, ValueError) as error:
            raise EvaluationError(f"{self.name}: {str(error).splitlines()[0]}") from error


def find_sources(given: Sequence[str], columns: Columns) -> list[Source]:
    """The sources that were named, each once, files of a folder or pattern in order of the name.

    A name is a file, a folder, a pattern such as `posts/*.csv`, `dataset:NAME[:SPLIT]`, `-`, or
    Parquet in S3-compatible storage: `s3://BUCKET/KEY`, a folder of keys or a pattern of them.
    Raises EvaluationError if there is nothing to read under a name.
    """
    found: dict[str, Source] = {}
    for name in given or ["-"]:
        for source in _sources_of(name, columns):
            found.setdefault(source.name, source)
    return list(found.values())


def _sources_of(name: str, columns: Columns) -> list[Source]:
    if name == "-":
        return [StandardInput()]
    if name.startswith(_DATASET):
        dataset, _, split = name.removeprefix(_DATASET).partition(":")
        return [DatasetSource(dataset, split or "train")]
    if name.startswith(SCHEME):
        return [*find_stored(name)]
    path = Path(name)
    if path.is_file():
        if columns.kind is None:
            kind_of(path)  # says so now if it cannot be told
        return [FileSource(path)]
    if path.is_dir():
        files = [file for file in sorted(path.rglob("*")) if file.is_file() and _is_read(file)]
        if not files:
            raise EvaluationError(
                f"{path}: no file in it ends in {', '.join(FORMATS)}, or these with .gz"
            )
        return [FileSource(file) for file in files]
    if any(sign in name for sign in _MAGIC):
        matches = [Path(match) for match in sorted(glob.glob(name, recursive=True))]
        if files := [match for match in matches if match.is_file()]:
            return [FileSource(file) for file in files]
        raise EvaluationError(f"{name}: no file has a name of this pattern")
    raise EvaluationError(f"{path} is not a file")


def _is_read(file: Path) -> bool:
    ending = file.with_suffix("").suffix if file.suffix == ".gz" else file.suffix
    return ending.lower() in FORMATS and not file.name.startswith((".", "_"))
