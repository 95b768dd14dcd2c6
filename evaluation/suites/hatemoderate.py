"""HateModerate (Zheng et al. 2024): the eight dehumanizing clauses of Facebook's hate policy.

Hateful texts that break a clause, and texts that are not hateful and were written or chosen against
the same clause. Most of it is taken from DynaHate and HateCheck; what training can have seen is
left out.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from upstander.evaluation.suites.case import Case, key, read_jsonl

NAME: Final = "hatemoderate"
_FOLDER: Final = "eval_only/hatemoderate"

CLAUSES: Final = frozenset(
    {
        "subhumanity",
        "insects",
        "sexual predator",
        "feces",
        "dehumanization animal",
        "filth",
        "bacteria",
        "disease",
    }
)
"""The clauses whose description begins with "Dehumanizing speech"."""

_SEEN: Final = (
    ("dynahate/train.jsonl.gz", "text"),
    ("dynahate/dev.jsonl.gz", "text"),
    ("dynahate/dev_typed.jsonl.gz", "text"),
    ("dynahate/test_rounds123_typed.jsonl.gz", "text"),
    ("hatecheck/all_cases.jsonl.gz", "test_case"),
    ("davidson/all.jsonl.gz", "tweet"),
    ("civil_comments_sample/toxic_spans_train.jsonl.gz", "comment_text"),
    ("civil_comments_sample/toxic_spans_test.jsonl.gz", "comment_text"),
)
"""Every file of another data set that holds a text of these clauses, and the column of its text."""


def load(folder: Path) -> list[Case]:
    """The rows of the eight clauses whose text stands in no other data set of the folder."""
    cases = [
        Case(
            id=f"{kind}-{row['example_id']}",
            text=row["sentence"],
            label="dehumanization",
            expected=kind == "hate",
            functionality=f"{row['guideline']}, {kind}",
            target="",
        )
        for kind in ("hate", "nonhate")
        for _, row in read_jsonl(
            folder / _FOLDER / f"all_examples_{kind}.jsonl.gz",
            "example_id",
            "sentence",
            "guideline",
        )
        if row["guideline"] in CLAUSES
    ]
    seen = set(_seen(folder))
    unseen: dict[str, Case] = {}
    for case in cases:
        if (own := key(case.text)) not in seen:
            unseen.setdefault(own, case)
    return list(unseen.values())


def _seen(folder: Path) -> Iterator[str]:
    for path, column in _SEEN:
        for _, row in read_jsonl(folder / path, column):
            yield key(row[column])
