"""DehumCheck: functional tests for the detection of dehumanizing speech (CC-BY-4.0).

Templates crossed with groups, after HateCheck (Rottger et al. 2021), for the label `dehumanization`
alone: by mechanism, explicit or implicit, by protected category, with the cases that are easily
taken for it. For testing only. The README beside this file is its card.
"""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from evaluation.suites.case import Case
from evaluation.suites.dehumcheck import expand
from evaluation.suites.dehumcheck.vocabulary import HEAD_NOUNS, group_terms

__all__ = ["CASES", "HEAD_NOUNS", "NAME", "group_terms", "load", "templates", "withheld"]

NAME: Final = "dehumcheck"
CASES: Final = Path(__file__).parent / "cases.csv"
"""The expanded cases; `python -m evaluation.suites.dehumcheck` writes them."""

_ANY: Final = r"[\w' -]{2,40}"


def load(folder: Path) -> list[Case]:  # noqa: ARG001 - the suite comes with the package
    """The suite. `folder`, where other suites are, is not read."""
    with CASES.open(encoding="utf-8", newline="") as file:
        return [
            Case(
                id=row["id"],
                text=row["text"],
                label="dehumanization",
                expected=row["expected"] == "yes",
                functionality=row["cell"],
                target=row["group"],
                categories=frozenset(row["category"].split(";")) - {""},
                mechanism=row["mechanism"],
                template=row["template"],
            )
            for row in csv.DictReader(file)
        ]


def withheld(folder: Path) -> Iterator[str]:
    """Every text that training may not hold. `folder` is not read."""
    for case in load(folder):
        yield case.text


def templates() -> list[re.Pattern[str]]:
    """Patterns of the templates, for texts in lower case."""
    found = {template.text.lower() for cell in expand.cells().values() for template in cell}
    return [_pattern(text) for text in sorted(found)]


def _pattern(text: str) -> re.Pattern[str]:
    pieces = [re.escape(piece) for piece in expand.BLANK.split(text)[::2]]
    return re.compile(_ANY.join(pieces))
