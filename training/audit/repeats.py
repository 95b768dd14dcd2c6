"""Duplicate texts: within a data set, with contradicting labels, and in held-out data."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from upstander.training.example import Example

Leaks = Mapping[tuple[str, str], Sequence[str]]
"""(source, where its text is held out) to the ids of rows for training."""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Rows of one text whose labels differ. ids: of each answer."""

    source: str
    label: str
    yes: Sequence[str]
    no: Sequence[str]


@dataclass(frozen=True, slots=True)
class Repeats:
    """rows: of each source. exact: rows that repeat another of the same source to the letter, case,
    white space and symbols aside. near: rows that nearly do (MinHash), the exact ones not counted.
    """

    rows: Mapping[str, int]
    exact: Mapping[str, int]
    near: Mapping[str, int]
    contradictions: Sequence[Contradiction]
    leaks: Leaks


def find_repeats(
    examples: Sequence[Example],
    keys: Sequence[str],
    groups: Sequence[int],
    withheld: Mapping[str, str],
) -> Repeats:
    """keys, groups: one entry an example: what equal texts share, and what near ones do.

    withheld: key of a text of an evaluation suite to the name of what holds it.
    """
    held_out = dict(withheld)
    for example, own in zip(examples, keys, strict=True):
        if example.split in ("dev", "test"):
            held_out.setdefault(own, f"{example.source} {example.split}")
    seen: set[tuple[str, str]] = set()
    seen_groups: set[tuple[str, int]] = set()
    rows: Counter[str] = Counter()
    exact: Counter[str] = Counter()
    near: Counter[str] = Counter()
    leaks: dict[tuple[str, str], list[str]] = defaultdict(list)
    for example, own, group in zip(examples, keys, groups, strict=True):
        source = example.source
        rows[source] += 1
        if (source, own) in seen:
            exact[source] += 1
        elif (source, group) in seen_groups:
            near[source] += 1
        seen.add((source, own))
        seen_groups.add((source, group))
        if example.split in ("train", "unsplit") and own in held_out:
            leaks[source, held_out[own]].append(example.id)
    return Repeats(rows, exact, near, _contradictions(examples, keys), leaks)


def _contradictions(examples: Sequence[Example], keys: Sequence[str]) -> list[Contradiction]:
    """Of the same source and text. What a rule of ours guessed is no answer."""
    answers: dict[tuple[str, str, str], tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for example, own in zip(examples, keys, strict=True):
        for label, value in example.labels.items():
            if label not in example.weak:
                answers[example.source, label, own][value < 0.5].append(example.id)
    return [
        Contradiction(source, label, yes, no)
        for (source, label, _), (yes, no) in answers.items()
        if yes and no
    ]
