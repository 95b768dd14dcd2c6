"""Answers to hate and talk with machines that nobody calls abusive: `toxicity` must not flag them.

Adversarial counter-speech (dynacounter), what people say to chat bots (ConvAbuse, Cercas Curry et
al. 2021) and counter-speech on Reddit (validation rows labelled by people).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from upstander.evaluation.suites.case import Case, read_jsonl

NAME: Final = "counterspeech"
_DYNACOUNTER: Final = "eval_only/dynacounter/all.jsonl.gz"
_CONVABUSE: Final = "convabuse/test.jsonl.gz"
_REDDIT: Final = "reddit_counterspeech/validation_set.jsonl.gz"

KINDS: Final = ("dynacounter", "convabuse", "reddit")
"""The functionalities."""


def load(folder: Path) -> list[Case]:
    """The harmless rows of the three sets, each text once."""
    found: dict[str, Case] = {}
    for kind, place, text in _rows(folder):
        found.setdefault(
            text,
            Case(
                id=f"{kind}:{place}",
                text=text,
                label="toxicity",
                expected=False,
                functionality=kind,
                target="",
            ),
        )
    return list(found.values())


def _rows(folder: Path) -> Iterator[tuple[str, str, str]]:
    """(kind, line, text) of each row; the ids of these sets are not unique."""
    for line, row in read_jsonl(folder / _DYNACOUNTER, "response", "gold_label"):
        if row["gold_label"] == "counterspeech":
            yield KINDS[0], str(line), row["response"]
    for line, row in read_jsonl(folder / _CONVABUSE, "user", "severity_votes"):
        # 1 is not abusive, 0 unclear, and what is below is abusive.
        if row["severity_votes"] and min(row["severity_votes"]) >= 1:
            yield KINDS[1], str(line), row["user"]
    for line, row in read_jsonl(folder / _REDDIT, "reply", "label"):
        if str(row["label"]) == "2":
            yield KINDS[2], str(line), row["reply"]
