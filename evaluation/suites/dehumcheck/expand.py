"""From templates and groups to cases. The same files always give the same cases, in one order."""

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from evaluation.suites.dehumcheck.spelling import SPELLINGS
from models.labels import TARGETS

_HERE: Final = Path(__file__).parent
_FILES: Final = (
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
"""Names of the template files, in the order of the cases."""

_EACH: Final = 6
"""Cases of a template: half of the categories, so that two in a row see all of them."""
_FORMS: Final = frozenset({"group", "one", "adj"})
BLANK: Final = re.compile(r"\{(\w+)\}")
_HEAD: Final = re.compile(r"<(\w+)>")


@dataclass(frozen=True, slots=True)
class Group:
    """forms: blank to its words; a group without an adjective has no "adj"."""

    name: str
    forms: Mapping[str, str]
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Template:
    """A text with a blank. mechanism and form are "" where nothing is dehumanized.

    only: names of the groups that it is for; empty for all.
    skip: categories of which it would say something else.
    """

    id: str
    cell: str
    text: str
    expected: bool
    mechanism: str = ""
    form: str = ""
    lower: bool = False
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()

    @property
    def blank(self) -> str:
        """What fills it: "group", "one" or "adj", or a list of fillers.toml."""
        (blank,) = {found[1].lower() for found in BLANK.finditer(self.text)}
        return blank

    def filled(self, words: str) -> str:
        """The text with `words` in its blank, with a capital where the blank has one."""

        def fill(blank: re.Match[str]) -> str:
            return words[0].upper() + words[1:] if blank[1][0].isupper() else words

        text = BLANK.sub(fill, self.text)
        return text.lower() if self.lower else text


@dataclass(frozen=True, slots=True)
class Row:
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
def groups() -> tuple[Group, ...]:
    """Every group of groups.toml."""
    return tuple(
        Group(
            name=name,
            forms=MappingProxyType(
                {"group": entry["plural"], "one": entry["one"]}
                | ({"adj": entry["adj"]} if "adj" in entry else {})
            ),
            categories=tuple(entry["categories"]),
        )
        for name, entry in _read("groups.toml").items()
    )


@cache
def cells() -> Mapping[str, tuple[Template, ...]]:
    """Cell to its templates. A template's id is its cell and its place in it."""
    found: dict[str, tuple[Template, ...]] = {}
    for name in _FILES:
        file = _read(f"templates/{name}.toml")
        if name == "spelling":
            found |= {cell: _spelled(cell, file["texts"]) for cell in SPELLINGS}
        else:
            found |= {
                cell: tuple(_template(cell, place, body) for place, body in _bodies(table))
                for cell, table in file.items()
            }
    return MappingProxyType(found)


def rows() -> Iterator[Row]:
    """Every case, cell by cell."""
    for offset, templates in enumerate(cells().values()):
        choose = _Choice(offset)
        for place, template in enumerate(templates):
            if template.blank in _FORMS:
                for group in choose.groups(place, template):
                    yield _row(template, group.name, group.forms[template.blank], group)
            else:
                words = _read("fillers.toml")[template.blank]
                for step in range(_EACH):
                    filler = words[(offset + place * _EACH + step) % len(words)]
                    yield _row(template, filler.lower().replace(" ", "_"), filler, None)


class _Choice:
    """Which groups a cell's templates take: in turn, so that all are used about equally."""

    def __init__(self, offset: int) -> None:
        self._used: dict[str, int] = defaultdict(lambda: offset)

    def groups(self, place: int, template: Template) -> Iterator[Group]:
        """One group of each of six categories; all of `only` where the template has it."""
        if template.only:
            yield from (group for group in groups() if group.name in template.only)
            return
        categories = list(TARGETS)
        start = place * _EACH + place // 2
        turned = categories[start % len(categories) :] + categories[: start % len(categories)]
        chosen = 0
        for category in turned:
            fitting = [
                group
                for group in groups()
                if group.categories[0] == category and template.blank in group.forms
            ]
            if category in template.skip or not fitting or chosen == _EACH:
                continue
            chosen += 1
            yield fitting[self._used[category] % len(fitting)]
            self._used[category] += 1


def _row(template: Template, name: str, words: str, group: Group | None) -> Row:
    return Row(
        id=f"{template.id}-{name}",
        text=template.filled(words),
        expected="yes" if template.expected else "no",
        cell=template.cell,
        mechanism=template.mechanism,
        form=template.form,
        group=group.forms["group"] if group else "",
        category=";".join(group.categories) if group else "",
        template=template.id,
    )


def _template(cell: str, place: int, body: Mapping[str, Any]) -> Template:
    lists = {key: tuple(body[key]) for key in ("only", "skip") if key in body}
    return Template(**{**body, **lists, "id": f"{cell}-{place:02d}", "cell": cell})


def _bodies(table: Mapping[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Place and fields of each text of a cell: what it says itself wins over what the cell says."""
    shared = {key: value for key, value in table.items() if key != "texts"}
    for place, entry in enumerate(table["texts"], start=1):
        own = {"text": entry} if isinstance(entry, str) else entry
        yield place, shared | own


def _spelled(cell: str, texts: list[dict[str, Any]]) -> tuple[Template, ...]:
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


@cache
def _read(name: str) -> dict[str, Any]:
    with (_HERE / name).open("rb") as file:
        return tomllib.load(file)
