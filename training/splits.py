"""Splits that do not leak: official ones kept, near duplicates together, test texts apart."""

import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from datasketch import MinHash, MinHashLSH

from upstander.evaluation.suites.case import folded, letters
from upstander.training.errors import LeakError
from upstander.training.example import Example
from upstander.training.parallel import on_every_core
from upstander.training.recipe import Splits
from upstander.training.seeded_random import uniform

Assigned = Literal["train", "validation", "calibration", "test"]

_PERMUTATIONS: Final = 64
_STRICTEST: Final = 0.96
"""Sixty-four permutations tell no more than this apart: 0.97 would leave the index one band."""

_MIN_WORDS: Final = 5
"""Shorter texts are compared exactly only: one word of four is no longer nearly the same text."""

_WORD: Final = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Assignment:
    """Where each example goes.

    splits: one entry an example, None for those left out.
    left_out: reason to how many.
    """

    splits: tuple[Assigned | None, ...]
    left_out: Mapping[str, int]


def assign(
    examples: Sequence[Example],
    withheld: Collection[str],
    is_templated: Callable[[str], bool],
    shares: Splits,
    seed: int,
    advance: Callable[[int], None] = lambda _: None,
    held_out_shares: Mapping[str, float] = MappingProxyType({}),
) -> Assignment:
    """Give every example a split.

    Official splits stand. A `dev` row becomes validation or calibration and an `unsplit` row any of
    the three, by a hash of its group, so that near duplicates stay together.

    withheld: keys of the texts of evaluation suites; with the rows of every dev and test set, they
        may not be in training. A training row that equals one, or fills a template of a suite, is
        left out. So is one that nearly duplicates a dev or test row of *another* data set; within a
        data set its authors' split stands.
    advance: called with the number of examples just grouped.
    held_out_shares: source to the share of its unsplit rows that are for validation, and as many
        again for calibration, in place of those of `shares`.
    """
    texts = on_every_core(folded, [example.text for example in examples])
    keys = [letters(text) for text in texts]
    groups = near_duplicates(texts, shares.similarity, advance)

    held_out = set(withheld)
    held_out_groups: dict[int, set[str]] = defaultdict(set)
    for example, own_key, group in zip(examples, keys, groups, strict=True):
        if example.split in ("dev", "test"):
            held_out.add(own_key)
            held_out_groups[group].add(example.source)

    left_out: Counter[str] = Counter()
    seen: set[tuple[str, str]] = set()
    splits: list[Assigned | None] = []
    split: Assigned | None
    for example, own_key, group in zip(examples, keys, groups, strict=True):
        split = _split(example, group, shares, held_out_shares.get(example.source), seed)
        reason = ""
        near = held_out_groups.get(group, set())
        if split != "test" and (example.source, own_key) in seen:
            reason = "repeats a row of its own data set"
        elif example.split in ("train", "unsplit"):
            if own_key in held_out:
                reason = "equals a dev, test or suite text"
            elif near - {example.source} or (near and example.split == "unsplit"):
                reason = "nearly equals a dev or test text"
            elif is_templated(example.text):
                reason = "fills a template of a suite"
        seen.add((example.source, own_key))
        if reason:
            left_out[reason] += 1
        splits.append(None if reason else split)

    # Two data sets can hold one text and put it in different carved splits; training yields.
    carved = {k for k, s in zip(keys, splits, strict=True) if s in ("validation", "calibration")}
    for index, split in enumerate(splits):
        if split == "train" and keys[index] in carved:
            splits[index] = None
            left_out["equals a validation or calibration text"] += 1
    return Assignment(tuple(splits), dict(left_out))


def refuse_leaks(training: Iterable[tuple[str, str, str]], held_out: Mapping[str, str]) -> None:
    """Raise LeakError that lists every training row whose text is held out.

    training: (source, id, text), the text normalised.
    held_out: `key` of a text to where it is from.
    """
    leaks = [
        f"{source} {row_id} equals {held_out[own_key]}"
        for source, row_id, own_key in ((s, i, letters(t.casefold())) for s, i, t in training)
        if own_key in held_out
    ]
    if leaks:
        shown = "\n  ".join(leaks[:20])
        more = f"\n  and {len(leaks) - 20} more" if len(leaks) > 20 else ""
        raise LeakError(f"{len(leaks)} training rows are in a dev or test set:\n  {shown}{more}")


def near_duplicates(
    texts: Sequence[str], similarity: float, advance: Callable[[int], None] = lambda _: None
) -> list[int]:
    """Connected components of near-duplicates: one group number a text.

    texts: folded, as `upstander.evaluation.suites.case.folded` does.
    Alike: the Jaccard similarity of their word pairs is estimated to be at least `similarity`, by
    MinHash with locality-sensitive hashing (Broder 1997). Exactly equal keys always share a group.
    """
    parent = list(range(len(texts)))

    def find(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    index = MinHashLSH(threshold=min(similarity, _STRICTEST), num_perm=_PERMUTATIONS)
    first_with: dict[str, int] = {}
    for number, text in enumerate(texts):
        advance(1)
        own_key = letters(text)
        if own_key in first_with:
            parent[find(number)] = find(first_with[own_key])
            continue
        first_with[own_key] = number
        words = _WORD.findall(text)
        if len(words) < _MIN_WORDS:
            continue
        signature = MinHash(num_perm=_PERMUTATIONS)
        signature.update_batch([f"{a} {b}".encode() for a, b in itertools.pairwise(words)])
        for other in index.query(signature):
            parent[find(number)] = find(other)
        index.insert(number, signature, check_duplication=False)
    return [find(number) for number in range(len(texts))]


def _split(
    example: Example, group: int, shares: Splits, held_out: float | None, seed: int
) -> Assigned:
    if example.split in ("train", "test"):
        return "train" if example.split == "train" else "test"
    draw = uniform(seed, group)
    if example.split == "dev":
        return "validation" if draw < 0.5 else "calibration"
    validation = shares.validation if held_out is None else held_out
    calibration = shares.calibration if held_out is None else held_out
    if draw < validation:
        return "validation"
    return "calibration" if draw < validation + calibration else "train"
