"""Resolving the inputs of a run: files, folders, patterns, data sets, standard input."""

import glob
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from upstander.evaluation.batch.output import holds_answers, is_written
from upstander.evaluation.batch.parquet_rows import record_row
from upstander.evaluation.batch.row import Columns, Format, Row, check_columns, checked
from upstander.evaluation.batch.rows import FORMATS, count_rows, ending_of, kind_of, read_rows
from upstander.evaluation.batch.s3 import SCHEME, find_stored
from upstander.evaluation.batch.unpacking import COMPRESSED
from upstander.evaluation.errors import EvaluationError

Say = Callable[[str], object]
"""Takes a sentence for the person."""

_DATASET: Final = "dataset:"
_MAGIC: Final = "*?["
_OF_FOLDERS: Final = tuple(ending for ending in FORMATS if ending != ".json")
"""What is read of a folder: its `.json` are settings more often than posts."""
_SHOWN: Final = 3


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

    def kind(self, columns: Columns) -> Format:
        """The format that it is read as."""

    def files(self) -> Iterator[Path]:
        """The files of this machine that it reads, and folders that it reads all files of."""


@dataclass(frozen=True, slots=True)
class FileSource:
    """A file."""

    path: Path

    @property
    def name(self) -> str:
        """The path as it was given; bytes of it that are no UTF-8 are escaped."""
        return os.fsencode(self.path).decode("utf-8", "backslashreplace")

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

    def kind(self, columns: Columns) -> Format:
        """As it was said, or by the ending."""
        return columns.kind or kind_of(self.path)

    def files(self) -> Iterator[Path]:
        """The file."""
        yield self.path


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

    def kind(self, columns: Columns) -> Format:
        """As it was said, or lines of text."""
        return columns.kind or "text"

    def files(self) -> Iterator[Path]:
        """The file that it comes from, if it is one."""
        yield Path("/dev/stdin")


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
        check_columns(self.name, there, columns)
        chosen = loaded.select_columns(columns.read_of(there))
        for number, record in enumerate(chosen, start=1):
            yield checked(record_row(record, number, columns), columns)

    def count(self, columns: Columns) -> int | None:  # noqa: ARG002
        """The rows that the split has."""
        return len(self._load())

    def fingerprint(self) -> object:
        """The one that the library keeps of every table."""
        return [self.name, self._load()._fingerprint]

    def kind(self, columns: Columns) -> Format:  # noqa: ARG002
        """A table, whatever it was made of."""
        return "parquet"

    def files(self) -> Iterator[Path]:
        """The folder, all of whose files the library reads; a hub has none here."""
        if (local := Path(self.dataset)).exists():
            yield local

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


def find_sources(
    given: Sequence[str],
    columns: Columns,
    writes: Collection[Path] = (),
    say: Say = lambda _: None,
) -> list[Source]:
    """The sources that were named, each once, files of a folder or pattern in order of the name.

    A name is a file, a folder, a pattern such as `posts/*.csv`, `dataset:NAME[:SPLIT]`, `-`, or
    Parquet in S3-compatible storage: `s3://BUCKET/KEY`, a folder of keys or a pattern of them.

    writes: files that the command is going to write. Of folders and patterns they are left out, as
    is what lies beside the output of any run. say: is told of the other files that are left out.
    Raises EvaluationError if there is nothing to read under a name.
    """
    found: dict[object, Source] = {}
    own = {path.resolve() for path in writes}
    for name in given or ["-"]:
        for source in _sources_of(name, columns, own, say):
            place = source.path.resolve() if isinstance(source, FileSource) else source.name
            found.setdefault(place, source)
    return list(found.values())


def _sources_of(name: str, columns: Columns, own: Collection[Path], say: Say) -> list[Source]:
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
        return [FileSource(file) for file in _in_folder(path, own, say)]
    if any(sign in name for sign in _MAGIC):
        matches = [Path(match) for match in sorted(glob.glob(name, recursive=True))]
        if files := _inputs([one for one in matches if one.is_file()], name, own, say):
            return [FileSource(file) for file in files]
        raise EvaluationError(f"{name}: no file has a name of this pattern")
    raise EvaluationError(f"{path} is not a file")


def _in_folder(folder: Path, own: Collection[Path], say: Say) -> list[Path]:
    """The files of a folder that are read."""
    there = [file for file in sorted(folder.rglob("*")) if file.is_file()]
    files = _inputs([file for file in there if _is_read(file)], str(folder), own, say)
    if not files:
        raise EvaluationError(
            f"{folder}: no file in it ends in {', '.join(_OF_FOLDERS)}, or these with "
            f"{', '.join(COMPRESSED)}"
        )
    others = [file for file in there if not _is_read(file) and not is_written(file, own)]
    _say_left(others, str(folder), "not read, unless they are named", say)
    return files


def _inputs(files: Sequence[Path], name: str, own: Collection[Path], say: Say) -> list[Path]:
    """Those of some files that no run has written."""
    there = [file for file in files if not is_written(file, own)]
    answers = {file: None for file in there if holds_answers(file)}
    _say_left([*answers], name, "answers of a run, and not read", say)
    return [file for file in there if file not in answers]


def _say_left(files: Sequence[Path], name: str, what: str, say: Say) -> None:
    if files:
        named = ", ".join(file.name for file in files[:_SHOWN])
        more = ", ..." if len(files) > _SHOWN else ""
        say(f"files of {name} that are {what}: {len(files):,} ({named}{more})")


def _is_read(file: Path) -> bool:
    return ending_of(file) in _OF_FOLDERS and not file.name.startswith((".", "_"))
