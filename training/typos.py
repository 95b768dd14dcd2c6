"""Data augmentation with typing errors.

Who writes in a hurry, or to get past a filter, misspells. What was hateful stays so, and what was
harmless too, so both kinds of rows are misspelt alike.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from upstander.training.counterfactuals import replaced
from upstander.training.example import Example
from upstander.training.seeded_random import uniform

_WORD: Final = re.compile(r"(?<![@#/.\w])[A-Za-z]{4,}(?![\w/@]|\.\w)")
"""Words of at least four letters that are no part of a name, an address or a tag."""

_SHARE: Final = 0.15
"""Of the words of a text, how many are misspelt; always one at least."""


def _lost(word: str, at: int) -> str:
    return word[:at] + word[at + 1 :]


def _swapped(word: str, at: int) -> str:
    return word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]


def _doubled(word: str, at: int) -> str:
    return word[:at] + word[at] + word[at:]


def _split(word: str, at: int) -> str:
    return f"{word[:at]} {word[at:]}"


def _without_vowels(word: str, _at: int) -> str:
    return word[0] + (re.sub(r"[aeiouAEIOU]", "", word[1:-1]) or word[1:-1]) + word[-1]


_SLIPS: Final[MappingProxyType[str, Callable[[str, int], str]]] = MappingProxyType(
    {
        "lost": _lost,
        "swapped": _swapped,
        "doubled": _doubled,
        "split": _split,
        "without vowels": _without_vowels,
    }
)
_JOINED: Final = "joined"


def misspelt(row: Example, seed: int) -> Example:
    """The row with some words misspelt, the marked stretches moved along; itself if it has no word.

    Every word is as likely to be hit, whatever it says: the words that tell most are no exception.
    """
    words = list(_WORD.finditer(row.text))
    if not words:
        return row
    wanted = max(1, round(_SHARE * len(words)))
    order = sorted(range(len(words)), key=lambda n: uniform(seed, "word", row.id, row.text, n))
    changes: list[tuple[int, int, str]] = []
    for number in sorted(order[:wanted]):
        begin, end, new = _change(row, words, number, seed)
        if not changes or begin > changes[-1][1]:
            changes.append((begin, end, new))
    text, spans = replaced(row.text, changes, row.spans or ())
    return replace(row, text=text, spans=None if row.spans is None else spans)


def _change(
    row: Example, words: Sequence[re.Match[str]], number: int, seed: int
) -> tuple[int, int, str]:
    """One word's (begin, end) and what stands there instead."""
    word = words[number]
    names = (*_SLIPS, _JOINED)
    name = names[int(uniform(seed, "slip", row.id, row.text, number) * len(names))]
    begin, end = word.span()
    if name == _JOINED:
        after = re.match(r" ([A-Za-z]+)", row.text[end:])
        if after:
            return begin, end + after.end(), word[0] + after[1]
        name = "lost"
    # Never the first letter: a reader keeps that one, and so do those who dodge a filter.
    at = 1 + int(uniform(seed, "where", row.id, row.text, number) * (len(word[0]) - 1))
    return begin, end, _SLIPS[name](word[0], max(at, 2) if name == "swapped" else at)
