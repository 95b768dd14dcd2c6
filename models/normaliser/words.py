"""The list of English words that tells an evasion from ordinary text.

The list is the frequency dictionary of SymSpell, which the package `symspellpy` (MIT) ships: 82,765
words of SCOWL (a permissive licence of its own) with their counts in the Google Books n-grams (CC
BY 3.0).
"""

import math
from typing import Final

from upstander.models.normaliser.packaged import packaged_file

_FILE: Final = "frequency_dictionary_en_82_765.txt"
_STEPS: Final = 8  # of cost, where a word is twice as rare

# Groups and words of our day that the list lacks.
_ALSO: Final = """
    antifa asexuals asylum autistics bipoc cisgender covid dalits genderfluid genderqueer illegals
    intersex islamists jihadis latinx latinxs lgbt lgbtq lgbtqia migrant nonbinary queers rohingya
    rohingyas salafis transphobes transsexuals transwoman transwomen untermensch uyghur
    uyghurs zionists
"""

# Short words are the ones that chance makes; these are the only ones that count as words here.
_SHORT: Final = """
    a i am an as at be by do go he hi if in is it me my no of oh ok on or so to up us we ya yo
"""


def _load() -> dict[str, int]:
    lines = packaged_file("symspellpy", _FILE)
    # Every line is a word, a space and its count, the most frequent first. The counts are dropped
    # before there are strings, so that only the words are made.
    words = lines.translate(None, b" 0123456789").decode("utf-8-sig").split()
    words = [word for word in words if len(word) > 2]
    costs: list[int] = []
    # 100 small integers serve all words, and no logarithm a word.
    while len(costs) < len(words):
        cost = int(_STEPS * math.log2(len(costs) + 2))
        costs += [cost] * max(1, math.ceil(2 ** ((cost + 1) / _STEPS)) - 2 - len(costs))
    table = dict(zip(words, costs, strict=False))
    for word in _ALSO.split():
        table.setdefault(word, _STEPS * 14)
    table.update(dict.fromkeys(_SHORT.split(), _STEPS * 6))
    return table


COSTS: Final = _load()
"""Every word, with eight times the logarithm to base 2 of its rank (by Zipf's law, its rarity)."""

_COMMON: Final = _STEPS * 15  # 32,000 words are more frequent
_EVERYDAY: Final = _STEPS * 12  # 4,000 words are more frequent


def is_word(word: str) -> bool:
    """Whether it is an English word; letters in lower case."""
    return word in COSTS


def is_clear_word(word: str) -> bool:
    """Whether it is a word that chance rarely makes: long, or common for its length."""
    cost = COSTS.get(word) if len(word) > 3 else None
    return cost is not None and cost <= _COMMON + _STEPS * (len(word) - 4)


def cost_among_others(word: str) -> int | None:
    """The cost of a word that stands among others without spaces, or None if it is too rare."""
    cost = COSTS.get(word)
    if cost is None or cost > (_EVERYDAY if len(word) < 4 else _COMMON + _STEPS * (len(word) - 5)):
        return None
    return cost
