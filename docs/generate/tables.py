"""Pages, tables and plain words in Markdown."""

from collections.abc import Iterable, Sequence

from upstander.evaluation import markdown


def page(title: str, *parts: str) -> str:
    """A page of parts with a blank line between them."""
    return "\n\n".join((f"# {title}", *parts)) + "\n"


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; a cell may hold any text."""
    return "\n".join(markdown.table(header, rows))


def plain(text: str | None) -> str:
    """A text in one line."""
    return " ".join((text or "").split())


def either(words: Sequence[str]) -> str:
    """Words as a choice: `a`, `b` or `c`."""
    *most, last = (f"`{word}`" for word in words)
    return f"{', '.join(most)} or {last}" if most else last
