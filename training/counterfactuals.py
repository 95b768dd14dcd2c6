"""Counterfactual augmentation: the same sentence about another group.

Public data speaks of a few groups thousands of times and of most never, and worse of some than of
others, so a model learns the groups along with the hate. In a repeated row, the one group that it
names gives way to another: what was hateful of the one is hateful of the other, and what was kind
stays kind. Source: counterfactual data augmentation, Lu et al. 2020, Gender Bias in Neural Natural
Language Processing.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Final

from upstander.evaluation.taxonomy import known
from upstander.training.contrast.groups import Group, with_articles
from upstander.training.example import Example
from upstander.training.group_specific_words import fits_any_group, fitting_categories
from upstander.training.mentions import Mention, mentions
from upstander.training.seeded_random import uniform
from upstander.training.world_groups import WorldGroups

SPOKEN_OF: Final = (
    Group("women", "woman", ("gender",)),
    Group("men", "bloke", ("gender",)),
    Group("Muslims", "Muslim", ("religion",), "Muslim"),
    Group("Jews", "Jew", ("religion", "ethnicity"), "Jewish"),
    Group("Jewish people", "Jewish person", ("religion", "ethnicity"), "Jewish"),
    Group("Catholics", "Catholic", ("religion",), "Catholic"),
    Group("Hindus", "Hindu", ("religion",), "Hindu"),
    Group("black people", "black person", ("race",), "black"),
    Group("white people", "white person", ("race",), "white"),
    Group("Asians", "Asian", ("race",), "Asian"),
    Group("gay people", "gay person", ("sexual_orientation",), "gay"),
    Group("gays", "gay guy", ("sexual_orientation",), "gay"),
    Group("lesbians", "lesbian", ("sexual_orientation",), "lesbian"),
    Group("trans people", "trans person", ("gender_identity",), "trans"),
    Group("trans women", "trans woman", ("gender_identity", "gender")),
    Group("immigrants", "immigrant", ("immigration_status",), "immigrant"),
    Group("asylum seekers", "asylum seeker", ("immigration_status",), "asylum-seeking"),
    Group("disabled people", "disabled person", ("disability",), "disabled"),
    Group("deaf people", "deaf person", ("disability",), "deaf"),
    Group("autistic people", "autistic person", ("disability",), "autistic"),
    Group("mentally ill people", "mentally ill person", ("disability",), "mentally ill"),
    Group("old people", "old person", ("age",), "old"),
    Group("Africans", "African", ("national_origin", "race"), "African"),
    Group("Indians", "Indian", ("national_origin",), "Indian"),
    Group("Pakistanis", "Pakistani", ("national_origin",), "Pakistani"),
    Group("Chinese people", "Chinese person", ("national_origin",), "Chinese"),
    Group("Mexicans", "Mexican", ("national_origin", "ethnicity"), "Mexican"),
    Group("Poles", "Pole", ("national_origin",), "Polish"),
    Group("Americans", "American", ("national_origin",), "American"),
    Group("travellers", "traveller", ("ethnicity",)),
)
"""Groups that the public sets speak of most. A third of the swapped rows are about one of them, so
that none is spoken of worse than another; a third about a common group of the world, and a third
about any. Those that stand in `groups/unseen.csv` are not written."""

_GENDERED: Final = frozenset(("gender", "gender_identity"))


def swapped(row: Example, seed: int, groups: WorldGroups) -> Example | None:
    """The row about another group, or None if it does not clearly name exactly one.

    The marked stretches move with the text. The targets become the categories of the new group, as
    a guess: `targets` is weak. The names are English, so a row in another language is none.
    """
    if row.language != "en" or not fits_any_group(row.text):
        return None
    found = mentions(row.text, groups)
    if not found or len({mention.key for mention in found}) != 1:
        return None
    if not fits_any_group(row.text, found[0].key, [(m.begin, m.end) for m in found]):
        return None
    group = _other_group(row, found, seed, groups)
    if group is None:
        return None
    keeps_case = not row.text.islower()
    text, spans = replaced(
        row.text,
        [(m.begin, m.end, _written(m, group, keeps_case)) for m in found],
        row.spans or (),
    )
    if groups.holds_unseen(text):
        return None
    categories = {*group.categories, *({"gender"} if any(_is_gendered(m) for m in found) else ())}
    return replace(
        row,
        text=text,
        targets=known(categories),
        weak=row.weak | {"targets"},
        spans=None if row.spans is None else spans,
    )


def _other_group(
    row: Example, found: Sequence[Mention], seed: int, groups: WorldGroups
) -> Group | None:
    draw = uniform(seed, "pool", row.id)
    pools: tuple[Iterable[Group], ...] = (SPOKEN_OF, groups.common, groups.any)
    pool = pools[min(int(draw * 3), 2)]
    categories = fitting_categories(row.text)
    own = {mention.name.lower() for mention in found} | {found[0].key}
    needs_adjective = any(mention.form == "adjective" for mention in found)
    fitting = [
        group
        for group in pool
        if not own & {n.lower() for n in (group.plural, group.singular, group.adjective)}
        and (categories is None or categories & {*group.categories})
        and (not needs_adjective or (group.adjective and not _GENDERED & {*group.categories}))
        and not (group.plural == "Jewish people" and "jew" in own)
    ]
    return fitting[int(uniform(seed, "swap", row.id) * len(fitting))] if fitting else None


def _is_gendered(mention: Mention) -> bool:
    return bool(
        re.fullmatch(r"(?:wo)?m[ae]n|girls?|boys?|lad(?:y|ies)|(?:fe)?males?", mention.kind)
    )


def _written(mention: Mention, group: Group, keeps_case: bool) -> str:
    """The new group in the form and the letter case of what it replaces."""
    name = {
        "plural": group.plural,
        "singular": group.singular,
        "adjective": group.adjective,
    }[mention.form]
    if mention.name.isupper() and len(mention.name) > 1:
        name = name.upper()
    elif not keeps_case:
        name = name.lower()
    elif not mention.article and mention.name[0].isupper() and mention.begin == 0:
        name = name[0].upper() + name[1:]
    if mention.kind:
        name = f"{name} {mention.kind}"
    if not mention.article:
        return name
    an = with_articles(f"a {name}")
    return an[0].upper() + an[1:] if mention.article[0].isupper() else an


def replaced(
    text: str, changes: Sequence[tuple[int, int, str]], spans: Collection[tuple[int, int]]
) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The text with each stretch (begin, end) replaced by its new words, and the marks moved along.

    changes: in order, none touching another. A mark that touches part of a replaced stretch covers
    all of the new words; every other marked word stays the same.
    """
    pieces = []
    moved = [(0, 0)]  # (place in the old text from which on, how far what follows has moved)
    done = shift = 0
    for begin, end, new in changes:
        pieces += [text[done:begin], new]
        shift += len(new) - (end - begin)
        moved.append((end, shift))
        done = end
    pieces.append(text[done:])

    def place(old: int, is_end: bool) -> int:
        for begin, end, _ in changes:
            if begin < old < end:
                old = end if is_end else begin
        # The end of a stretch is the end of its new words; what begins there begins after them.
        return old + next(by for start, by in reversed(moved) if start <= old)

    return "".join(pieces), tuple((place(b, False), place(e, True)) for b, e in spans)
