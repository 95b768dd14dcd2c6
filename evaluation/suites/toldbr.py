"""ToLD-Br: Brazilian tweets, toxic or not (Leite et al. 2020, CC BY-SA 4.0).

The set has no official test part that its copies agree on, so one tweet in ten is held out, by a
hash of its text.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from upstander.evaluation.suites.case import Case, digest, read_jsonl

NAME: Final = "toldbr"
_FILE: Final = "multilingual/toldbr_pt.jsonl.gz"

OF_GROUPS: Final = ("homophobia", "racism", "misogyny", "xenophobia")
"""The kinds of toxicity that are about a group."""
KINDS: Final = (*OF_GROUPS, "insult", "obscene")
_PARTS: Final = 10


def load(folder: Path) -> list[Case]:
    """The tweets that are held out. One with any vote of three people for any kind is toxic."""
    found = []
    for line, row in read_jsonl(folder / _FILE, "text", *KINDS):
        if not is_test(row["text"]):
            continue
        votes = votes_of(row)
        found.append(
            Case(
                id=f"{_FILE}:{line}",
                text=row["text"],
                label="toxicity",
                expected=any(votes.values()),
                functionality=max(KINDS, key=lambda kind: votes[kind])
                if any(votes.values())
                else "none",
                target="",
                source="pt",
            )
        )
    return found


def votes_of(row: Mapping[str, Any]) -> dict[str, int]:
    """How many of three people saw each kind of toxicity. Raises ValueError for no number."""
    return {kind: int(float(row[kind])) for kind in KINDS}


def is_test(text: str) -> bool:
    """Whether a tweet is held out."""
    return int(digest("toldbr", text)[:8], 16) % _PARTS == 0
