"""Mapping the groups of data sets to protected categories."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from upstander.models.labels import TARGETS

_CODES: Final[Mapping[str, tuple[str, ...]]] = {
    # DynaHate and HatemojiBuild: the target codes in the annotation guidelines of Vidgen 2021.
    "bla": ("race",),
    "bla.wom": ("race", "gender"),
    "blawom": ("race", "gender"),
    "bla.man": ("race", "gender"),
    "blaman": ("race", "gender"),
    "african": ("national_origin", "race"),
    "jew": ("religion", "ethnicity"),
    "mus": ("religion",),
    "mus.wom": ("religion", "gender"),
    "muswom": ("religion", "gender"),
    "hindu": ("religion",),
    "sikh": ("religion",),
    "wom": ("gender",),
    "man": ("gender",),
    "trans": ("gender_identity",),
    "gendermin": ("gender_identity",),
    "lgbtq": ("sexual_orientation", "gender_identity"),
    "lgbtqa": ("sexual_orientation", "gender_identity"),
    "gay": ("sexual_orientation",),
    "gay.man": ("sexual_orientation",),
    "gayman": ("sexual_orientation",),
    "gay.wom": ("sexual_orientation",),
    "gaywom": ("sexual_orientation",),
    "bis": ("sexual_orientation",),
    "dis": ("disability",),
    "immig": ("immigration_status",),
    "ref": ("immigration_status",),
    "asylum": ("immigration_status",),
    "asy": ("immigration_status",),
    "for": ("immigration_status", "national_origin"),
    "arab": ("ethnicity",),
    "asi": ("race",),
    "asi.man": ("race",),
    "asi.wom": ("race", "gender"),
    "asiwom": ("race", "gender"),
    "asi.east": ("race", "national_origin"),
    "asi.south": ("race", "national_origin"),
    "asi.south.east": ("race", "national_origin"),
    "asi.chin": ("national_origin",),
    "asi.east.chin": ("national_origin",),
    "asi.pak": ("national_origin",),
    "asi.south.pak": ("national_origin",),
    "asi.south.india": ("national_origin",),
    "asi.india": ("national_origin",),
    "nat.poland": ("national_origin",),
    "nat.germany": ("national_origin",),
    "nat.ireland": ("national_origin",),
    "nat.france": ("national_origin",),
    "nat.russia": ("national_origin",),
    "nat.israel": ("national_origin",),
    "nat.wales": ("national_origin",),
    "nat.southafrica": ("national_origin",),
    "nat.philippines": ("national_origin",),
    "europe.east": ("national_origin",),
    "pol": ("national_origin",),
    "eastern.europe": ("national_origin",),
    "eastern europe": ("national_origin",),
    "russian": ("national_origin",),
    "hispanic": ("ethnicity",),
    "hisp": ("ethnicity",),
    "lat": ("ethnicity",),
    "indig": ("ethnicity",),
    "indig.wom": ("ethnicity", "gender"),
    "indigwom": ("ethnicity", "gender"),
    "trav": ("ethnicity",),
    "mixed.race": ("race",),
    "mixed race": ("race",),
    "mix.race": ("race",),
    "non.white": ("race",),
    "non.white.wom": ("race", "gender"),
    "minority groups": ("race",),
    "ethnic.minority": ("ethnicity",),
    "ethmin": ("ethnicity",),
    "old.people": ("age",),
    "old people": ("age",),
    # ToxiGen.
    "asian": ("race",),
    "black": ("race",),
    "chinese": ("national_origin",),
    "jewish": ("religion", "ethnicity"),
    "latino": ("ethnicity",),
    "mental_dis": ("disability",),
    "mental dis": ("disability",),
    "mexican": ("national_origin", "ethnicity"),
    "middle_east": ("national_origin", "ethnicity"),
    "middle east": ("national_origin", "ethnicity"),
    "middle-eastern": ("national_origin", "ethnicity"),
    "muslim": ("religion",),
    "native_american": ("ethnicity",),
    "native american": ("ethnicity",),
    "native-american": ("ethnicity",),
    "physical_dis": ("disability",),
    "physical dis": ("disability",),
    "women": ("gender",),
    "bisexual": ("sexual_orientation",),
    "immigrant": ("immigration_status",),
    "trans_people": ("gender_identity",),
    # HateXplain.
    "arabic": ("ethnicity",),
    "caucasian": ("race",),
    "hispanics": ("ethnicity",),
    "indigenous": ("ethnicity",),
    "indian": ("national_origin",),
    "islam": ("religion",),
    "christian": ("religion",),
    "buddhism": ("religion",),
    "nonreligious": ("religion",),
    "men": ("gender",),
    "homosexual": ("sexual_orientation",),
    "heterosexual": ("sexual_orientation",),
    "asexual": ("sexual_orientation",),
    "refugee": ("immigration_status",),
    "disability": ("disability",),
    # MLMA.
    "muslims": ("religion",),
    "jews": ("religion", "ethnicity"),
    "indian/hindu": ("religion", "national_origin"),
    "arabs": ("ethnicity",),
    "asians": ("race",),
    "african_descent": ("race",),
    "special_needs": ("disability",),
    "immigrants": ("immigration_status",),
    "refugees": ("immigration_status",),
    # Wiegand 2022 and the HateCheck suites.
    "gays": ("sexual_orientation",),
    "gay people": ("sexual_orientation",),
    "trans people": ("gender_identity",),
    "black people": ("race",),
    "disabled people": ("disability",),
}

_WORDS: Final[tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]] = tuple(
    (re.compile(rf"\b(?:{words})", re.IGNORECASE), categories)
    for words, categories in (
        (r"black|african|white|caucasian|asian|biracial|mixed race|people of color|poc", ("race",)),
        (r"jew|semit", ("religion", "ethnicity")),
        (r"muslim|islam|christian|catholic|hindu|sikh|buddhis|atheis|mormon|protestant|quaker|relig",
         ("religion",)),
        (r"dalits?\b|brahmin|shudra|untouchables|(?:low|high|upper|scheduled)(?:er)?.castes?\b",
         ("caste",)),
        (r"hispanic|latin[oax]|arab|nati?ve american|indigenous|aborigin|gyps|roma(?:ni)?\b|ethni",
         ("ethnicity",)),
        (r"kurd|uyghur|rohingya|tutsi|hutu|hazara|armenian|yoruba", ("ethnicity",)),
        (r"middle east|mexic|chinese|japan|korea|indian|pakistan|polish|poles\b|russia|ethiopi",
         ("national_origin",)),
        (r"syria|iran|iraq|afghan|saudi|turk(?:s|ish)\b|somali|nigeria|brazil|filipin|vietnam",
         ("national_origin",)),
        (r"romanian|albanian|ukrain|irish|british|french|german|italian", ("national_origin",)),
        (r"foreign", ("national_origin", "immigration_status")),
        (r"immigra|refugee|migrant|asylum|undocumented", ("immigration_status",)),
        (r"wom[ae]n|feminis|female|girl|\bmen\b|\bmales?\b", ("gender",)),
        (r"trans(?:\b|gender|sexual|phob|vest|wom|m[ae]n)|non-?binary|genderqueer",
         ("gender_identity",)),
        (r"lgbt", ("sexual_orientation", "gender_identity")),
        (r"gay|lesbian|homosexual|bisexual|queer", ("sexual_orientation",)),
        (r"disab|handicap|autis|mentally|deaf|blind|wheelchair|special needs|down.?s? syndrome",
         ("disability",)),
        (r"old (?:folk|people|men|women)|elderly|pensioners|retirees|seniors|boomer", ("age",)),
        (r"teenagers|millennials|gen z\b", ("age",)),
        (r"hiv\b|leprosy|lepers|diabetics|(?:aids|cancer|dialysis|tuberculosis) patients",
         ("serious_disease",)),
    )
)  # fmt: skip


def known(categories: Iterable[str]) -> dict[str, float]:
    """Every category as 1.0 or 0.0, for a text whose targets are fully known."""
    positive = set(categories)
    return {target: float(target in positive) for target in TARGETS}


def from_codes(codes: Iterable[str]) -> dict[str, float]:
    """Targets from a data set's own codes; empty (unknown) if none of them is a protected group."""
    found = {c for code in codes for c in _CODES.get(code.strip().lower(), ())}
    return known(found) if found else {}


def from_phrase(phrase: str) -> dict[str, float]:
    """Targets from an annotator's free words; empty (unknown) if no group is recognised in them."""
    found = {c for pattern, categories in _WORDS if pattern.search(phrase) for c in categories}
    return known(found) if found else {}
