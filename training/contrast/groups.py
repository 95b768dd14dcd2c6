"""The groups that the contrast sets speak of, by protected category.

None of them is a group that the suites keep unseen (`groups/unseen.csv` of the data folder): they
measure whether what is learned carries over to people whom training never named. With a data folder
one copy in three speaks of a group of the world from there (`training/world_groups.py`).
`tests/training/test_contrast.py` checks it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Group:
    """People of a protected category.

    plural: "Sikhs". singular: "Sikh", without its article. adjective: "" where there is none, or
    where only a text would need it.
    """

    plural: str
    singular: str
    categories: tuple[str, ...]
    adjective: str = ""


_BEFORE_A_VOWEL: Final = re.compile(r"\b([Aa]) (?=(?:\[\[)?(?:[aeioAEIO]|[Uu](?:n[dt]|m|zb)|H-1B))")


def with_articles(text: str) -> str:
    """The text with "an" for "a" where a vowel follows, or a mark and a vowel."""
    return _BEFORE_A_VOWEL.sub(r"\1n ", text)


_NAMES: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "religion": (
        ("Sikhs", "Sikh"),
        ("Jains", "Jain"),
        ("Anglicans", "Anglican"),
        ("Catholics", "Catholic"),
        ("agnostics", "agnostic"),
        ("Mennonites", "Mennonite"),
        ("Yazidis", "Yazidi"),
        ("Protestants", "Protestant"),
    ),
    "caste": (
        ("Shudras", "Shudra"),
        ("Kshatriyas", "Kshatriya"),
        ("Bahujans", "Bahujan"),
        ("untouchables", "untouchable"),
        ("people from the scheduled castes", "scheduled-caste man"),
        ("Vaishyas", "Vaishya"),
    ),
    "age": (
        ("boomers", "boomer"),
        ("seniors", "senior"),
        ("octogenarians", "octogenarian"),
        ("Gen Z kids", "Gen Z kid"),
        ("retirees", "retiree"),
        ("grandmothers", "grandmother"),
        ("people over seventy", "man over seventy"),
    ),
    "disability": (
        ("blind people", "blind person"),
        ("people with Down syndrome", "person with Down syndrome"),
        ("amputees", "amputee"),
        ("people with cerebral palsy", "person with cerebral palsy"),
        ("people with dwarfism", "person with dwarfism"),
        ("schizophrenic people", "schizophrenic person"),
        ("paraplegics", "paraplegic"),
    ),
    "serious_disease": (
        ("diabetics", "diabetic"),
        ("people with hepatitis", "person with hepatitis"),
        ("AIDS patients", "AIDS patient"),
        ("people with Parkinson's", "person with Parkinson's"),
        ("people with leukaemia", "person with leukaemia"),
        ("stroke survivors", "stroke survivor"),
        ("people with multiple sclerosis", "person with multiple sclerosis"),
    ),
    "national_origin": (
        ("Italians", "Italian"),
        ("Turks", "Turk"),
        ("Somalis", "Somali"),
        ("Koreans", "Korean"),
        ("Brazilians", "Brazilian"),
        ("Russians", "Russian"),
        ("Filipinos", "Filipino"),
        ("Romanians", "Romanian"),
    ),
    "race": (
        ("people of color", "person of color"),
        ("biracial people", "biracial person"),
        ("brown people", "brown person"),
        ("African Americans", "African American"),
        ("Caucasians", "Caucasian"),
    ),
    "ethnicity": (
        ("Armenians", "Armenian"),
        ("Hazaras", "Hazara"),
        ("Aboriginal people", "Aboriginal man"),
        ("Native Americans", "Native American"),
        ("Hispanics", "Hispanic"),
        ("Berbers", "Berber"),
        ("Yoruba people", "Yoruba man"),
    ),
    "gender": (
        ("schoolgirls", "schoolgirl"),
        ("wives", "wife"),
        ("females", "female"),
        ("mothers", "mother"),
        ("husbands", "husband"),
        ("ladies", "lady"),
    ),
    "gender_identity": (
        ("transgender people", "transgender person"),
        ("genderqueer people", "genderqueer person"),
        ("transsexuals", "transsexual"),
        ("transgender teachers", "transgender teacher"),
        ("agender people", "agender person"),
    ),
    "sexual_orientation": (
        ("homosexuals", "homosexual"),
        ("queer people", "queer person"),
        ("asexual people", "asexual person"),
        ("pansexuals", "pansexual"),
        ("gay couples", "gay couple"),
    ),
    "immigration_status": (
        ("migrants", "migrant"),
        ("recent arrivals", "recent arrival"),
        ("guest workers", "guest worker"),
        ("foreigners", "foreigner"),
        ("boat people", "boat person"),
        ("expats", "expat"),
    ),
}

GROUPS: Final[tuple[Group, ...]] = (
    *(
        Group(plural, singular, (category,))
        for category, names in _NAMES.items()
        for plural, singular in names
    ),
    Group("Armenian grandmothers", "Armenian grandmother", ("ethnicity", "age", "gender")),
    Group("Filipino mothers", "Filipino mother", ("national_origin", "gender")),
    Group("queer Brazilians", "queer Brazilian", ("sexual_orientation", "national_origin")),
    Group("blind migrants", "blind migrant", ("disability", "immigration_status")),
)

UNPROTECTED: Final = (
    "bankers",
    "lobbyists",
    "telemarketers",
    "traffic wardens",
    "estate agents",
    "poachers",
    "hackers",
    "crypto traders",
    "football hooligans",
    "tax cheats",
    "celebrities",
    "parking inspectors",
    "senators",
    "journalists",
    "drug dealers",
    "trolls on here",
)
"""People of no protected category: what is said of them is not hate in the product's sense."""

NAMES: Final = (
    "my neighbour",
    "Kevin",
    "my ex",
    "the boss",
    "your cousin",
    "Linda",
    "the goalkeeper",
)
"""One person, whose group nobody speaks of."""

FILLERS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "place": (
            "this town",
            "our street",
            "the suburb",
            "the office",
            "our school",
            "the country",
            "the valley",
            "this city",
            "the harbour",
            "our village",
        ),
        "time": (
            "these days",
            "this year",
            "every summer",
            "since March",
            "lately",
            "after the election",
            "on Sundays",
            "last night",
        ),
        "speaker": (
            "the minister",
            "a radio host",
            "some preacher",
            "the mayor's brother",
            "that columnist",
            "an old pamphlet",
            "a candidate",
            "the general",
            "one of the commenters",
        ),
        "medium": ("on the radio", "in a leaflet", "on television", "in the chat", "in his speech"),
        "unprotected": UNPROTECTED,
        "person": NAMES,
    }
)

OPENERS: Final = (
    "Honestly, ",
    "Listen: ",
    "Just saying, ",
    "imo ",
    "@user ",
    "Hot take: ",
    "One thing first. ",
    "Had a long day. ",
    "To be clear, ",
    "Right, ",
)
"""Set before some of the texts of every kind alike, so that they say nothing of the label."""

CLOSERS: Final = (
    " Anyway, coffee time.",
    " That is all.",
    " http",
    " #thread",
    " Discuss.",
    " Good night everyone.",
    " lol",
    " \U0001f914",
)
"""The same for the end."""
