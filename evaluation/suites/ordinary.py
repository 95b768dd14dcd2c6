"""Everyday posts of 35 domains that must be left alone: sports, health, history, logs, reviews.

Presumed harmless, not labelled: a small share of rude or hostile rows is left, most of them in
comments and tweets. Read false alarms by domain.
"""

from pathlib import Path
from typing import Final

from upstander.evaluation.suites.case import Case, read_jsonl

NAME: Final = "ordinary"
MORE: Final = "ordinary_more"
_FILE: Final = "ordinary/test.jsonl.gz"
_MORE: Final = "eval_only/ordinary_more.jsonl.gz"


def load(folder: Path) -> list[Case]:
    """The test rows of all domains."""
    return _cases(folder, _FILE)


def load_more(folder: Path) -> list[Case]:
    """Rows whose licence is unknown or for research only: for evaluation alone."""
    return _cases(folder, _MORE)


def _cases(folder: Path, path: str) -> list[Case]:
    return [
        Case(
            id=row["id"],
            text=row["text"],
            label="hate",
            expected=False,
            functionality=row["domain"],
            target="",
            also={"dehumanization": False},
        )
        for _, row in read_jsonl(folder / path, "id", "text", "domain")
    ]
