"""COLD: Chinese posts about race, region and gender, the official test part (Deng et al. 2022,
Apache-2.0)."""

from pathlib import Path
from typing import Final

from upstander.evaluation.suites.case import Case, read_jsonl

NAME: Final = "cold"
_FILE: Final = "multilingual/cold_zh_test.jsonl.gz"
_KINDS: Final = {
    "0": "other harmless",
    "1": "attacks a person",
    "2": "attacks a group",
    "3": "counter-speech",
}


def load(folder: Path) -> list[Case]:
    """Whether each post is offensive; the functionality is its finer label."""
    return [
        Case(
            id=f"{_FILE}:{line}",
            text=row["TEXT"],
            label="toxicity",
            expected=row["label"] == "1",
            functionality=_KINDS.get(row["fine-grained-label"], ""),
            target=row["topic"],
            source="zh",
        )
        for line, row in read_jsonl(folder / _FILE, "TEXT", "label", "topic", "fine-grained-label")
    ]
