"""Sections as a page, and as Markdown."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from upstander.evaluation.markdown import table as markdown_table
from upstander.evaluation.page.sections import Bar, Section, Table

_FOLDER: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Panel:
    """What is seen at once: the sections of a tab, or one that stands alone.

    slug: of its tab.
    """

    anchor: str
    tab: str
    slug: str
    sections: Sequence[Section]
    is_alone: bool


def html(title: str, lead: str, parts: Sequence[Section]) -> str:
    """A page that needs no other file and no network. lead: what stands at the top."""
    environment = Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined
    )
    panels = _panels(parts)
    return environment.get_template("page.html").render(
        title=title,
        lead=lead,
        css=(_FOLDER / "page.css").read_text(encoding="utf-8"),
        panels=panels,
        tabs=[panel for panel in panels if not panel.is_alone],
    )


def markdown(title: str, parts: Sequence[Section]) -> str:
    """The words and tables, without pictures and texts."""
    lines = [f"# {title}", ""]
    for section in parts:
        lines += [f"## {section.title}", ""]
        for words in section.words:
            lines += [words, ""]
        for tile in section.tiles:
            note = f"{'' if tile.note.startswith('(') else ','} {tile.note}" if tile.note else ""
            lines.append(f"- **{tile.value}** {tile.what}{note}")
        if section.tiles:
            lines.append("")
        for number, item in enumerate(section.items, start=1):
            lines.append(f"{number}. **{item.title}** {item.words}")
        if section.items:
            lines.append("")
        for table in section.tables:
            lines += [*_table(table), ""]
    return "\n".join(lines)


def _panels(parts: Sequence[Section]) -> list[Panel]:
    """The sections of each tab together, in the order of their first, then those that are alone."""
    panels = []
    for tab in dict.fromkeys(part.tab for part in parts):
        own = [part for part in parts if part.tab == tab]
        slug = re.sub(r"[^a-z0-9]+", "-", tab.lower()).strip("-")
        together = [part for part in own if not part.is_alone]
        panels.append(Panel(f"tab-{slug}", tab, slug, together, is_alone=False))
        panels += [
            Panel(f"alone-{part.anchor}", tab, slug, [part], is_alone=True)
            for part in own
            if part.is_alone
        ]
    return panels


def _table(table: Table) -> Iterator[str]:
    """What is only drawn is left out: its number stands beside it."""
    drawn = {place for row in table.rows for place, cell in enumerate(row) if isinstance(cell, Bar)}
    kept = [place for place in range(len(table.columns)) if place not in drawn]
    yield f"**{table.caption}**"
    yield ""
    header = [table.columns[place] for place in kept]
    rows = ([row[place] for place in kept] for row in table.rows)
    yield from markdown_table(header, rows, of_numbers=True)
