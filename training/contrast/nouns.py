"""The head nouns of the metaphors, by mechanism: none of them is one of DehumCheck or HateCheck."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

NOUNS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        # plural
        "vermin": (
            "lice",
            "maggots",
            "termites",
            "fleas",
            "ticks",
            "leeches",
            "locusts",
            "mice",
            "bedbugs",
            "mosquitoes",
            "weevils",
            "tapeworms",
        ),
        "animal": (
            "hyenas",
            "swine",
            "goats",
            "donkeys",
            "jackals",
            "mutts",
            "mongrels",
            "baboons",
            "gorillas",
            "livestock",
            "sheep",
        ),
        "demon": ("fiends", "ghouls", "imps", "orcs", "goblins", "zombies", "ogres", "hellspawn"),
        "object": (
            "appliances",
            "furniture",
            "gadgets",
            "engines",
            "puppets",
            "mannequins",
            "merchandise",
            "cargo",
            "inventory",
            "dolls",
            "props",
            "cogs",
            "equipment",
            "spare parts",
        ),
        # singular, with the article
        "disease": (
            "an epidemic",
            "a tumour",
            "a contagion",
            "gangrene",
            "malaria",
            "a rot",
            "an abscess",
            "a bad rash",
            "a pestilence",
        ),
        "filth": (
            "sewage",
            "sludge",
            "muck",
            "litter",
            "slime",
            "the dregs",
            "manure",
            "mould",
            "toilet water",
        ),
    }
)
"""What fills a blank of the same name. Denied humanity and mind have no such noun."""

PHRASES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "denial_of_humanity": ("persons", "mankind", "humankind", "humanoid", "homo sapiens"),
        "denial_of_mind": (
            "conscience",
            "emotions",
            "brain",
            "intellect",
            "reason",
            "instinct",
            "sentient",
            "pain",
        ),
    }
)
"""The words that stand in the templates of those two."""
