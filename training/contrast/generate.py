"""Contrast sets: sentences that differ in what matters, for what public data lacks.

Public data has next to no rows about caste, age or serious disease, few mechanistic or implicit
forms, and few texts that use the words of hate without hate: literal uses, quotations, negations.
These sentences are made from the templates beside this file. Each template is filled with other
groups and other nouns, as many times as every other of its kind, and hateful and harmless ones get
the same openers, closers, letter case and slips of the keyboard, so that none of these tells the
label. Sentences come in pairs that differ by the group only, and share an id.

A template is held out as a whole: its sentences are all in training or all in `dev`.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from upstander.evaluation.taxonomy import known
from upstander.models.labels import MECHANISMS
from upstander.training.contrast.groups import (
    CLOSERS,
    FILLERS,
    GROUPS,
    OPENERS,
    Group,
    with_articles,
)
from upstander.training.contrast.nouns import NOUNS, PHRASES
from upstander.training.example import Example, Split
from upstander.training.seeded_random import uniform
from upstander.training.world_groups import WorldGroups

NAME: Final = "contrast"

_TEMPLATES: Final = Path(__file__).parent / "templates"
_BLANK: Final = re.compile(r"\{(\w+)\}")
_DOUBLED: Final = re.compile(r"\b(the) the\b", re.IGNORECASE)
"""Where a noun brings its own article: "the" before "the dregs"."""
_MARKED: Final = re.compile(r"\[\[|\]\]")
_SEED: Final = 3
_HELD_OUT: Final = 7
"""One template of so many in each list is held out, for validation and calibration."""

_KINDS: Final = ("dehumanizing", "hateful", "harmless")
_COPIES: Final = 8
_OF_THE_WORLD: Final = 3
"""One copy in so many speaks of a group of the data folder."""
_WITHOUT_A_GROUP: Final = 4
"""Sentences a template, unless its file says `copies`; fewer where there is no group to vary."""


@dataclass(frozen=True, slots=True)
class Template:
    """A sentence with blanks.

    kind: `dehumanizing`, `hateful` or `harmless`: the folder of its file. cell: the table that it
        stands in, which is the mechanism for those that dehumanize. copies: how many sentences are
        made of it. A hateful twin of a denial is seldom met, and as many of them as of denials
        would teach that a denial says nothing.
    text: with [[...]] around what an annotator would mark, and blanks such as {groups}.
    held_out: whether its sentences are for validation and calibration.
    """

    kind: str
    cell: str
    text: str
    held_out: bool
    copies: int

    @property
    def names_a_group(self) -> bool:
        """Whether a protected group fills one of its blanks."""
        return "{group" in self.text

    @property
    def plain(self) -> str:
        """The text without the marks."""
        return _MARKED.sub("", self.text)


def templates() -> list[Template]:
    """Every template, in the order of the files."""
    found = []
    for kind, file in ((k, f) for k in _KINDS for f in sorted((_TEMPLATES / k).glob("*.toml"))):
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
        copies = int(tables.pop("copies", _COPIES))
        for cell, lists in tables.items():
            found += [
                Template(kind, cell, text, number % _HELD_OUT == 3, copies)
                for texts in lists.values()
                for number, text in enumerate(texts)
            ]
    return found


def examples(world: WorldGroups | None = None) -> Iterator[Example]:
    """Every sentence, the same at every call.

    world: groups of the data folder, whom one copy in three speaks of; without them all speak of
        this package's own.
    """
    for number, template in enumerate(templates()):
        split: Split = "dev" if template.held_out else "train"
        copies = template.copies if template.names_a_group else _WITHOUT_A_GROUP
        seen = set()
        for copy in range(copies):
            group = _group(number, copy, world)
            draw = copy // 2 if template.names_a_group else copy
            text, spans = fill(template, group, draw)
            if text in seen:
                continue
            seen.add(text)
            yield Example(
                text=text,
                source=NAME,
                id=f"{template.kind}.{template.cell}.{number}.{draw}",
                split=split,
                labels=_labels(template),
                mechanisms=_mechanisms(template),
                targets=_targets(template, group),
                spans=spans,
            )


def _group(number: int, copy: int, world: WorldGroups | None) -> Group:
    if world is None or (number + copy) % _OF_THE_WORLD:
        return GROUPS[(number * 7 + copy * 5) % len(GROUPS)]
    pool = world.common if uniform(_SEED, "pool", number, copy) < 0.5 else world.any
    return pool[int(uniform(_SEED, "world", number, copy) * len(pool))]


def fill(template: Template, group: Group, copy: int) -> tuple[str, tuple[tuple[int, int], ...]]:
    """One sentence, and the stretches that are marked in it, in code points."""

    def draw(what: str) -> float:
        return uniform(_SEED, what, template.text, copy)

    def choose(what: str, values: tuple[str, ...]) -> str:
        return values[int(draw(what) * len(values))]

    def word(match: re.Match[str]) -> str:
        blank = match[1]
        if blank == "groups":
            return group.plural
        if blank == "group":
            return group.singular
        if blank == "demon_one":
            return choose("demon", ("fiend", "ghoul", "imp", "goblin", "zombie"))
        return choose(blank, NOUNS[blank] if blank in NOUNS else FILLERS[blank])

    filled = _DOUBLED.sub(r"\1", _BLANK.sub(word, template.text))
    sentence = re.sub(r"(^|[.?!] )((?:\[\[)?)(\w)", _capital, with_articles(filled))
    if draw("opener?") < 0.2:
        sentence = choose("opener", OPENERS) + sentence
    if draw("closer?") < 0.15:
        sentence += choose("closer", CLOSERS)
    if draw("slip?") < 0.12:
        sentence = _slip(sentence, draw("which"), draw("where"))
    if draw("case?") < 0.2:
        sentence = sentence.lower()
    return _unmark(sentence)


def _capital(match: re.Match[str]) -> str:
    return match[1] + match[2] + match[3].upper()


def _slip(text: str, which: float, where: float) -> str:
    """The text with one slip of the keyboard: a lost letter, two that changed places, a lost space.

    which, where: in [0, 1).
    """
    pattern = r"(?<=[A-Za-z]) (?=[A-Za-z])" if which < 1 / 3 else r"(?<=[A-Za-z])[a-z]{2}(?=[a-z])"
    places = [match.start() for match in re.finditer(pattern, text)]
    if not places:
        return text
    at = places[int(where * len(places))]
    if which < 2 / 3:
        return text[:at] + text[at + 1 :]
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def _unmark(text: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    plain = ""
    spans = []
    for index, part in enumerate(_MARKED.split(text)):
        if index % 2:
            spans.append((len(plain), len(plain) + len(part)))
        plain += part
    return plain, tuple(spans)


def _labels(template: Template) -> dict[str, float]:
    return {
        "hate": float(template.kind != "harmless"),
        "dehumanization": float(template.kind == "dehumanizing"),
    }


def _mechanisms(template: Template) -> dict[str, float]:
    own = template.cell if template.kind == "dehumanizing" else ""
    return {mechanism: float(mechanism == own) for mechanism in MECHANISMS}


def _targets(template: Template, group: Group) -> dict[str, float]:
    if template.names_a_group:
        return known(group.categories)
    # "These people" are of some group that is not said.
    return {} if template.kind == "dehumanizing" else known(())


def head_nouns() -> frozenset[str]:
    """The head nouns of every metaphor, in lower case."""
    return frozenset(
        re.sub(r"^(an?|the) (bad )?", "", noun).lower()
        for nouns in (*NOUNS.values(), *PHRASES.values())
        for noun in nouns
    )
