"""HateCheck: 3,728 functional tests for hate speech detection (Rottger et al. 2021, CC-BY-4.0).

Templates, for testing only: no text of it, and no text that fills one of its templates, is in the
training data.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from evaluation.suites.case import Case, read_jsonl

NAME: Final = "hatecheck"
_SUITE: Final = "hatecheck/test_suite_cases.jsonl.gz"
_ALL: Final = "hatecheck/all_cases.jsonl.gz"
_BLANK: Final = re.compile(r"\\\[[^\]]*\\\]")


def load(folder: Path) -> list[Case]:
    """The official test suite."""
    return [
        Case(
            id=row["case_id"],
            text=row["test_case"],
            label="hate",
            expected=row["label_gold"] == "hateful",
            functionality=row["functionality"],
            target=row["target_ident"],
        )
        for _, row in read_jsonl(folder / _SUITE)
    ]


def withheld(folder: Path) -> Iterator[str]:
    """Every text that training may not hold: the suite and the cases that were left out of it."""
    for _, row in read_jsonl(folder / _ALL):
        yield row["test_case"]


def templates(folder: Path) -> list[re.Pattern[str]]:
    """Patterns of the templates that have a blank, for texts in lower case."""
    found = {row["case_templ"].strip() for _, row in read_jsonl(folder / _ALL)}
    return [
        re.compile(_BLANK.sub(r"[\\w' -]{2,40}", re.escape(template.lower())))
        for template in sorted(found)
        if "[" in template
    ]
