"""A finding about one part of an installation."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "note", "wrong"]
"""note: it works, and could be better. wrong: it does not work, or not as it was meant."""


@dataclass(frozen=True, slots=True)
class Finding:
    """part: such as `store`. message: one line, which says what to do if something is wrong."""

    level: Level
    part: str
    message: str

    def __str__(self) -> str:
        return f"{self.level:5} {self.part}: {self.message}"


Findings = Iterator[Finding]


def wrong(part: str, error: object) -> Finding:
    """What an error says, in one line."""
    return Finding("wrong", part, " ".join(str(error).split()))
