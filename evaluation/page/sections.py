"""What a report is made of: headings, words, tables and pictures."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.intervals import Measured

MEASURED = ("value", "95 % interval", "rows")
"""Columns of a number."""


@dataclass(frozen=True, slots=True)
class Picture:
    """title: above it. alt: what it shows, for who cannot see it. svg: the drawing."""

    title: str
    alt: str
    svg: str

    @property
    def address(self) -> str:
        """As an address that holds all of it."""
        return "data:image/svg+xml;base64," + b64encode(self.svg.encode()).decode()


@dataclass(frozen=True, slots=True)
class Table:
    """The first cell of a row names it; the others are numbers unless they are words."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    is_words: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A text as it is shown. parts: of the text, and whether each carried the score.

    answer: what its label says, in words.
    """

    id: str
    parts: Sequence[tuple[str, bool]]
    answer: str
    score: float
    kind: str


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it. small: pictures that stand beside each other.

    worst: texts, hidden until they are asked for. worst_are, answer_is: what they and the second
        column are. has_texts: whether the texts are there, or their ids alone.
    """

    anchor: str
    title: str
    words: Sequence[str] = ()
    small: Sequence[Picture] = ()
    pictures: Sequence[Picture] = ()
    tables: Sequence[Table] = ()
    worst: Sequence[Shown] = ()
    worst_are: str = "of the worst errors"
    answer_is: str = "should be"
    has_texts: bool = True


def cells(measured: Measured | None, digits: int = 3) -> tuple[str, str, str]:
    """Value, interval and rows in words."""
    if measured is None:
        return ("", "", "")
    return (
        f"{measured.value:.{digits}f}",
        f"{measured.low:.{digits}f} to {measured.high:.{digits}f}",
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
