"""GAHD: German sentences written to fool a detector, the official test part (Goldzycher et al.
2024, CC BY 4.0)."""

from pathlib import Path
from typing import Final

from upstander.evaluation.suites.case import Case, read_jsonl

NAME: Final = "gahd"
_FILE: Final = "multilingual/gahd_de.jsonl.gz"
_TEST: Final = "test"


def load(folder: Path) -> list[Case]:
    """The rows of the official test part; the functionality is the round of the game."""
    return [
        Case(
            id=row["gahd_id"],
            text=row["text"],
            label="hate",
            expected=row["label"] == "1",
            functionality=row["round"],
            target="",
            source="de",
        )
        for _, row in read_jsonl(folder / _FILE, "gahd_id", "text", "label", "round", "split")
        if row["split"] == _TEST
    ]
