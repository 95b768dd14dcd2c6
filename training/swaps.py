"""The same sentence about another group: rows whose group is swapped, label and all else kept.

DynaHate speaks of a few groups thousands of times and of most never, so a model learns the groups
along with the hate. In a repeated row, the one group that it names in the plural gives way to one
that the contrast sets speak of: what was hateful of the one is hateful of the other, and what was
kind stays kind. Source: counterfactual data augmentation, Lu et al. 2020, Gender Bias in Neural
Natural Language Processing.
"""

import re
from dataclasses import replace
from typing import Final

from evaluation.taxonomy import known
from training.contrast.groups import GROUPS
from training.draws import uniform
from training.example import Example

_NAMED: Final = re.compile(
    r"\b(?:muslims|jews|christians|catholics|hindus|sikhs|blacks|whites|asians|arabs|mexicans|"
    r"africans|indians|pakistanis|latinos|hispanics|gypsies|women|men|girls|gays|lesbians|"
    r"homosexuals|transgenders|immigrants|migrants|refugees|foreigners|asylum seekers|"
    r"(?:black|white|brown|asian|jewish|muslim|gay|trans|transgender|queer|disabled|old|elderly|"
    r"chinese|indian|arab) (?:people|folks?))\b",
    re.IGNORECASE,
)


def swapped(row: Example, seed: int) -> Example | None:
    """The row about another group, or None if it does not name exactly one in the plural."""
    named = {match.lower() for match in _NAMED.findall(row.text)}
    if len(named) != 1 or row.spans:
        return None
    group = GROUPS[int(uniform(seed, "swap", row.id) * len(GROUPS))]
    return replace(
        row,
        text=_NAMED.sub(lambda match: _like(match[0], group.plural), row.text),
        targets=known(group.categories),
        weak=row.weak | {"targets"},
    )


def _like(before: str, name: str) -> str:
    """The name in upper case if what it replaces is, and in lower case if that is."""
    if before.isupper():
        return name.upper()
    return name.lower() if before.islower() else name[0].upper() + name[1:]
