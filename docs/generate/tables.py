"""Pages, tables and plain words in Markdown."""

from collections.abc import Iterable, Sequence


def page(title: str, *parts: str) -> str:
    """A page of parts with a blank line between them."""
    return "\n\n".join((f"# {title}", *parts)) + "\n"


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; a cell may hold any text."""
    lines = ["| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
    for row in rows:
        cells = (plain(str(cell)).replace("|", "\\|") for cell in row)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def plain(text: str | None) -> str:
    """A text in one line."""
    return " ".join((text or "").split())


def either(words: Sequence[str]) -> str:
    """Words as a choice: `a`, `b` or `c`."""
    *most, last = (f"`{word}`" for word in words)
    return f"{', '.join(most)} or {last}" if most else last
