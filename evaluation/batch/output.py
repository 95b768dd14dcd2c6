"""Where a run writes: the output, and what lies beside it."""

import json
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from evaluation.batch.parts import is_of_a_run
from evaluation.errors import EvaluationError
from models.overwriting import refuse_overwriting

OutputFormat = Literal["jsonl", "parquet"]

OUTPUT_FORMATS: Final[Mapping[str, OutputFormat]] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}

_ERRORS: Final = ".errors.jsonl"
_LONGEST: Final = 1 << 20
"""Bytes of an answer, of which the names come first."""


@dataclass(frozen=True, slots=True)
class Output:
    """The file that a run writes, as it was named.

    Raises EvaluationError if the ending tells no format.
    """

    path: Path

    def __post_init__(self) -> None:
        if self.path.suffix.lower() not in OUTPUT_FORMATS:
            raise EvaluationError(f"{self.path}: name an output that ends in .jsonl or .parquet")

    @property
    def kind(self) -> OutputFormat:
        """The format, by the ending."""
        return OUTPUT_FORMATS[self.path.suffix.lower()]

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
    return of_errors != file.name and Path(of_errors).suffix.lower() in OUTPUT_FORMATS


def holds_answers(file: Path) -> bool:
    """Whether a file of a folder is the output of some run: it has no texts to score."""
    kind = OUTPUT_FORMATS.get(file.suffix.lower())
    if kind == "parquet":
        import pyarrow.parquet as pq
        from pyarrow import ArrowInvalid

        with suppress(ArrowInvalid, OSError):
            return _are_of_answers(pq.read_schema(file).names)
    elif kind == "jsonl":
        with suppress(OSError, ValueError), file.open("rb") as lines:
            first = json.loads(lines.readline(_LONGEST))
            return isinstance(first, dict) and _are_of_answers(first)
    return False


def _are_of_answers(names: Iterable[str]) -> bool:
    """Whether columns or fields are those of an answer, or of a row that could not be scored."""
    there = list(names)
    return there[:2] == ["file", "row"] and ("model" in there or "error" in there)
