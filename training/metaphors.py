"""Weak dehumanization labels: a lexicon, used only on rows that annotators found hateful.

Fewer than 400 training rows say "dehumanization" in so many words. DynaHate's training rows hold
several hundred more that are not marked (Vidgen et al. 2021 count about 900 in the whole set). On a
row that is known to be hateful, one of these words is a guess at a positive, and none of them a
guess at a negative; both count less than an annotator's word (`weak_weight` in the recipe). On a
row that is
known not to be hateful, dehumanization is absent by definition, whatever words it holds: that is
where the model learns that cockroaches in a kitchen, and condemning the metaphor, are neither.
"""

import re
from typing import Final

_WORDS: Final = (
    # vermin and other animals
    r"vermin|cockroach\w*|roach\w*|rats?|rodents?|parasit\w*|pests?|insects?|maggots?|leech\w*|lice|"
    r"infest\w*|locusts?|swarm\w*|snakes?|animals?|beasts?|monkeys?|apes?|gorillas?|chimps?|pigs?|"
    r"swine|dogs?|mutts?|mongrels?|cattle|livestock|sheep|cows?|goats?|hyenas?|breed(?:s|ers?|ing)|"
    # disease and filth
    r"cancers?|plagues?|disease[ds]?|virus\w*|infect\w*|tumou?rs?|bacteria|germs?|contaminat\w*|"
    r"filth\w*|garbage|trash|rubbish|waste|scum|sewage|excrement|fa?eces|dirt|stink\w*|"
    # demons, objects, denied humanity
    r"demons?|devils?|monsters?|satanic|machines?|robots?|tools?|objects?|property|commodit\w*|"
    r"incubators?|things?|creatures?|sub-?humans?|inhuman|less than human|not (?:even "
    r")?(?:really )?"
    r"(?:human|people|persons?)|aren'?t (?:even )?(?:really "
    r")?(?:human|people)|savages?|barbarians?|"
    r"primitive|uncivili[sz]ed|no "
    r"(?:soul|feelings?|brains?|minds?)|soulless|mindless|species|evolved"
)
_PATTERN: Final = re.compile(rf"\b(?:{_WORDS})\b", re.IGNORECASE)


def weak_dehumanization(text: str) -> float:
    """1.0 if a text that is known to be hateful uses a dehumanizing metaphor, else 0.0: a guess."""
    return float(_PATTERN.search(text) is not None)
