"""One case of an evaluation suite."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.errors import EvaluationError


@dataclass(frozen=True, slots=True)
class Case:
    """A text and what the right answer is.

    label: the product label that the suite tests.
    expected: whether the text has it.
    functionality: the suite's own name for what the case tests.
    target: the suite's own name for the group, or "" where it names none.
    """

    id: str
    text: str
    label: str
    expected: bool
    functionality: str
    target: str


def read_jsonl(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line, row) of a gzip'd JSON-lines file. Raises EvaluationError that names file and line."""
    if not path.is_file():
        raise EvaluationError(
            f"{path} is missing: run 'upstander data fetch', or give the folder with --data"
        )
    number = 0
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                yield number, json.loads(line)
    except (OSError, EOFError, ValueError) as error:
        raise EvaluationError(f"{path}, line {max(number, 1)}: {type(error).__name__}") from error
