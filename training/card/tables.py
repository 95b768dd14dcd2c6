"""Markdown tables."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """The lines of a table."""
    lines = ["| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return lines


def measured(number: Mapping[str, Any] | None) -> str:
    """A number with its interval, or nothing."""
    if not number:
        return ""
    return f"{number['value']:.3f} ({number['low']:.3f} to {number['high']:.3f})"
