"""The contrast sets: what they say is right by construction, and no suite is in them."""

import itertools
import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from upstander.evaluation.suites import SUITES, dehumcheck, hatecheck, hatemoderate
from upstander.evaluation.suites.case import key
from upstander.models.labels import MECHANISMS, TARGETS
from upstander.training.contrast import generate
from upstander.training.contrast.groups import GROUPS
from upstander.training.example import Example
from upstander.training.withheld import template_matcher
from upstander.training.world_groups import world_groups

_LIKE = 0.5
"""Jaccard similarity of word pairs above which a sentence would be too like a case of a suite."""


@pytest.fixture(scope="module")
def sentences() -> list[Example]:
    return list(generate.examples())


def words(texts: object) -> set[str]:
    return set(re.findall(r"[a-z']+", str(texts).lower()))


def test_it_says_the_same_at_every_call(sentences: list[Example]) -> None:
    assert list(generate.examples()) == sentences


def test_every_mechanism_and_category_is_there_and_has_sentences_held_out(
    sentences: list[Example],
) -> None:
    for split in ("train", "dev"):
        own = [sentence for sentence in sentences if sentence.split == split]
        assert {m for s in own for m, value in s.mechanisms.items() if value} == set(MECHANISMS)
        assert {t for s in own for t, value in s.targets.items() if value} == set(TARGETS)
        assert {s.labels["hate"] for s in own} == {0.0, 1.0}


def test_no_sentence_of_a_held_out_template_is_in_training(sentences: list[Example]) -> None:
    split_of: dict[str, str] = {}
    for sentence in sentences:
        template = sentence.id.rpartition(".")[0]
        assert split_of.setdefault(template, sentence.split) == sentence.split


def test_a_sentence_is_dehumanizing_exactly_if_it_has_a_mechanism(
    sentences: list[Example],
) -> None:
    for sentence in sentences:
        assert sum(sentence.mechanisms.values()) == sentence.labels["dehumanization"]
        assert sentence.labels["dehumanization"] <= sentence.labels["hate"]
        assert bool(sentence.spans) == (sentence.labels["hate"] == 1)


def test_no_blank_and_no_mark_is_left(sentences: list[Example]) -> None:
    for sentence in sentences:
        assert not re.search(r"[{}\[\]]|  ", sentence.text), sentence.text
        assert not re.search(r"\b[Aa] [aeio]", sentence.text), sentence.text
        for begin, end in sentence.spans or ():
            assert sentence.text[begin:end].strip() == sentence.text[begin:end] != ""


def test_openers_closers_and_letter_case_do_not_tell_the_label(sentences: list[Example]) -> None:
    for is_marked in (
        lambda s: s.text.islower(),
        lambda s: s.text.startswith(("imo ", "@user ", "Listen: ")),
        lambda s: s.text.endswith(("lol", "http", "#thread")),
    ):
        share = {
            label: sum(is_marked(s) for s in own) / len(own)
            for label in (0.0, 1.0)
            if (own := [s for s in sentences if s.labels["hate"] == label])
        }
        assert share[0.0] > 0.02
        assert share[0.0] == pytest.approx(share[1.0], rel=0.25)


def test_every_group_is_spoken_of_both_ways(sentences: list[Example]) -> None:
    counts: Counter[tuple[str, float]] = Counter()
    for sentence in sentences:
        for group in GROUPS:
            if group.plural.lower() in sentence.text.lower():
                counts[group.plural, sentence.labels["hate"]] += 1
    for group in GROUPS:
        assert min(counts[group.plural, 0.0], counts[group.plural, 1.0]) >= 10, group


def test_it_shares_no_metaphor_and_no_group_with_dehumcheck() -> None:
    assert not generate.head_nouns() & {noun.lower() for noun in dehumcheck.HEAD_NOUNS}
    ours = {name.lower() for group in GROUPS for name in (group.plural, group.singular)}
    assert not ours & {term.lower() for term in dehumcheck.group_terms()}


@pytest.fixture(scope="module")
def of_the_world(real_data: Path) -> list[Example]:
    return list(generate.examples(world_groups(real_data)))


@pytest.mark.data
def test_no_name_of_an_unseen_group_is_in_a_sentence(
    real_data: Path, sentences: list[Example], of_the_world: list[Example]
) -> None:
    groups = world_groups(real_data)
    assert {s.text for s in (*sentences, *of_the_world) if groups.holds_unseen(s.text)} == set()


@pytest.mark.data
def test_one_sentence_in_three_is_about_a_group_of_the_world(
    sentences: list[Example], of_the_world: list[Example]
) -> None:
    mine = {s.text for s in sentences}
    with_group = [s for s in of_the_world if any(s.targets.values())]
    share = sum(s.text not in mine for s in with_group) / len(with_group)
    assert share == pytest.approx(1 / 3, abs=0.05)
    test_no_blank_and_no_mark_is_left(of_the_world)


@pytest.mark.data
def test_it_shares_no_metaphor_and_no_group_with_hatecheck(real_data: Path) -> None:
    cases = [case for case in hatecheck.load(real_data) if case.functionality == "derog_dehum_h"]
    assert not generate.head_nouns() & words([case.text for case in cases])
    ours = {name.lower() for group in GROUPS for name in (group.plural, group.singular)}
    assert not ours & {case.target.lower() for case in hatecheck.load(real_data)}


@pytest.mark.data
def test_no_sentence_fills_a_template_of_a_suite(
    real_data: Path, sentences: list[Example], of_the_world: list[Example]
) -> None:
    matches = template_matcher([*hatecheck.templates(real_data), *dehumcheck.templates()])
    assert {s.text for s in (*sentences, *of_the_world) if matches(s.text)} == set()


@pytest.mark.data
@pytest.mark.parametrize("every", [4, pytest.param(1, marks=pytest.mark.slow)])
def test_no_sentence_is_like_a_case_of_any_suite(
    every: int,
    real_data: Path,
    sentences: list[Example],
    of_the_world: list[Example],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A template has eight sentences, of which one that is like a case tells as well as another."""
    # With the cases that it leaves out too: to find them takes a quarter of a minute.
    monkeypatch.setattr(hatemoderate, "_seen", lambda _: ())
    cases = {case.text for load in SUITES.values() for case in load(real_data)}
    ours = {s.text: pairs_of(s.text) for s in (*sentences[::every], *of_the_world[1::every])}
    known = set().union(*ours.values())
    with_pair: dict[str, list[set[str]]] = defaultdict(list)
    for text in cases:
        pairs = pairs_of(text)
        shared = pairs & known
        if len(shared) >= _LIKE * len(pairs):  # else it is like no sentence
            for pair in shared:
                with_pair[pair].append(pairs)
    like = set()
    for text, own in ours.items():
        # What shares half of the pairs shares one of the rarer half, and few cases have that.
        rare = sorted(own, key=lambda pair: len(with_pair.get(pair, ())))[: len(own) // 2 + 1]
        if any(
            len(own & pairs) >= _LIKE * len(own | pairs)
            for pair in rare
            for pairs in with_pair.get(pair, ())
        ):
            like.add(text)
    assert like == set()
    keys = {key(text) for text in [*ours][::2]}
    longest = 3 * max(map(len, ours))  # a longer text has other words, however it is spelt
    assert not keys & {key(text) for text in cases if len(text) <= longest}


def pairs_of(text: str) -> set[str]:
    """Pairs of neighbouring words, in lower case."""
    own = re.findall(r"\w+|[^\w\s]", text.lower())
    return {f"{one} {two}" for one, two in itertools.pairwise(own)}
