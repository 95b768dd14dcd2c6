"""Jigsaw Toxic Comments, a sample of the official test rows (Jigsaw 2018): six attributes."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from upstander.evaluation.suites.case import Case, read_jsonl

NAME: Final = "jigsaw"
_TEST: Final = "jigsaw_toxic/test_sample.jsonl.gz"

ATTRIBUTES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "toxicity": "toxic",
        "severe_toxicity": "severe_toxic",
        "identity_attack": "identity_hate",
        "insult": "insult",
        "profanity": "obscene",
        "threat": "threat",
    }
)
"""Product label to the column that means the same."""


def load(folder: Path) -> list[Case]:
    """The rows that have all six labels."""
    cases = []
    for _, row in read_jsonl(folder / _TEST, "id", "comment_text", *ATTRIBUTES.values()):
        has = {label: str(row[column]) == "1" for label, column in ATTRIBUTES.items()}
        cases.append(
            Case(
                id=row["id"],
                text=row["comment_text"],
                label="toxicity",
                expected=has.pop("toxicity"),
                functionality="",
                target="",
                also=has,
            )
        )
    return cases
