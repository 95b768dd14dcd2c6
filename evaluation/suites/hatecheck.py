"""HateCheck: 3,728 functional tests for hate speech detection (Rottger et al. 2021, CC-BY-4.0).

Templates, for testing only: no text of it, and no text that fills one of its templates, is in the
training data.
"""

import csv
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from upstander.evaluation import taxonomy
from upstander.evaluation.errors import EvaluationError
from upstander.evaluation.suites.case import Case, read_jsonl

NAME: Final = "hatecheck"
_SUITE: Final = "hatecheck/test_suite_cases.jsonl.gz"
_ALL: Final = "hatecheck/all_cases.jsonl.gz"
_VERDICTS: Final = "eval_only/perspective_on_hatecheck/verdicts.csv"
PERSPECTIVE: Final = "Perspective API"
_COLUMNS: Final = (
    "functionality",
    "case_id",
    "test_case",
    "label_gold",
    "target_ident",
    "case_templ",
)
_ARTICLE: Final = re.compile(r"\ba(?=\\ \\\[)")
_BLANK: Final = re.compile(r"\\\[[^\]]*\\\]")


def load(folder: Path) -> list[Case]:
    """The official test suite, with the verdicts that its authors had from the Perspective API.

    They read "hateful" where its IDENTITY_ATTACK was at least 0.5. Without their file a case has
    none.
    """
    verdicts = _verdicts(folder / _VERDICTS)
    return [
        Case(
            id=row["case_id"],
            text=row["test_case"],
            label="hate",
            expected=row["label_gold"] == "hateful",
            functionality=row["functionality"],
            target=row["target_ident"],
            categories=frozenset(
                name for name, has in taxonomy.from_codes([row["target_ident"]]).items() if has
            ),
            cluster=row["case_templ"],
            verdicts=verdicts.get(str(row["case_id"]), {}),
        )
        for _, row in read_jsonl(folder / _SUITE, *_COLUMNS)
    ]


def _verdicts(path: Path) -> dict[str, Mapping[str, bool]]:
    """Case to what the other system says of it."""
    if not path.is_file():
        return {}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return {
                row["case_id"]: {PERSPECTIVE: row["pred_perspective"] == "hateful"}
                for row in csv.DictReader(file)
            }
    except (OSError, ValueError, KeyError, csv.Error) as error:
        raise EvaluationError(f"{path}: {type(error).__name__}") from error


def withheld(folder: Path) -> Iterator[str]:
    """Every text that training may not hold: the suite and the cases that were left out of it."""
    for _, row in read_jsonl(folder / _ALL, *_COLUMNS):
        yield row["test_case"]


def templates(folder: Path) -> list[re.Pattern[str]]:
    """Patterns of the templates that have a blank, for texts in lower case."""
    found = {row["case_templ"].strip() for _, row in read_jsonl(folder / _ALL, *_COLUMNS)}
    return [_pattern(template.lower()) for template in sorted(found) if "[" in template]


def _pattern(template: str) -> re.Pattern[str]:
    # The article goes with the word in the blank: 49 cases have "an" where their template has "a".
    # Written as a class with a count, like the blank, it is not mistaken for a word of the text.
    articled = _ARTICLE.sub("a[n]{0,1}", re.escape(template))
    return re.compile(_BLANK.sub(r"[\\w' -]{2,40}", articled))
