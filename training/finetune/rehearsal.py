"""Rehearsal: synthetic sentences that keep what the network knows.

They are made from the templates of `training/contrast`, so that nobody's texts are needed. One
template in seven is held out there, and only those judge.
"""

from dataclasses import dataclass
from typing import Final

from upstander.evaluation.suites.case import Case
from upstander.training.contrast.generate import fill, templates
from upstander.training.contrast.groups import GROUPS
from upstander.training.seeded_random import uniform

NAME: Final = "contrast"
"""The held-out sentences as a suite."""

_HELD_OUT: Final = 665
"""About as many templates as are held out: a sentence of each is one draw."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A made sentence. kind: `dehumanizing`, `hateful` or `harmless`. template: its number."""

    text: str
    kind: str
    template: int

    @property
    def labels(self) -> dict[str, bool]:
        """What it is, by the definitions of the product."""
        return {
            "hate": self.kind != "harmless",
            "dehumanization": self.kind == "dehumanizing",
        }


def sentences(count: int, *, held_out: bool, seed: int = 0) -> list[Sentence]:
    """At most so many sentences, of as many templates as there are, the same at every call."""
    own = [(n, one) for n, one in enumerate(templates()) if one.held_out == held_out]
    own.sort(key=lambda numbered: uniform(seed, "rehearsal", numbered[1].text))
    found = []
    for turn in range(count):
        number, template = own[turn % len(own)]
        copy = turn // len(own)
        group = GROUPS[int(uniform(seed, "group", number, copy) * len(GROUPS))]
        found.append(Sentence(fill(template, group, copy)[0], template.kind, number))
    return found


def cases(count: int = _HELD_OUT) -> list[Case]:
    """The held-out sentences as cases, for `dehumanization` and for `hate`."""
    return [
        Case(
            id=f"{NAME}.{sentence.template}.{turn}",
            text=sentence.text,
            label="dehumanization",
            expected=sentence.labels["dehumanization"],
            functionality=sentence.kind,
            target="",
            also={"hate": sentence.labels["hate"]},
            template=str(sentence.template),
        )
        for turn, sentence in enumerate(sentences(count, held_out=True))
    ]
