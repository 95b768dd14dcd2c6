"""The card as programs read it, out of the same parts."""

from collections.abc import Iterator, Mapping, Sequence

from upstander.models.card import SECTIONS, CardField, CardFile, CardSection
from upstander.models.manifest import Manifest
from upstander.training.card.parts import Part, Table, Written, plain


def structure(sections: Mapping[str, Part], manifest: Manifest, release_date: str) -> CardFile:
    """Every section: a paragraph is a field under its heading's name, so is a table's row.

    sections: id to what stands in it. Raises ValidationError if one is missing or empty.
    """
    return CardFile(
        model_name=manifest.name,
        version=manifest.version,
        release_date=release_date,
        sections=tuple(
            _section(part, own_id, SECTIONS.get(own_id, part.title))
            for own_id, part in sections.items()
        ),
    )


def _section(part: Part, own_id: str, title: str) -> CardSection:
    inner = tuple(_section(own, id_of(own.title), plain(own.title)) for own in part.parts)
    fields = tuple(field for one in part.content for field in _fields(one, plain(title)))
    return CardSection(id=own_id, title=plain(title), fields=fields, subsections=inner or None)


def _fields(one: str | Table | Written, title: str) -> Iterator[CardField]:
    if isinstance(one, Written):
        for block in one.blocks():
            yield from _fields(block, title)
    elif isinstance(one, Table):
        yield from _rows(one)
    else:
        yield CardField(label=title, value=plain(one))


def _rows(table: Table) -> Iterator[CardField]:
    first = ""
    named = len(table.columns) > 2  # a second column alone says what it is by its first
    header: Sequence[str] = table.columns[1:]
    for row in table.rows:
        first = plain(row[0]) or first
        cells = [(name, plain(cell)) for name, cell in zip(header, row[1:], strict=True)]
        value = "; ".join(f"{n}: {cell}" if n and named else cell for n, cell in cells if cell)
        yield CardField(label=first, value=value or "not measured")


def id_of(title: str) -> str:
    """The id of a part for programs."""
    words = "".join(c if c.isascii() and c.isalnum() else " " for c in plain(title).lower())
    return "-".join(words.split())
