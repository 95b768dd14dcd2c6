"""The suites of the world: ordinary and natural posts, scores of Perspective, world groups."""

import csv
import gzip
import re
from collections import Counter
from pathlib import Path

import pytest
from made_up_data import write_hatecheck
from suite_files import (
    write_counterspeech,
    write_groups,
    write_natural,
    write_ordinary,
    write_perspective,
    write_verdicts,
)

from upstander.evaluation.errors import EvaluationError
from upstander.evaluation.suites import SUITES
from upstander.evaluation.suites.dehumcheck import expand
from upstander.evaluation.suites.groups import articled, draw, read_groups, with_article
from upstander.evaluation.suites.natural_swapped import names_of


def test_an_ordinary_post_has_neither_label_and_its_domain(tmp_path: Path) -> None:
    write_ordinary(tmp_path)
    for name in ("ordinary", "ordinary_more"):
        cases = SUITES[name](tmp_path)
        assert Counter(case.functionality for case in cases) == {"food": 110, "sports": 10}
        assert {(c.has("hate"), c.has("dehumanization"), c.has("threat")) for c in cases} == {
            (False, False, None)
        }


def test_a_natural_post_says_only_what_both_passes_are_sure_of(tmp_path: Path) -> None:
    write_natural(tmp_path)
    cases = SUITES["natural"](tmp_path)
    assert [case.expected for case in cases] == [True, True, True, False, None, False]
    assert [case.has("hate") for case in cases] == [True, True, True, True, None, False]
    assert [case.functionality for case in cases] == [
        "dehumanizing", "dehumanizing", "dehumanizing", "other_hate", "borderline", "literal",
    ]  # fmt: skip
    first, _, _, hateful, doubtful, _ = cases
    assert first.ways == {"vermin", "animal"}
    assert first.rationale == ((0, 4), (9, 20))
    assert hateful.categories == {"immigration_status"}
    assert doubtful.rationale == ()
    assert doubtful.ways == frozenset()


def test_a_natural_row_that_cannot_be_read_names_its_line(tmp_path: Path) -> None:
    write_natural(tmp_path)
    path = tmp_path / "dehum_natural/test.jsonl.gz"
    lines = gzip.decompress(path.read_bytes()).replace(b"[[13, 19]]", b"[[13]]")
    path.write_bytes(gzip.compress(lines))
    with pytest.raises(EvaluationError, match="line 2: ValueError"):
        SUITES["natural"](tmp_path)


def test_perspective_scores_are_the_reference(tmp_path: Path) -> None:
    write_perspective(tmp_path)
    wikipedia = SUITES["perspective_wikipedia"](tmp_path)
    assert len(wikipedia) == 10
    assert wikipedia[6].reference == {"toxicity": 0.2}
    assert wikipedia[6].expected is True
    rtp = SUITES["perspective_rtp"](tmp_path)
    assert Counter(case.cluster for case in rtp) == {"0.txt": 2, "1.txt": 2, "2.txt": 2}
    assert rtp[0].reference["threat"] == 0.5
    assert (rtp[0].has("threat"), rtp[0].has("toxicity")) == (True, False)


def test_counterspeech_takes_what_nobody_calls_abusive_once(tmp_path: Path) -> None:
    write_counterspeech(tmp_path)
    assert [(case.functionality, case.text) for case in SUITES["counterspeech"](tmp_path)] == [
        ("dynacounter", "everyone deserves respect"),
        ("convabuse", "how are you"),
        ("reddit", "that is not true"),
    ]


def test_hatecheck_has_the_verdicts_of_another_system_if_they_are_there(made_up: Path) -> None:
    cases = SUITES["hatecheck"](made_up)
    assert not any(case.verdicts for case in cases)


def test_hatecheck_reads_verdicts_by_case(tmp_path: Path) -> None:
    write_hatecheck(tmp_path)
    ids = [case.id for case in SUITES["hatecheck"](tmp_path)]
    write_verdicts(tmp_path, ids[1:])
    cases = SUITES["hatecheck"](tmp_path)
    assert [dict(case.verdicts) for case in cases[:2]] == [{}, {"Perspective API": True}]


def test_a_group_file_with_a_short_row_is_named(tmp_path: Path) -> None:
    write_groups(tmp_path)
    assert Counter(group.part for group in read_groups(tmp_path)) == {"seen": 7, "unseen": 7}
    with (tmp_path / "groups/unseen.csv").open("a", encoding="utf-8") as file:
        file.write("Ulus,Ulu\n")
    with pytest.raises(EvaluationError, match=r"unseen.csv, line 9: columns are missing"):
        read_groups(tmp_path)


def test_a_draw_is_the_same_each_time_and_takes_both_parts(tmp_path: Path) -> None:
    write_groups(tmp_path)
    groups = read_groups(tmp_path)
    drawn = draw(groups, "seed", 3, 1, {"ethnicity", "religion", "national_origin"})
    assert drawn == draw(groups, "seed", 3, 1, {"national_origin", "religion", "ethnicity"})
    assert Counter(group.part for group in drawn) == {"seen": 3, "unseen": 3}
    assert len({(group.part, group.category) for group in drawn}) == 6


@pytest.mark.parametrize(
    "words",
    [
        *("a Uyghur", "a Ukrainian", "a European", "a Unitarian", "a Hindu", "a US citizen"),
        *("an Uzbek", "an Eritrean", "an undocumented immigrant", "an HIV-positive person"),
        *("an Umbanda practitioner", "an uninsured person", "an H-1B visa holder"),
    ],
)
def test_the_article_goes_with_the_sound(words: str) -> None:
    assert with_article(words.split(" ", 1)[1]) == words


def test_an_article_in_a_text_is_mended_and_nothing_else() -> None:
    assert articled("You are a Irish baker", 10) == "You are an Irish baker"
    assert articled("An Uyghur", 3) == "A Uyghur"
    assert articled("than Irish", 5) == "than Irish"
    assert articled("the Irish", 4) == "the Irish"


def test_templates_are_filled_with_both_parts_in_the_form_of_their_blank(tmp_path: Path) -> None:
    write_groups(tmp_path)
    cases = SUITES["dehumcheck_world"](tmp_path)
    templates = {t.id: t for cell in expand.cells().values() for t in cell}
    skipped = {name for name, t in templates.items() if not t.expected or t.only or t.literal}
    assert not skipped & {case.template for case in cases}
    assert len({case.id for case in cases}) == len(cases)
    parts = Counter((case.template, case.functionality) for case in cases)
    assert max(parts.values()) <= 4
    for case in cases:
        template = templates[case.template]
        assert case.expected is True
        assert not case.categories & set(template.skip)
        assert "{" not in case.text
        assert (case.functionality == "unseen") == ("U" in case.target)
        if template.blank == "one":
            assert re.search(r"\ban? [sup]", case.text.lower())


def test_a_post_that_names_one_group_is_said_of_others(tmp_path: Path) -> None:
    write_natural(tmp_path)
    write_groups(tmp_path)
    cases = SUITES["natural_swapped"](tmp_path)
    assert {case.template for case in cases} == {"e0", "e1"}
    for case in cases:
        (name,) = {case.target.rstrip("s")}
        told = {
            "e0": f"{name}s are vermin, and {with_article(name)} baker is a rat",
            "e1": f"{with_article(name)} is a plague",
        }
        assert case.text == told[case.template]
        assert case.rationale == ()
        assert case.functionality == ("unseen" if name.startswith("U") else "seen")
        assert not case.categories & {"age"}


def test_names_are_found_in_their_forms(tmp_path: Path) -> None:
    write_groups(tmp_path)
    names = names_of(read_groups(tmp_path))
    for text, found in {
        "jews and Saba bakers": [("jews", "plural"), ("Saba", "singular")],
        "the sabas": [],
        "Refugees here": [("Refugees", "plural")],
        "So and people of Soro": [("So", "plural"), ("people of Soro", "plural")],
        "a Jewish-style roll": [],
    }.items():
        assert [(place.words, place.form) for place in names.found(text)] == found, text


@pytest.mark.data
def test_the_real_suites_of_the_world_have_the_sizes_that_are_reported(real_data: Path) -> None:
    names = ("ordinary", "ordinary_more", "natural", "perspective_wikipedia", "perspective_rtp")
    sizes = {name: len(SUITES[name](real_data)) for name in names}
    assert sizes == {
        "ordinary": 10870,
        "ordinary_more": 10438,
        "natural": 880,
        "perspective_wikipedia": 3988,
        "perspective_rtp": 1487,
    }
    swapped = SUITES["natural_swapped"](real_data)
    with (real_data / "groups/unseen.csv").open(encoding="utf-8", newline="") as file:
        unseen = {row["plural"] for row in csv.DictReader(file)}
    assert len({case.template for case in swapped}) >= 20
    for case in swapped:
        assert (case.target in unseen) == (case.functionality == "unseen")
    kinds = Counter(case.functionality for case in SUITES["counterspeech"](real_data))
    assert kinds == {"dynacounter": 1533, "convabuse": 429, "reddit": 58}
