"""The card as structured data, out of its Markdown: one text, two forms."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

from models.card import SECTIONS, ModelCard
from models.manifest import Manifest

_IDS: Final = {title: own_id for own_id, title in SECTIONS.items()}


@dataclass(slots=True)
class _Section:
    title: str
    level: int
    fields: list[dict[str, str]] = field(default_factory=list)
    subsections: list["_Section"] = field(default_factory=list)

    def plain(self) -> dict[str, Any]:
        found = {"id": _id_of(self.title), "title": self.title, "fields": self.fields}
        inner = [section.plain() for section in self.subsections]
        return {**found, "subsections": inner} if inner else found


def structure(markdown: str, manifest: Manifest, release_date: str) -> ModelCard:
    """The sections of a card: a paragraph is a field under its heading's name, so is a table's row.

    markdown: the card without its front matter. What stands before the first section of the second
    level is left out. Raises ValidationError if a section is missing or empty.
    """
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown)
    whole = _Section("", 1)
    path = [whole]
    row: list[str] = []
    header: list[str] = []
    first = ""
    for token, inline in _with_content(tokens):
        if token.type == "heading_open":
            level = int(token.tag[1:])
            if level == 1:
                continue
            while path[-1].level >= level:
                path.pop()
            section = _Section(inline, level)
            path[-1].subsections.append(section)
            path.append(section)
        elif token.type == "paragraph_open" and len(path) > 1:
            path[-1].fields.append({"label": path[-1].title, "value": inline})
        elif token.type == "table_open":
            header, first = [], ""
        elif token.type == "tr_open":
            row = []
        elif token.type in ("th_open", "td_open"):
            row.append(inline)
        elif token.type == "tr_close" and not header:
            header = row
        elif token.type == "tr_close":
            first = row[0] or first  # a cell that is left empty is that of the row above
            named = len(header) > 2  # a second column alone says what it is by its first
            cells = zip(header[1:], row[1:], strict=True)
            told = "; ".join(f"{n}: {cell}" if n and named else cell for n, cell in cells if cell)
            path[-1].fields.append({"label": first, "value": told or "not measured"})
    return ModelCard.model_validate(
        {
            "model_name": manifest.name,
            "version": manifest.version,
            "release_date": release_date,
            "sections": [section.plain() for section in whole.subsections],
        }
    )


def _with_content(tokens: Sequence[Token]) -> Iterator[tuple[Token, str]]:
    """Each token, and the words of the inline token that follows it."""
    for token, then in zip(tokens, [*tokens[1:], None], strict=True):
        has_words = then is not None and then.type == "inline"
        yield token, _words(then) if then is not None and has_words else ""


def _words(inline: Token) -> str:
    """Inline Markdown as plain text; an address stays behind its words."""
    found: list[str] = []
    addresses: list[str] = []
    for child in inline.children or ():
        if child.type in ("softbreak", "hardbreak"):
            found.append(" ")
        elif child.type == "link_open":
            addresses.append(str(child.attrs["href"]))
        elif child.type == "link_close":
            address = addresses.pop()
            found.append("" if "".join(found).endswith(address) else f" ({address})")
        else:
            found.append(child.content)
    return "".join(found)


def _id_of(title: str) -> str:
    return _IDS.get(title) or re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
