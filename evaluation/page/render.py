"""Sections as a page, and as Markdown."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from evaluation.page.sections import Section, Table

_FOLDER: Final = Path(__file__).parent


def html(title: str, lead: str, parts: Sequence[Section]) -> str:
    """A page that needs no other file and no network. lead: what stands at the top."""
    environment = Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("page.html").render(
        title=title,
        lead=lead,
        css=(_FOLDER / "page.css").read_text(encoding="utf-8"),
        sections=parts,
    )


def markdown(title: str, parts: Sequence[Section]) -> str:
    """The words and tables, without pictures and texts."""
    lines = [f"# {title}", ""]
    for section in parts:
        lines += [f"## {section.title}", ""]
        for words in section.words:
            lines += [words, ""]
        for table in section.tables:
            lines += [*_table(table), ""]
    return "\n".join(lines)


def _table(table: Table) -> Iterator[str]:
    yield f"**{table.caption}**"
    yield ""
    yield _row(table.columns)
    yield _row(["---", *["---:"] * (len(table.columns) - 1)])
    for row in table.rows:
        yield _row(row)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
