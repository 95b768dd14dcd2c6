"""The contrast sentences of other languages: whole, marked right, and like no case of a suite."""

import itertools
import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from upstander.evaluation.suites import multilingual_hatecheck
from upstander.models.labels import MECHANISMS, TARGETS
from upstander.training.contrast import by_language
from upstander.training.contrast.by_language import KINDS, LanguageFile, codes, examples, read
from upstander.training.example import Example
from upstander.training.world_groups import world_groups

_LIKE = 0.5
"""Jaccard similarity of pairs of neighbours above which a sentence is too like a case."""
_LEAST = {"dehumanizing": 150, "hateful": 40, "harmless": 250}
_WITHOUT_SPACES = ("zh",)
"""Languages whose neighbours are characters, because nothing parts their words."""


@pytest.fixture(scope="module")
def languages() -> dict[str, LanguageFile]:
    return {code: read(code) for code in codes()}


@pytest.fixture(scope="module")
def told() -> list[Example]:
    return list(examples())


def test_every_language_of_multilingual_hatecheck_has_a_file() -> None:
    assert set(codes()) >= set(multilingual_hatecheck.LANGUAGES)


@pytest.mark.parametrize("code", codes())
def test_a_file_has_what_it_must(code: str, languages: dict[str, LanguageFile]) -> None:
    language = languages[code]
    counts = Counter(sentence.kind for sentence in language.sentences)
    assert {kind: counts[kind] >= least for kind, least in _LEAST.items()} == dict.fromkeys(
        KINDS, True
    ), counts
    cells = {sentence.cell for sentence in language.sentences if sentence.kind == "dehumanizing"}
    assert cells == set(MECHANISMS)
    assert len(language.groups) >= 30
    named = {category for group in language.groups for category in group.categories}
    assert len(named) >= len(TARGETS) - 2


@pytest.mark.parametrize("code", codes())
def test_any_group_fits_in_any_blank(code: str, languages: dict[str, LanguageFile]) -> None:
    language = languages[code]
    blanks = {blank for sentence in language.sentences for blank in sentence.blanks}
    assert "category" not in blanks
    assert {
        g.categories: blanks - set(g.forms) for g in language.groups if blanks - set(g.forms)
    } == {}


@pytest.mark.parametrize("code", codes())
def test_no_sentence_stands_twice_and_every_mark_is_closed(
    code: str, languages: dict[str, LanguageFile]
) -> None:
    texts = [sentence.text for sentence in languages[code].sentences]
    assert [text for text, times in Counter(texts).items() if times > 1] == []
    for text in texts:
        assert re.sub(r"\[\[[^\[\]]+\]\]", "", text).count("[") == 0, text
        assert text == text.strip(), text


def test_a_dehumanizing_sentence_is_marked_and_a_harmless_one_is_not(
    languages: dict[str, LanguageFile],
) -> None:
    for language in languages.values():
        for sentence in language.sentences:
            if sentence.kind != "hateful":
                assert ("[[" in sentence.text) == (sentence.kind == "dehumanizing"), sentence.text


def test_it_says_the_same_at_every_call(told: list[Example]) -> None:
    assert list(examples()) == told


def test_what_is_made_of_a_sentence_is_all_in_one_split(told: list[Example]) -> None:
    splits: defaultdict[str, set[str]] = defaultdict(set)
    texts: defaultdict[str, list[str]] = defaultdict(list)
    for example in told:
        splits[example.id].add(example.split)
        texts[example.id].append(example.text)
    assert {len(own) for own in splits.values()} == {1}
    assert {len(own) for own in texts.values()} == {1, by_language._COPIES}
    assert all(len(set(own)) == len(own) for own in texts.values())
    held_out = Counter(example.split for example in told)
    assert 0.1 < held_out["dev"] / len(told) < 0.2


def test_labels_follow_from_where_a_sentence_stands(told: list[Example]) -> None:
    for example in told:
        code, kind, cell, _ = example.id.split(".")
        assert example.language == code
        assert example.labels == {
            "hate": float(kind != "harmless"),
            "dehumanization": float(kind == "dehumanizing"),
        }
        named = [mechanism for mechanism, value in example.mechanisms.items() if value]
        assert named == ([cell] if kind == "dehumanizing" else [])
        assert not re.search(r"[{}]|\[\[|\]\]", example.text), example.text
        for begin, end in example.spans or ():
            assert example.text[begin:end].strip() == example.text[begin:end] != ""


def test_lower_case_does_not_tell_the_label(told: list[Example]) -> None:
    for label in (0.0, 1.0):
        own = [e for e in told if e.labels["hate"] == label and e.text != e.text.upper()]
        assert sum(e.text.islower() for e in own) / len(own) > by_language._LOWER / 2


def test_a_file_with_an_unknown_table_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(by_language, "FOLDER", tmp_path)
    for text, told in (
        ("[harmles]\nliteral = []\n", "unknown table 'harmles'"),
        ('[[groups]]\ncategory = "martians"\n', "unknown category 'martians'"),
        ('[dehumanizing]\nweather = ["they are [[rain]]"]\n', "unknown mechanism 'weather'"),
        (
            '[[groups]]\ncategory = "age"\none = "a"\n[harmless]\nliteral = ["we met {many}"]\n',
            "harmless.literal, sentence 1: no group has every form",
        ),
    ):
        (tmp_path / "xx.toml").write_text(text)
        with pytest.raises(ValueError, match=re.escape(told)):
            read("xx")


@pytest.mark.data
def test_no_group_that_the_suites_keep_unseen_is_named(
    real_data: Path, told: list[Example]
) -> None:
    groups = world_groups(real_data)
    assert {example.text for example in told if groups.holds_unseen(example.text)} == set()


@pytest.mark.data
@pytest.mark.parametrize("code", codes())
def test_no_sentence_is_like_a_case_of_multilingual_hatecheck(
    code: str, real_data: Path, told: list[Example], request: pytest.FixtureRequest
) -> None:
    if code not in multilingual_hatecheck.LANGUAGES:
        pytest.skip("the suite is not in this language")
    cases = [c.text for c in multilingual_hatecheck.load(real_data) if c.source == code]
    own = sorted({example.text for example in told if example.language == code})
    assert like(own[::10], cases, code) == set()


@pytest.mark.data
@pytest.mark.slow
def test_none_of_all_sentences_is_like_a_case(real_data: Path, told: list[Example]) -> None:
    cases: defaultdict[str, list[str]] = defaultdict(list)
    for case in multilingual_hatecheck.load(real_data):
        cases[case.source].append(case.text)
    for code, texts in cases.items():
        own = sorted({example.text for example in told if example.language == code})
        assert like(own, texts, code) == set(), code


def like(texts: list[str], cases: list[str], code: str) -> set[str]:
    """The texts that share too many pairs of neighbours with a case."""
    with_pair: defaultdict[str, list[set[str]]] = defaultdict(list)
    for case in set(cases):
        for pair in (pairs := pairs_of(case, code)):
            with_pair[pair].append(pairs)
    found = set()
    for text in texts:
        own = pairs_of(text, code)
        # What shares half of the pairs shares one of the rarer half, and few cases have that.
        rare = sorted(own, key=lambda pair: len(with_pair.get(pair, ())))[: len(own) // 2 + 1]
        if any(
            len(own & pairs) >= _LIKE * len(own | pairs)
            for pair in rare
            for pairs in with_pair.get(pair, ())
        ):
            found.add(text)
    return found


def pairs_of(text: str, code: str) -> set[str]:
    """Pairs of neighbouring words in lower case, or of characters."""
    pattern = r"\w|[^\w\s]" if code in _WITHOUT_SPACES else r"\w+|[^\w\s]"
    return {f"{one} {two}" for one, two in itertools.pairwise(re.findall(pattern, text.lower()))}
