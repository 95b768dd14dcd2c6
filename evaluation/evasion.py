"""Robustness to evasion: leetspeak, homoglyphs, spaced letters and the like.

A fixed set of evasions, each applied to the longest word of a text or to all of it. What the
normaliser undoes costs nothing; what it cannot undo is up to the model.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from upstander.evaluation.detail import Wrong
from upstander.evaluation.intervals import Measured, share_of
from upstander.evaluation.predictions import Answers, MetricUnavailable
from upstander.evaluation.progress import track
from upstander.evaluation.scoring import ManyScorer, scored
from upstander.models.scorer import Scorer

_LEET: Final = str.maketrans("aeiostAEIOST", "431057431057")
_LOOK_ALIKES: Final = str.maketrans("aeopcxyAEOPCX", "аеорсхуАЕОРСХ")  # noqa: RUF001
_VOWELS: Final = "aeiouAEIOU"
_MAX_TEXTS: Final = 400
"""Texts of each kind that are tried, evenly over the suite."""


def _of_longest(change: Callable[[str], str]) -> Callable[[str], str]:
    def changed(text: str) -> str:
        words = text.split(" ")
        place = max(range(len(words)), key=lambda index: len(words[index]))
        return " ".join([*words[:place], change(words[place]), *words[place + 1 :]])

    return changed


def _first_vowel(word: str, replace: Callable[[str], str]) -> str:
    for place, letter in enumerate(word[1:], start=1):
        if letter in _VOWELS:
            return word[:place] + replace(letter) + word[place + 1 :]
    return word


def _middle(word: str) -> int:
    return len(word) // 2


EVASIONS: Final[Mapping[str, Callable[[str], str]]] = MappingProxyType(
    {
        "digits for letters": lambda text: text.translate(_LEET),
        "look-alike letters": lambda text: text.translate(_LOOK_ALIKES),
        "letters apart": _of_longest(" ".join),
        "dots between letters": _of_longest(".".join),
        "invisible characters": _of_longest("\u200b".join),
        "a vowel masked": _of_longest(lambda word: _first_vowel(word, lambda _: "*")),
        "a vowel drawn out": _of_longest(lambda word: _first_vowel(word, lambda v: v * 4)),
        "a letter left out": _of_longest(lambda w: w[: _middle(w)] + w[_middle(w) + 1 :]),
        "two letters swapped": _of_longest(
            lambda w: w[: _middle(w) - 1] + w[_middle(w) - 1 : _middle(w) + 1][::-1]
            + w[_middle(w) + 1 :]
        ),
        "words run together": lambda text: text.replace(" ", ""),
        "all capitals": str.upper,
    }
)  # fmt: skip
"""Name to what it does to a text."""


@dataclass(frozen=True, slots=True)
class Evaded:
    """One evasion. still_found: share of texts that were found and still are.

    alarms: share of harmless texts that were left alone and are now flagged.
    lost, alarmed: a text, as it was changed, that is no longer found, and one that is now flagged.
    """

    evasion: str
    still_found: Measured
    alarms: Measured
    lost: Wrong | None = None
    alarmed: Wrong | None = None


@dataclass(frozen=True, slots=True)
class Evasions:
    """A suite under every evasion."""

    suite: str
    label: str
    evaded: tuple[Evaded, ...]

    def to_json(self) -> dict[str, Any]:
        """The numbers, and the ids of the examples; no text."""
        return {
            "suite": self.suite,
            "label": self.label,
            "evaded": [
                asdict(one)
                | {
                    "lost": one.lost and one.lost.to_json(),
                    "alarmed": one.alarmed and one.alarmed.to_json(),
                }
                for one in self.evaded
            ],
        }


def evade(answers: Answers, scorer: Scorer | ManyScorer) -> Evasions:
    """Try every evasion on what the model was right about, and only on that.

    Raises MetricUnavailable if it was right about nothing of one kind.
    """
    if not answers.cases:
        raise MetricUnavailable("no rows")
    label = answers.cases[0].label
    threshold = answers.threshold(label)
    judged = answers.judged(label)
    cases = {
        expected: [
            case
            for case, truth, decided in zip(judged.cases, judged.truth, judged.decided, strict=True)
            if truth == decided == expected and not case.functionality.startswith("spell_")
        ]
        for expected in (True, False)
    }
    if not cases[True] or not cases[False]:
        raise MetricUnavailable("nothing to try")
    sample = {e: own[:: max(1, len(own) // _MAX_TEXTS)][:_MAX_TEXTS] for e, own in cases.items()}

    changed = [
        (name, expected, case, change(case.text))
        for name, change in EVASIONS.items()
        for expected, own in sample.items()
        for case in own
    ]
    flagged: defaultdict[tuple[str, bool], list[bool]] = defaultdict(list)
    wrong: dict[tuple[str, bool], Wrong] = {}
    with track(f"{answers.suite}, evasions", total=len(changed), unit="texts") as progress:
        scores = scored(scorer, [text for *_, text in changed])
        for (name, expected, case, text), score in zip(changed, scores, strict=True):
            # A text that has become invisible is not flagged.
            value, spans = (0.0, ()) if score is None else (score.scores[label], score.spans)
            is_flagged = score is not None and value >= threshold
            flagged[name, expected].append(is_flagged)
            if is_flagged != expected:
                example = Wrong(case.id, text, expected, value, spans, name, case.target)
                wrong.setdefault((name, expected), example)
            progress.advance()
    found = []
    for name in EVASIONS:
        hits = {
            expected: share_of(np.array(flagged[name, expected]), [case.drawn_with for case in own])
            for expected, own in sample.items()
        }
        lost, alarmed = wrong.get((name, True)), wrong.get((name, False))
        found.append(Evaded(name, hits[True], hits[False], lost, alarmed))
    return Evasions(answers.suite, label, tuple(found))
