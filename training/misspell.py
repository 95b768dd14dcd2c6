"""Misspelt copies of training texts: what people do to a word so that a filter does not see it."""

import re
from collections.abc import Callable
from typing import Final

import numpy as np

_WORD: Final = re.compile(r"[a-zA-Z]{4,}")
_SHARE: Final = 0.2
"""Of the words of four letters and more; at least one."""

_LOOKALIKES: Final = {
    "a": "4@",
    "b": "8",
    "e": "3",
    "g": "9",
    "i": "1!",
    "l": "1",
    "o": "0",
    "s": "5$",
    "t": "7",
}


def misspell(text: str, random: np.random.Generator) -> str:
    """Misspell some of the longer words: a letter dropped, two swapped, letters that look alike,
    letters spaced out, or the space to the next word left out."""
    matches = list(_WORD.finditer(text))
    if not matches:
        return text
    count = max(1, round(_SHARE * len(matches)))
    chosen = random.choice(len(matches), size=count, replace=False)
    for index in sorted(chosen, reverse=True):  # from the end, so that earlier places stay true
        match = matches[index]
        way = _WAYS[random.integers(len(_WAYS))]
        rest = text[match.end() :]
        if way is _join_to_next:
            rest = rest.removeprefix(" ")
        text = text[: match.start()] + way(match.group(), random) + rest
    return text


def _drop_letter(word: str, random: np.random.Generator) -> str:
    at = random.integers(1, len(word) - 1)
    return word[:at] + word[at + 1 :]


def _swap_letters(word: str, random: np.random.Generator) -> str:
    at = random.integers(1, len(word) - 2)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _look_alike(word: str, random: np.random.Generator) -> str:
    places = [at for at, letter in enumerate(word.lower()) if letter in _LOOKALIKES]
    letters = list(word)
    for at in places:
        if len(places) == 1 or random.random() < 0.7:
            signs = _LOOKALIKES[word[at].lower()]
            letters[at] = signs[random.integers(len(signs))]
    return "".join(letters)


def _space_out(word: str, random: np.random.Generator) -> str:
    return "-. *"[random.integers(4)].join(word) if random.random() < 0.3 else " ".join(word)


def _join_to_next(word: str, _random: np.random.Generator) -> str:
    return word


_WAYS: Final[tuple[Callable[[str, np.random.Generator], str], ...]] = (
    _drop_letter,
    _swap_letters,
    _look_alike,
    _space_out,
    _join_to_next,
)
