"""What a report is made of: headings, words, numbers, tables, pictures and examples."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from upstander.evaluation.intervals import Measured

MEASURED: Final = ("value", "95 % interval", "rows")
"""Columns of a number."""

LOW_IS_GOOD: Final = "lower is better"


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
class Bar:
    """A cell that draws a number with its interval on a line.

    value, low, high: places on the line, from 0 (left) to 1 (right).
    must: the place of what the number is held against, or None.
    is_good: whether it reaches that; None where there is nothing to judge by.
    """

    kind: ClassVar[str] = "bar"
    value: float
    low: float
    high: float
    must: float | None = None
    is_good: bool | None = None


@dataclass(frozen=True, slots=True)
class Shade:
    """A cell of a heat map. step: 0 (worst) to 4 (best). note: shown on hovering."""

    kind: ClassVar[str] = "shade"
    text: str
    step: int
    note: str = ""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Link:
    """A cell that leads to a section of the report."""

    kind: ClassVar[str] = "link"
    text: str
    anchor: str

    def __str__(self) -> str:
        return self.text


Cell = str | Bar | Shade | Link


@dataclass(frozen=True, slots=True)
class Table:
    """The first cell of a row names it; the others are numbers unless they are words.

    is_wide: a grid whose first column stays in sight while the others scroll.
    """

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    is_words: bool = False
    is_wide: bool = False


@dataclass(frozen=True, slots=True)
class Tile:
    """A number that stands alone. tone: "good", "bad" or ""."""

    value: str
    what: str
    note: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A text as it is shown. parts: of the text, and whether each carried the score.

    answer: what its label says, in words. score: None where it was not kept.
    """

    id: str
    parts: Sequence[tuple[str, bool]]
    answer: str
    score: float | None
    kind: str


@dataclass(frozen=True, slots=True)
class Item:
    """A point of a list. shown: texts that show it, behind a click."""

    title: str
    words: str
    shown: Sequence[Shown] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it. small: pictures that stand beside each other.

    worst: texts, hidden until they are asked for. worst_are, answer_is: what they and the second
        column are. has_texts: whether the texts are there, or their ids alone.
    tab: the tab that it is under; "" in a report without tabs. is_alone: it is seen by itself, and
        the tab has a link to it.
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
    tiles: Sequence[Tile] = ()
    items: Sequence[Item] = ()
    tab: str = ""
    is_alone: bool = False


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


def bar(measured: Measured | None) -> Cell:
    """A share as a line from 0 to 1; an empty cell where there is no number."""
    return "" if measured is None else Bar(measured.value, measured.low, measured.high)


_NUMBERS: Final = {"auc": "AUC", "brier": "Brier score", "f1": "F1", "macro_f1": "macro-F1"}


def plain(name: str) -> str:
    """A name of the code as words."""
    return name.replace("_", " ")


def number_in_words(name: str) -> str:
    """What a number is called."""
    return _NUMBERS.get(name, plain(name))
