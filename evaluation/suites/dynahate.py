"""DynaHate, typed test rows of rounds 1 to 3 (Vidgen et al. 2021): written to fool a model."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from upstander.evaluation import taxonomy
from upstander.evaluation.suites.case import Case, read_jsonl

NAME: Final = "dynahate"
_TEST: Final = "dynahate/test_rounds123_typed.jsonl.gz"
_COLUMNS: Final = ("acl.id", "text", "label", "type", "target", "round.base")


def load(folder: Path) -> list[Case]:
    """The official test split. Round 1 has no type and no target."""
    return [
        Case(
            id=row["acl.id"],
            text=row["text"],
            label="hate",
            expected=row["label"] == "hate",
            functionality=f"round {row['round.base']}, {row['type']}",
            target=row["target"] if row["target"] not in ("none", "notgiven") else "",
            categories=frozenset(
                name for name, has in taxonomy.from_codes(row["target"].split(",")).items() if has
            ),
            also=_dehumanization(row),
        )
        for _, row in read_jsonl(folder / _TEST, *_COLUMNS)
    ]


def withheld(folder: Path) -> Iterator[str]:
    """Every text that training may not hold."""
    return (case.text for case in load(folder))


def _dehumanization(row: dict[str, Any]) -> dict[str, bool]:
    # Dehumanization is a form of hate: what is not hateful has none.
    if row["label"] != "hate":
        return {"dehumanization": False}
    return {} if row["type"] == "notgiven" else {"dehumanization": row["type"] == "dehumanization"}
