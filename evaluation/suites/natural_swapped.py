"""Natural dehumanizing posts, said of other groups of the world: is the same sentence judged alike?

A post of `natural` is taken if it names exactly one group, and a category of that group is among
those that its annotators gave it. Each is said of six groups that training may name and six that it
never names; the groups are read from the data folder, and the texts are in no file.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from upstander.evaluation.suites import natural
from upstander.evaluation.suites.case import Case
from upstander.evaluation.suites.groups import Form, SwapGroup, articled, draw, read_groups

NAME: Final = "natural_swapped"
_EACH: Final = 6
"""Groups of each part for one post."""

_PEOPLES: Final = frozenset(
    {"religion", "caste", "national_origin", "race", "ethnicity", "immigration_status"}
)
"""What is swapped for what: of a people, nearly every such sentence says the same. Said of an age,
a disability or a gender it often says something else, or is no sentence anybody would write."""
_ALIKE: Final = frozenset({"race", "ethnicity", "national_origin"})
"""Categories that a reader does not tell apart by the name of a group alone."""
_NAMED_TOO: Final = frozenset({"gender", "gender_identity", "sexual_orientation"})
"""A post that names such a group as well is about more than one."""

_COMMON: Final = tuple(
    SwapGroup(plural, singular, adjective, category, "seen")
    for plural, singular, adjective, category in (
        ("Jews", "Jew", "Jewish", "religion"),
        ("Muslims", "Muslim", "Muslim", "religion"),
        ("Christians", "Christian", "Christian", "religion"),
        ("blacks", "black", "", "race"),
        ("whites", "white", "", "race"),
        ("Asians", "Asian", "Asian", "race"),
        ("Arabs", "Arab", "Arab", "ethnicity"),
        ("Hispanics", "Hispanic", "Hispanic", "ethnicity"),
        ("Latinos", "Latino", "Latino", "ethnicity"),
        ("Gypsies", "Gypsy", "Gypsy", "ethnicity"),
        ("Pakis", "Paki", "Paki", "ethnicity"),
        ("Negroes", "Negro", "Negro", "race"),
        ("immigrants", "immigrant", "immigrant", "immigration_status"),
        ("illegal immigrants", "illegal immigrant", "illegal immigrant", "immigration_status"),
        ("migrants", "migrant", "migrant", "immigration_status"),
        ("refugees", "refugee", "refugee", "immigration_status"),
        ("gays", "gay", "gay", "sexual_orientation"),
        ("homosexuals", "homosexual", "homosexual", "sexual_orientation"),
    )
)
"""Names that posts use and the lists of groups, which are in neutral terms, do not hold."""

_ANY_CASE: Final = frozenset(
    {
        *("jews", "jew", "jewish", "muslims", "muslim", "christians", "christian", "arabs", "arab"),
        *("asians", "asian", "mexicans", "mexican", "indians", "africans", "african", "irish"),
        *("hispanics", "latinos", "gypsies", "black", "black people", "white people", "negroes"),
        *("asian people", "chinese people", "irish people", "americans", "pakistanis", "negro"),
    }
)
"""Capitalised names that hold in lower case too: many posts have no capitals, and none of these
is another word."""
_MEN_AND_WOMEN: Final = frozenset({"men", "women", "man", "woman", "male", "female", "boys", "boy"})
"""Behind the adjective of a group they say no more than "people"."""
_ELSEWHERE: Final = re.compile(
    r"\b(?:n.gg|n.gs\b|k.kes?\b|sh.t ?skin|porch m.nkey|sp.cs?\b|m.sl[eu]m|mu[sz]rat|m.zzie|wetb"
    r"|sand n|h.be\b)|lives matter",
    re.IGNORECASE,
)
"""Slurs, by their stems: a post with one may be about other people than those that it names."""


_BEGINS: Final = re.compile(r"(?:^|[.!?]\W*\s)\W*$")
"""Where a sentence begins: at the end of what stands before it."""


@dataclass(frozen=True, slots=True)
class Place:
    """A group that a text names: where, in which words, and in which form."""

    begin: int
    words: str
    group: SwapGroup
    form: Form

    @property
    def end(self) -> int:
        """Behind its last character."""
        return self.begin + len(self.words)

    @property
    def is_either(self) -> bool:
        """Whether the words are a noun and an adjective alike, such as "Arab"."""
        return self.form == "singular" and self.group.singular == self.group.adjective


def load(folder: Path) -> list[Case]:
    """Each post that can be swapped, about twelve other groups.

    The functionality of a case is the part of its group: "seen" or "unseen".
    """
    groups = read_groups(folder)
    names = names_of(groups)
    return [
        case
        for post in natural.load(folder)
        if post.expected
        for case in _swapped(post, names, groups)
    ]


def names_of(groups: Sequence[SwapGroup]) -> "Names":
    """What a post may call these groups, and the common names that are in no list."""
    return Names((*groups, *_COMMON))


class Names:
    """Every form of every group of a people, found in a text; the longest wins."""

    def __init__(self, groups: Sequence[SwapGroup]) -> None:
        self._named: dict[str, tuple[SwapGroup, Form]] = {}
        for group in groups:
            if group.category not in _PEOPLES | _NAMED_TOO:
                continue
            for form, words in _forms(group):
                self._named.setdefault(words, (group, form))
                if words.lower() in _ANY_CASE:
                    self._named.setdefault(words.lower(), (group, form))
                self._named.setdefault(words[0].upper() + words[1:], (group, form))
        longest = sorted(self._named, key=len, reverse=True)
        self._pattern = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, longest))})(?![\w-])")

    def found(self, text: str) -> list[Place]:
        """What the text names, from left to right."""
        places = [Place(m.start(), m[0], *self._named[m[0]]) for m in self._pattern.finditer(text)]
        return [
            place
            for before, place in zip((None, *places), places, strict=False)
            if before is None
            or place.words.lower() not in _MEN_AND_WOMEN
            or before.form != "adjective"
            or place.begin != before.end + 1
        ]


def _forms(group: SwapGroup) -> Iterator[tuple[Form, str]]:
    yield "plural", group.plural
    for alias in group.aliases:
        yield "plural", alias
    yield "singular", group.singular
    if group.adjective and group.adjective != group.singular:
        yield "adjective", group.adjective


def _swapped(post: Case, names: Names, groups: Sequence[SwapGroup]) -> Iterator[Case]:
    places = names.found(post.text)
    named = {_root(place.group) for place in places}
    if len(named) != 1 or _ELSEWHERE.search(post.text):
        return
    category = places[0].group.category
    categories = _ALIKE if category in _ALIKE else frozenset({category})
    if category not in _PEOPLES or not categories & post.categories:
        return
    others = [
        other
        for other in groups
        if _root(other) not in named
        and all(other.form(place.form) for place in places)
        and (other.singular == other.adjective or not any(place.is_either for place in places))
    ]
    for other in draw(others, post.id, _EACH, _EACH // 2, _PEOPLES):
        yield replace(
            post,
            id=f"{post.id}-{other.plural.lower().replace(' ', '_')}",
            text=_about(post.text, places, other),
            functionality=other.part,
            target=other.plural,
            categories=frozenset({other.category}),
            template=post.id,
            rationale=(),
        )


def _root(group: SwapGroup) -> str:
    """One name for a group that stands in several lists."""
    return group.plural.lower().removesuffix(" people").rstrip("s")


def _about(text: str, places: Sequence[Place], other: SwapGroup) -> str:
    """The text with another group in each place, in the form and the case that stood there."""
    lowered = text.islower()
    for place in reversed(places):
        words = other.form(place.form)
        if lowered:
            words = words.lower()
        elif place.words.isupper():
            words = words.upper()
        elif _BEGINS.search(text[: place.begin]) and place.words[0].isupper():
            words = words[0].upper() + words[1:]
        text = articled(text[: place.begin] + words + text[place.end :], place.begin)
    return text
