"""What a card is made of: parts with a title, paragraphs, tables and parts of their own.

Words may hold `code` and *stress* in the marks of Markdown, and nothing else of it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

_MARKS: Final = re.compile(r"`|\*+")
_RULE: Final = re.compile(r"[\s|:-]+")
_ITEM: Final = re.compile(r"^[-*] ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Link:
    """A cell that leads somewhere."""

    text: str
    address: str

    def __str__(self) -> str:
        return self.text if self.text == self.address else f"{self.text} ({self.address})"


Cell = str | Link


@dataclass(frozen=True, slots=True)
class Table:
    """The first cell of a row names it; where it is empty, it is that of the row above."""

    kind: ClassVar[str] = "table"
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Written:
    """Markdown that people wrote: paragraphs, lists and tables."""

    kind: ClassVar[str] = "written"
    markdown: str

    def blocks(self) -> Iterator[str | Table]:
        """Each paragraph and item of a list on one line, and each table."""
        for block in re.split(r"\n\s*\n", self.markdown.strip()):
            lines = block.splitlines()
            if lines[0].startswith("|"):
                header, *rows = (_cells(line) for line in lines if not _RULE.fullmatch(line))
                yield Table(header, rows)
            else:
                yield from (" ".join(i.split()) for i in _ITEM.split(block) if i.strip())


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|")]


@dataclass(frozen=True, slots=True)
class Part:
    """A heading and what stands under it. A paragraph is a string."""

    title: str
    content: Sequence[str | Table | Written]
    parts: Sequence["Part"] = ()


def plain(words: str | Link) -> str:
    """Words without marks, on one line."""
    return " ".join(_MARKS.sub("", str(words)).split())


def measured(number: object) -> str:
    """A number with its interval, out of JSON, or nothing."""
    if not isinstance(number, dict):
        return ""
    return f"{number['value']:.3f} ({number['low']:.3f} to {number['high']:.3f})"
