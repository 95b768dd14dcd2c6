"""The suites of goals: what each reads, what it drops, and what it says of a case."""

from pathlib import Path

import pytest
from made_up_data import write_data, write_jsonl
from suite_files import (
    POSTS,
    write_bias_templates,
    write_hatemoderate,
    write_hatexplain,
    write_jigsaw,
)

from upstander.evaluation.errors import EvaluationError, SuiteMissing
from upstander.evaluation.suites import EVERY_SUITE, SUITES
from upstander.evaluation.suites.listed import LISTED


def test_hatexplain_takes_the_majority_of_three(tmp_path: Path) -> None:
    write_hatexplain(tmp_path)
    cases = {case.id: case for case in SUITES["hatexplain"](tmp_path)}
    assert set(cases) == {"hateful", "normal", "offensive"}
    assert [cases[name].has("hate") for name in cases] == [True, False, None]
    assert [cases[name].has("toxicity") for name in cases] == [True, False, True]
    # Two of three name African; only one names women.
    assert cases["hateful"].categories == {"race"}
    assert cases["hateful"].target == "African"
    assert cases["normal"].categories == {"religion"}


def test_hatexplain_rationales_are_what_most_annotators_marked(tmp_path: Path) -> None:
    write_hatexplain(tmp_path)
    cases = {case.id: case for case in SUITES["hatexplain"](tmp_path)}
    hateful = cases["hateful"]
    assert [hateful.text[b:e] for b, e in hateful.rationale] == ["those people", "vermin"]
    # One of two is not most of them.
    offensive = cases["offensive"]
    assert [offensive.text[b:e] for b, e in offensive.rationale] == ["utter"]
    assert cases["normal"].rationale == ()


def test_a_spoilt_row_of_hatexplain_is_named(tmp_path: Path) -> None:
    spoilt = {**POSTS[0], "annotators": {"label": [7, 7, 7], "target": [[], [], []]}}
    write_jsonl(tmp_path / "hatexplain/test.jsonl.gz", [POSTS[1], spoilt])
    with pytest.raises(EvaluationError, match=r"test\.jsonl\.gz, line 2: IndexError"):
        SUITES["hatexplain"](tmp_path)


def test_jigsaw_has_six_attributes(tmp_path: Path) -> None:
    write_jigsaw(tmp_path)
    cases = SUITES["jigsaw"](tmp_path)
    assert len(cases) == 10
    labels = ("toxicity", "severe_toxicity", "identity_attack", "insult", "profanity", "threat")
    for number, case in enumerate(cases):
        assert {label: case.has(label) for label in labels} == dict.fromkeys(
            labels, number % 2 == 1
        )


def test_bias_templates_are_sampled_evenly_and_keep_every_group(tmp_path: Path) -> None:
    write_bias_templates(tmp_path)
    cases = SUITES["jigsaw_bias"](tmp_path)
    templates = {case.template for case in cases}
    assert len(templates) == 11
    assert {"You are a kind00 [GROUP]", "You are a kind27 [GROUP]"} <= templates
    assert "Being [GROUP] is awful" in templates
    assert len(cases) == 22
    assert {case.target for case in cases} == {"african american", "sikh", "middle aged"}
    assert cases == SUITES["jigsaw_bias"](tmp_path)


def test_hatemoderate_drops_what_training_can_have_seen(tmp_path: Path) -> None:
    write_data(tmp_path)
    write_hatemoderate(tmp_path)
    cases = SUITES["hatemoderate"](tmp_path)
    assert [(case.functionality, case.expected) for case in cases] == [
        ("filth, hate", True),
        ("insects, nonhate", False),
    ]


def test_hatemoji_says_what_is_dehumanizing(made_up: Path) -> None:
    cases = SUITES["hatemoji"](made_up)
    assert len(cases) == 60
    for case in cases:
        assert case.expected == (case.functionality == "dehumanizinglanguage")
        assert case.has("hate") == (case.functionality != "none")
        assert bool(case.categories) == case.has("hate")


def test_dynahate_says_of_dehumanization_only_what_its_type_says(tmp_path: Path) -> None:
    kinds = (("hate", "dehumanization"), ("hate", "animosity"), ("hate", "notgiven"))
    write_jsonl(
        tmp_path / "dynahate/test_rounds123_typed.jsonl.gz",
        (
            {
                "acl.id": kind,
                "text": "some text",
                "label": label,
                "type": kind,
                "target": "bla.wom" if kind == "animosity" else "none",
                "round.base": "1",
            }
            for label, kind in (*kinds, ("nothate", "none"))
        ),
    )
    cases = SUITES["dynahate"](tmp_path)
    assert [case.has("dehumanization") for case in cases] == [True, False, None, False]
    assert cases[1].categories == {"race", "gender"}


@pytest.mark.parametrize("name", sorted({*SUITES} - {"dehumcheck"}))
def test_a_suite_that_is_not_there_is_missing_and_not_broken(name: str, tmp_path: Path) -> None:
    with pytest.raises(SuiteMissing, match="upstander data fetch"):
        SUITES[name](tmp_path)


def test_dehumcheck_comes_with_the_package(tmp_path: Path) -> None:
    assert len(SUITES["dehumcheck"](tmp_path)) > 1000


@pytest.mark.data
def test_the_real_files_have_the_sizes_that_are_reported(real_data: Path) -> None:
    sizes = {name: len(SUITES[name](real_data)) for name in ("hatexplain", "jigsaw", "hatemoji")}
    assert sizes == {"hatexplain": 1924, "jigsaw": 4324, "hatemoji": 593}
    bias = SUITES["jigsaw_bias"](real_data)
    assert len({case.template for case in bias}) == 40
    assert len(bias) == 2000


@pytest.mark.data
@pytest.mark.slow
def test_what_is_left_of_the_real_hatemoderate_is_as_reported(real_data: Path) -> None:
    moderated = SUITES["hatemoderate"](real_data)
    assert (len(moderated), sum(case.expected is True for case in moderated)) == (329, 183)


def test_a_listed_suite_reads_columns_and_leaves_out_what_training_saw(tmp_path: Path) -> None:
    rows = [
        {"text": "Unseen and hateful", "hd": "1", "cv": "0"},
        {"text": "unseen  and HATEFUL", "hd": "0", "cv": "0"},
        {"text": "Seen in training", "hd": "0", "cv": "1"},
        {"text": "harmless", "hd": "0", "cv": "0"},
    ]
    write_jsonl(tmp_path / "gab_hate_corpus/test.jsonl.gz", rows)
    write_jsonl(tmp_path / "davidson/all.jsonl.gz", [{"tweet": "seen in  training"}])
    cases = EVERY_SUITE["gab_hate_corpus"](tmp_path)
    assert [(case.text, case.expected) for case in cases] == [
        ("Unseen and hateful", True),
        ("harmless", False),
    ]
    with pytest.raises(SuiteMissing, match="run 'upstander data fetch'"):
        EVERY_SUITE["edos"](tmp_path)


def test_every_listed_suite_says_where_it_is_from_and_what_it_means() -> None:
    labels = {"hate", "toxicity"}
    for name, suite in LISTED.items():
        assert suite.label in labels, name
        assert suite.positive or suite.negative or suite.at_least is not None, name
        assert not suite.positive & suite.negative, name
        assert any(year in suite.title for year in map(str, range(2017, 2026))), name


@pytest.mark.data
@pytest.mark.slow
def test_every_listed_suite_has_both_answers_in_the_real_files(real_data: Path) -> None:
    for name in LISTED:
        answers = [case.expected for case in EVERY_SUITE[name](real_data)]
        assert len(answers) > 900, name
        assert {True, False} == set(answers) or name == "comparisons", name
