"""Weak labels from a lexicon of metaphors, for rows that annotators found hateful.

Fewer than 400 training rows say "dehumanization" in so many words. DynaHate's training rows hold
several hundred more that are not marked (Vidgen et al. 2021 count about 900 in the whole set). On a
row that is known to be hateful, one of these words is a guess at a positive, and none of them a
guess at a negative; both count less than an annotator's word (`weak_weight` in the recipe). On a
row that is known not to be hateful, dehumanization is absent by definition, whatever words it
holds: that is where the model learns that cockroaches in a kitchen, and condemning the metaphor,
are neither.
"""

import re
from collections.abc import Mapping
from typing import Final

_WORDS: Final[Mapping[str, str]] = {
    "vermin": (
        r"vermin|cockroach\w*|roach\w*|rats?|rodents?|parasit\w*|pests?|insects?|maggots?|leech\w*|"
        r"lice|infest\w*|locusts?|swarm\w*"
    ),
    "animal": (
        r"snakes?|animals?|beasts?|monkeys?|apes?|gorillas?|chimps?|pigs?|swine|dogs?|mutts?|"
        r"mongrels?|cattle|livestock|sheep|cows?|goats?|hyenas?|breed(?:s|ers?|ing)"
    ),
    "disease": (
        r"cancers?|plagues?|disease[ds]?|virus\w*|infect\w*|tumou?rs?|bacteria|germs?|contaminat\w*"
    ),
    "filth": (r"filth\w*|garbage|trash|rubbish|waste|scum|sewage|excrement|fa?eces|dirt|stink\w*"),
    "demon": r"demons?|devils?|monsters?|satanic",
    "object": (r"machines?|robots?|tools?|objects?|property|commodit\w*|incubators?|things?"),
    "denial_of_humanity": (
        r"creatures?|sub-?humans?|inhuman|less than human|savages?|barbarians?|primitive|"
        r"uncivili[sz]ed|species|evolved|not (?:even )?(?:really )?(?:human|people|persons?)|"
        r"aren'?t (?:even )?(?:really )?(?:human|people)"
    ),
    "denial_of_mind": r"no (?:soul|feelings?|brains?|minds?)|soulless|mindless",
}
_PATTERNS: Final = {
    mechanism: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for mechanism, words in _WORDS.items()
}


def weak_mechanisms(text: str) -> dict[str, float]:
    """Every mechanism, 1.0 where a text that is known to be hateful has a word of it: a guess."""
    return {
        mechanism: float(pattern.search(text) is not None)
        for mechanism, pattern in _PATTERNS.items()
    }
