"""What a report is made of: headings, words, tables and pictures."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.metrics import Measured
from evaluation.page.drawing import Picture

MEASURED = ("value", "95 % interval", "rows")
"""Columns of a number."""


@dataclass(frozen=True, slots=True)
class Table:
    """The first cell of a row names it; the others are numbers unless they are words."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    is_words: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """An error as it is shown. parts: of the text, and whether each carried the score."""

    id: str
    parts: Sequence[tuple[str, bool]]
    expected: bool
    score: float
    kind: str


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it. small: pictures that stand beside each other."""

    anchor: str
    title: str
    words: Sequence[str] = ()
    small: Sequence[Picture] = ()
    pictures: Sequence[Picture] = ()
    tables: Sequence[Table] = ()
    worst: Sequence[Shown] = ()


def cells(measured: Measured | None) -> tuple[str, str, str]:
    """Value, interval and rows in words."""
    if measured is None:
        return ("", "", "")
    return (
        f"{measured.value:.3f}",
        f"{measured.low:.3f} to {measured.high:.3f}",
        f"{measured.rows:,}",
    )


def short(measured: Measured | None) -> str:
    """Value and interval in one cell."""
    if measured is None:
        return ""
    return f"{measured.value:.3f} ({measured.low:.3f} to {measured.high:.3f})"


def plain(name: str) -> str:
    """The name of a number as words."""
    return name.replace("_", " ")
