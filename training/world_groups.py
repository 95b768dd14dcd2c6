"""Groups of the world, read from the data folder: whom swaps and contrast sentences speak of.

`groups/train.csv` names the groups that training may speak of. `groups/unseen.csv` names those that
measure how the model judges people whom training never named: no sentence that this project makes
or swaps may hold one of their names. Natural posts may.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, Protocol

from upstander.models.labels import TARGETS
from upstander.training.contrast.groups import Group
from upstander.training.errors import DataError

TRAIN: Final = "groups/train.csv"
UNSEEN: Final = "groups/unseen.csv"
FILES: Final = (TRAIN, UNSEEN)
"""Paths relative to the data folder."""

_COLUMNS: Final = ("plural", "singular", "adjective", "category", "region", "aliases", "common")
_ALSO: Final = (
    (re.compile(r"\bJews?\b"), ("religion", "ethnicity")),
    (re.compile(r"\b(?:wo)?men\b|\bboys\b"), ("gender",)),
    (re.compile(r"\bBlack\b|^Afro-(?!Ir)|^Africans$"), ("race",)),
    (re.compile(r"^(?:Mexicans|Chinese people)$"), ("ethnicity",)),
    (re.compile(r"^(?:South Indians|Koreans|Northeast Indians)$"), ("national_origin",)),
    (re.compile(r"^foreign"), ("national_origin",)),
)
"""Categories that a name implies beside the one of its row."""

_WORD: Final = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class WorldGroup:
    """One row of a file of groups.

    plural: "Tutsis"; singular: "Tutsi", without an article; adjective: "Tutsi", or "" where English
        has none. categories: protected categories, that of the row first.
    aliases: other plural names. common: whether an average English reader knows the group.
    """

    plural: str
    singular: str
    adjective: str
    categories: tuple[str, ...]
    region: str
    aliases: tuple[str, ...]
    common: bool

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that the row gives."""
        named = (self.plural, self.singular, self.adjective, *self.aliases)
        return tuple(name for name in named if name)

    @property
    def group(self) -> Group:
        """As the contrast sets and swaps have it."""
        return Group(self.plural, self.singular, self.categories, self.adjective)


@dataclass(frozen=True, slots=True, eq=False)
class WorldGroups:
    """The groups of a data folder. Compared and hashed by identity, because there is one a folder.

    listed: every row of train.csv, for finding groups in texts.
    any, common: those of them that may be written into a text: no name of theirs holds an unseen
        one ("Christian Scientists" holds "Christian").
    unseen: words of each unseen name by its first word.
    """

    listed: tuple[WorldGroup, ...]
    any: tuple[Group, ...]
    common: tuple[Group, ...]
    unseen: Mapping[str, tuple[tuple[str, ...], ...]]

    def holds_unseen(self, text: str) -> bool:
        """Whether the text holds a name of an unseen group: whole words, letter case as listed."""
        return _holds(self.unseen, text)


class SwapChoice(Protocol):
    """What a recipe says of a source: `upstander.training.recipe.SourceChoice`."""

    @property
    def use(self) -> bool: ...
    @property
    def swap(self) -> bool: ...
    @property
    def repeat(self) -> int: ...


@lru_cache(maxsize=8)
def world_groups(folder: Path) -> WorldGroups:
    """The groups of a data folder. Raises DataError for a file that is missing or broken."""
    unseen: dict[str, list[tuple[str, ...]]] = {}
    for row in _read(folder / UNSEEN):
        for name in row.names:
            first, *rest = _WORD.findall(name)
            unseen.setdefault(first, []).append((first, *rest))
    by_first = {first: tuple(names) for first, names in unseen.items()}
    listed = tuple(_read(folder / TRAIN))
    may_be_written = [
        row
        for row in listed
        if not any(_holds(by_first, name) for name in (row.plural, row.singular, row.adjective))
    ]
    if not any(row.common for row in may_be_written):
        raise DataError(f"{folder / TRAIN}: no group in it is common and unlike the unseen ones")
    return WorldGroups(
        listed=listed,
        any=tuple(row.group for row in may_be_written),
        common=tuple(row.group for row in may_be_written if row.common),
        unseen=by_first,
    )


def swaps_groups(choices: Iterable[SwapChoice]) -> bool:
    """Whether any source of a recipe has rows that are repeated about another group."""
    return any(choice.use and choice.swap and choice.repeat > 1 for choice in choices)


def world_groups_if_there(folder: Path) -> WorldGroups | None:
    """The groups of a data folder, or None if it has no file of them."""
    return world_groups(folder) if (folder / TRAIN).is_file() else None


def _holds(names: Mapping[str, tuple[tuple[str, ...], ...]], text: str) -> bool:
    words = _WORD.findall(text)
    return any(
        tuple(words[place : place + len(name)]) == name
        for place, word in enumerate(words)
        for name in names.get(word, ())
    )


def _read(path: Path) -> Iterator[WorldGroup]:
    if not path.is_file():
        raise DataError(
            f"{path} is missing: give the data folder with --data, or turn 'swap' off in the recipe"
        )
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            rows = csv.DictReader(lines, strict=True)
            if missing := set(_COLUMNS) - set(rows.fieldnames or ()):
                raise DataError(f"{path}, line 1: column {min(missing)!r} is missing")
            found = [_group(row, f"{path}, line {rows.line_num}") for row in rows]
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: not a CSV file in UTF-8 ({type(error).__name__})") from error
    if not found:
        raise DataError(f"{path}, line 1: the file holds no rows")
    yield from found


def _group(row: Mapping[str | None, str | None], place: str) -> WorldGroup:
    values = {column: (row.get(column) or "").strip() for column in _COLUMNS}
    if None in row or not _WORD.search(values["plural"]) or not _WORD.search(values["singular"]):
        raise DataError(f"{place}: expected a plural, a singular and {len(_COLUMNS)} columns")
    if values["category"] not in TARGETS:
        raise DataError(f"{place}: unknown category; expected one of {', '.join(TARGETS)}")
    if values["common"] not in {"0", "1"}:
        raise DataError(f"{place}: column 'common' must be 0 or 1")
    also = (c for pattern, more in _ALSO if pattern.search(values["plural"]) for c in more)
    return WorldGroup(
        plural=values["plural"],
        singular=values["singular"],
        adjective=values["adjective"],
        categories=tuple(dict.fromkeys((values["category"], *also))),
        region=values["region"],
        aliases=tuple(alias for name in values["aliases"].split(";") if (alias := name.strip())),
        common=values["common"] == "1",
    )
