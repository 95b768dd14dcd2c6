"""The groups that cases name."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from upstander.evaluation.suites.dehumcheck.files import read

FORMS: Final = frozenset({"group", "one", "singular", "adj"})
"""The blanks that a group fills."""


@dataclass(frozen=True, slots=True)
class CaseGroup:
    """forms: blank to its words; a group without an adjective has no "adj".

    unseen: training must not make sentences with the group's names.
    world: the templates of the cells about world groups take it in turn.
    """

    name: str
    forms: Mapping[str, str]
    categories: tuple[str, ...]
    unseen: bool = False
    world: bool = False


@cache
def groups() -> tuple[CaseGroup, ...]:
    """The groups of groups.toml, which the templates of version 1 take in turn."""
    return tuple(_group(name, entry) for name, entry in read("groups.toml").items())


@cache
def every_group() -> tuple[CaseGroup, ...]:
    """The groups of groups.toml, then those of groups_more.toml."""
    more = tuple(_group(name, entry) for name, entry in read("groups_more.toml").items())
    return groups() + more


@cache
def by_plural() -> Mapping[str, CaseGroup]:
    """The plural of a group to the group."""
    return MappingProxyType({group.forms["group"]: group for group in every_group()})


def unseen_groups() -> frozenset[str]:
    """The plurals of the groups that training must not make sentences with."""
    return frozenset(plural for plural, group in by_plural().items() if group.unseen)


def _group(name: str, entry: Mapping[str, Any]) -> CaseGroup:
    one = str(entry["one"])
    forms = {"group": entry["plural"], "one": one, "singular": one.partition(" ")[2]}
    if "adj" in entry:
        forms["adj"] = entry["adj"]
    return CaseGroup(
        name=name,
        forms=MappingProxyType(forms),
        categories=tuple(entry["categories"]),
        unseen=entry.get("unseen", False),
        world=entry.get("world", False),
    )
