"""From templates and groups to cases. The same files always give the same cases, in one order."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from upstander.evaluation.suites.dehumcheck.choice import EACH, Choice, WorldChoice
from upstander.evaluation.suites.dehumcheck.files import read
from upstander.evaluation.suites.dehumcheck.groups import FORMS, CaseGroup, by_plural
from upstander.evaluation.suites.dehumcheck.spelling import SPELLINGS
from upstander.evaluation.suites.dehumcheck.template import CaseTemplate

_FILES_1: Final = (
    "explicit",
    "implicit",
    "hard_positive",
    "spelling",
    "literal",
    "about_speech",
    "friendly",
    "elsewhere",
    "hateful",
)
_FILES_2: Final = (
    "world",
    "disguised",
    "nature",
    "technology",
    "leisure",
    "society",
    "replies",
    "long",
)
_FILES: Final = (*_FILES_1, *_FILES_2)
"""Names of the template files, in the order of the cases; version 2 added the second row."""

_HEAD: Final = re.compile(r"<(\w+)>")


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A line of cases.csv. category: names of models.labels.TARGETS, joined by ";"."""

    id: str
    text: str
    expected: str
    cell: str
    mechanism: str
    form: str
    group: str
    category: str
    template: str


@cache
def cells() -> Mapping[str, tuple[CaseTemplate, ...]]:
    """Cell to its templates. A template's id is its cell and its place in it."""
    found: dict[str, tuple[CaseTemplate, ...]] = {}
    for name in _FILES:
        found |= _cells_of(name)
    return MappingProxyType(found)


@cache
def cells_of_version_2() -> frozenset[str]:
    """Names of the cells that version 2 added."""
    return frozenset(cell for name in _FILES_2 for cell in read(f"templates/{name}.toml"))


def rows() -> Iterator[CaseRow]:
    """Every case, cell by cell."""
    world = WorldChoice()
    for offset, templates in enumerate(cells().values()):
        choose = Choice(offset)
        for place, template in enumerate(templates):
            if template.literal:
                yield _literal(template)
            elif template.world:
                for group in world.groups():
                    yield _row(template, group.name, group.forms[template.blank], group)
            elif template.blank in FORMS:
                for group in choose.groups(place, template):
                    yield _row(template, group.name, group.forms[template.blank], group)
            else:
                words = read("fillers.toml")[template.blank]
                for step in range(EACH):
                    filler = words[(offset + place * EACH + step) % len(words)]
                    yield _row(template, filler.lower().replace(" ", "_"), filler, None)


def _literal(template: CaseTemplate) -> CaseRow:
    group = by_plural()[template.group] if template.group else None
    return _as_row(template, template.id, template.text, group)


def _row(template: CaseTemplate, name: str, words: str, group: CaseGroup | None) -> CaseRow:
    return _as_row(template, f"{template.id}-{name}", template.filled(words), group)


def _as_row(template: CaseTemplate, case: str, text: str, group: CaseGroup | None) -> CaseRow:
    return CaseRow(
        id=case,
        text=text,
        expected="yes" if template.expected else "no",
        cell=template.cell,
        mechanism=template.mechanism,
        form=template.form,
        group=group.forms["group"] if group else "",
        category=";".join(group.categories) if group else "",
        template=template.id,
    )


def _cells_of(name: str) -> dict[str, tuple[CaseTemplate, ...]]:
    file = read(f"templates/{name}.toml")
    if name == "spelling":
        return {cell: _spelled(cell, file["texts"]) for cell in SPELLINGS}
    return {
        cell: tuple(_template(cell, place, body) for place, body in _bodies(table))
        for cell, table in file.items()
    }


def _template(cell: str, place: int, body: Mapping[str, Any]) -> CaseTemplate:
    lists = {key: tuple(body[key]) for key in ("only", "skip") if key in body}
    return CaseTemplate(**{**body, **lists, "id": f"{cell}-{place:02d}", "cell": cell})


def _bodies(table: Mapping[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Place and fields of each text of a cell: what it says itself wins over what the cell says."""
    shared = {key: value for key, value in table.items() if key != "texts"}
    for place, entry in enumerate(table["texts"], start=1):
        own = {"text": entry} if isinstance(entry, str) else entry
        yield place, shared | own


def _spelled(cell: str, texts: list[dict[str, Any]]) -> tuple[CaseTemplate, ...]:
    spell = SPELLINGS[cell]
    return tuple(
        _template(
            cell,
            place,
            body
            | {"text": _HEAD.sub(lambda head: spell(head[1]), body["text"])}
            | {"expected": True, "form": "explicit"},
        )
        for place, body in enumerate(texts, start=1)
    )
