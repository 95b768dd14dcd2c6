"""DehumCheck: functional tests for the detection of dehumanizing speech (CC-BY-4.0).

Templates crossed with groups, after HateCheck (Rottger et al. 2021), and single texts, for the
label `dehumanization` alone: by mechanism, explicit or implicit, by protected category, with the
cases that are easily taken for it. For testing only. The README beside this file is its card.
"""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from upstander.evaluation.suites.case import Case
from upstander.evaluation.suites.dehumcheck import expand
from upstander.evaluation.suites.dehumcheck.groups import unseen_groups
from upstander.evaluation.suites.dehumcheck.template import CaseTemplate
from upstander.evaluation.suites.dehumcheck.vocabulary import HEAD_NOUNS, group_terms

__all__ = [
    "CASES",
    "HEAD_NOUNS",
    "NAME",
    "group_terms",
    "load",
    "templates",
    "unseen_groups",
    "withheld",
    "world_cells",
]

NAME: Final = "dehumcheck"
CASES: Final = Path(__file__).parent / "cases.csv"
"""The expanded cases; `python -m upstander.evaluation.suites.dehumcheck` writes them."""

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


def world_cells() -> frozenset[str]:
    """The cells whose templates take one group of `unseen_groups` and two others each."""
    return frozenset(
        cell for cell, own in expand.cells().items() if any(template.world for template in own)
    )


def templates() -> list[re.Pattern[str]]:
    """Patterns of the templates, for texts in lower case."""
    found = {_pattern(template) for cell in expand.cells().values() for template in cell}
    return [re.compile(pattern) for pattern in sorted(found)]


def _pattern(template: CaseTemplate) -> str:
    return _ANY.join(re.escape(piece.lower()) for piece in template.pieces)
