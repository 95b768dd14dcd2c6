"""The same sentence about another group: rows whose group is swapped, label and all else kept.

DynaHate speaks of a few groups thousands of times and of most never, and worse of some than of
others, so a model learns the groups along with the hate. In a repeated row, the one group that it
names gives way to another: what was hateful of the one is hateful of the other, and what was kind
stays kind. Source: counterfactual data augmentation, Lu et al. 2020, Gender Bias in Neural Natural
Language Processing.
"""

import re
from dataclasses import replace
from typing import Final

from evaluation.taxonomy import known
from training.contrast.groups import GROUPS, Group, with_articles
from training.draws import uniform
from training.example import Example

SPOKEN_OF: Final = (
    Group("women", "woman", ("gender",)),
    Group("men", "bloke", ("gender",)),
    Group("girls", "girl", ("gender",)),
    Group("Muslims", "Muslim", ("religion",)),
    Group("Jews", "Jew", ("religion", "ethnicity")),
    Group("Jewish people", "Jewish person", ("religion", "ethnicity")),
    Group("Christians", "Christian", ("religion",)),
    Group("Hindus", "Hindu", ("religion",)),
    Group("black people", "black person", ("race",)),
    Group("white people", "white person", ("race",)),
    Group("Asians", "Asian", ("race",)),
    Group("gay people", "gay person", ("sexual_orientation",)),
    Group("gays", "gay guy", ("sexual_orientation",)),
    Group("lesbians", "lesbian", ("sexual_orientation",)),
    Group("bisexuals", "bisexual", ("sexual_orientation",)),
    Group("trans people", "trans person", ("gender_identity",)),
    Group("trans women", "trans woman", ("gender_identity", "gender")),
    Group("immigrants", "immigrant", ("immigration_status",)),
    Group("refugees", "refugee", ("immigration_status",)),
    Group("disabled people", "disabled person", ("disability",)),
    Group("deaf people", "deaf person", ("disability",)),
    Group("autistic people", "autistic person", ("disability",)),
    Group("mentally ill people", "mentally ill person", ("disability",)),
    Group("old people", "old person", ("age",)),
    Group("Africans", "African", ("national_origin", "race")),
    Group("Indians", "Indian", ("national_origin",)),
    Group("Pakistanis", "Pakistani", ("national_origin",)),
    Group("Chinese people", "Chinese person", ("national_origin",)),
    Group("Mexicans", "Mexican", ("national_origin", "ethnicity")),
    Group("Poles", "Pole", ("national_origin",)),
    Group("Americans", "American", ("national_origin",)),
    Group("travellers", "traveller", ("ethnicity",)),
)
"""Groups that DynaHate's own training rows speak of. Half of the swapped rows are about one of
them, so that none is spoken of worse than another; half about a group of the contrast sets."""

_ADJECTIVES: Final = (
    "black|white|brown|asian|jewish|muslim|christian|gay|lesbian|bisexual|trans|transgender|queer|"
    "disabled|deaf|autistic|old|elderly|chinese|indian|african|arab|polish|mexican|immigrant"
)
_NAMED: Final = re.compile(
    r"\b(?:muslims|jews|christians|catholics|hindus|sikhs|blacks|whites|asians|arabs|mexicans|"
    r"africans|indians|pakistanis|latinos|hispanics|gypsies|travellers|women|men|girls|gays|"
    r"lesbians|bisexuals|homosexuals|transgenders|immigrants|migrants|refugees|foreigners|"
    rf"asylum seekers|(?:{_ADJECTIVES}) (?:people|folks?|women|men|girls|guys))\b",
    re.IGNORECASE,
)
_ONE_NAMED: Final = re.compile(
    rf"\ban? ((?:{_ADJECTIVES}) (?:person|woman|man|guy|girl|boy|lady|bloke)|"
    r"(?:muslim|jew|christian|hindu|arab|mexican|african|indian|pakistani|lesbian|gay|woman|"
    r"immigrant|migrant|refugee|foreigner)"
    # Not where it belongs to a noun: "a Muslim school" has no plural of people in it.
    r"(?=[.,!?;:)]|$| (?:is|was|will|can|should|has|does|in|on|at|who|that|to|as|and|or|for|from|"
    r"with|by|because|but|when|i|you)\b))",
    re.IGNORECASE,
)


def swapped(row: Example, seed: int) -> Example | None:
    """The row about another group, or None if it does not name exactly one."""
    several = {match.lower() for match in _NAMED.findall(row.text)}
    one = {match.lower() for match in _ONE_NAMED.findall(row.text)}
    if len(several) + len(one) != 1 or row.spans:
        return None
    pool = SPOKEN_OF if uniform(seed, "pool", row.id) < 0.5 else GROUPS
    group = pool[int(uniform(seed, "swap", row.id) * len(pool))]
    text = _NAMED.sub(lambda match: _like(match[0], group.plural), row.text)
    text = _ONE_NAMED.sub(lambda match: _like(match[0], with_articles(f"a {group.singular}")), text)
    return replace(row, text=text, targets=known(group.categories), weak=row.weak | {"targets"})


def _like(before: str, name: str) -> str:
    """The name in upper case if what it replaces is, and in lower case if that is."""
    if before.isupper():
        return name.upper()
    return name.lower() if before.islower() else name[0].upper() + name[1:]
