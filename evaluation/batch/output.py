"""The files that a run writes: the output, its errors and its parts."""

import json
import re
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from upstander.evaluation.batch.opening import opened_bytes
from upstander.evaluation.batch.shape import Layout
from upstander.evaluation.batch.shards import is_of_a_run
from upstander.evaluation.batch.unpacking import zstd
from upstander.evaluation.errors import EvaluationError
from upstander.models.overwriting import refuse_overwriting

OutputFormat = Literal["jsonl", "csv", "parquet"]

OUTPUT_FORMATS: Final[Mapping[str, OutputFormat]] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
}

_PACKINGS: Final = (".gz", ".zst")

_ERRORS: Final = ".errors.jsonl"
_LONGEST: Final = 1 << 20
"""Bytes of an answer, of which the names come first."""


@dataclass(frozen=True, slots=True)
class Output:
    """The file that a run writes, as it was named. layout: None is the usual one of the format.

    Raises EvaluationError if the ending tells no format, or the format has no such layout.
    """

    path: Path
    layout: Layout | None = None

    def __post_init__(self) -> None:
        if format_of(self.path) is None:
            raise EvaluationError(
                f"{self.path}: name an output that ends in .jsonl, .csv, .tsv or .parquet; all but "
                "the last may end in .gz or .zst behind it"
            )
        if self.kind == "csv" and self.layout == "nested":
            raise EvaluationError(
                f"{self.path}: CSV has one value in a cell: write .jsonl or .parquet, or leave "
                "--layout out"
            )

    @property
    def kind(self) -> OutputFormat:
        """The format, by the ending."""
        found = format_of(self.path)
        assert found is not None  # noqa: S101 - looked at when it was made
        return found

    @property
    def packing(self) -> str:
        """The ending of the compression; "" for none."""
        return self.path.suffix.lower() if self.path.suffix.lower() in _PACKINGS else ""

    @property
    def in_layout(self) -> Layout:
        """The layout of the fields: flat for CSV and nested for the others, unless it was said."""
        return self.layout or ("flat" if self.kind == "csv" else "nested")

    @property
    def delimiter(self) -> str:
        """Of CSV."""
        name = self.path.name.lower().removesuffix(self.packing)
        return "\t" if name.endswith(".tsv") else ","

    @property
    def errors(self) -> Path:
        """Where the rows go that cannot be scored."""
        return self.path.with_name(f"{self.path.name}{_ERRORS}")

    @property
    def files(self) -> tuple[Path, Path]:
        """What a run leaves."""
        return self.path, self.errors

    @property
    def parts(self) -> Path:
        """The folder of what is finished of a run."""
        return self.path.with_name(f"{self.path.name}.parts")

    def check(self, reads: Iterable[Path]) -> None:
        """Raise UpstanderError if it cannot be written, or what is read would be lost by it.

        reads: every file that the run reads.
        """
        if self.kind == "parquet":
            import pyarrow.parquet  # noqa: F401 - what is missing is told before anything is scored
        if self.packing == ".zst":
            zstd()
        if self.path.is_dir():
            raise EvaluationError(f"{self.path} is a folder: give a file to write")
        if not self.path.parent.is_dir():
            raise EvaluationError(
                f"{self.path.parent} is not a folder: make it, or write elsewhere"
            )
        refuse_overwriting((self.path, self.errors, self.parts), reads)


def is_written(file: Path, writes: Collection[Path]) -> bool:
    """Whether a file of a folder comes from a run, so that it is no input.

    writes: files that this command writes, resolved: a run of it before left them. Of every other
    run the parts and the errors are known.
    """
    if file.resolve() in writes or is_of_a_run(file.parent):
        return True
    of_errors = file.name.removesuffix(_ERRORS)
    return of_errors != file.name and format_of(Path(of_errors)) is not None


def format_of(path: Path) -> OutputFormat | None:
    """The format, by the ending of a name; None if it tells none."""
    ending = path.suffix.lower()
    if ending in _PACKINGS:
        found = OUTPUT_FORMATS.get(path.with_suffix("").suffix.lower())
        return None if found == "parquet" else found  # which compresses its own columns
    return OUTPUT_FORMATS.get(ending)


def holds_answers(file: Path) -> bool:
    """Whether a file of a folder is the output of some run: it has no texts to score."""
    kind = format_of(file)
    if kind == "parquet":
        import pyarrow.parquet as pq
        from pyarrow import ArrowInvalid

        with suppress(ArrowInvalid, OSError):
            return _are_of_answers(pq.read_schema(file).names)
    elif kind is not None:
        with suppress(EvaluationError, OSError, ValueError), opened_bytes(file) as (lines, _):
            line = lines.readline(_LONGEST)
            if kind == "csv":
                return _are_of_answers(re.split("[,\t]", line.decode().strip()))
            first = json.loads(line)
            return isinstance(first, dict) and _are_of_answers(first)
    return False


def _are_of_answers(names: Iterable[str]) -> bool:
    """Whether columns or fields are those of an answer, or of a row that could not be scored."""
    there = list(names)
    return there[:2] == ["file", "row"] and not {"model", "model.name", "error"}.isdisjoint(there)
