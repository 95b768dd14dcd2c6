"""The suites in other languages: which rows they judge, and what the right answer is."""

from pathlib import Path

import pytest
from made_up_data import write_jsonl

from upstander.evaluation.errors import SuiteMissing
from upstander.evaluation.suites import (
    EVERY_SUITE,
    IN_LANGUAGES,
    SUITES,
    mlma,
    multilingual_hatecheck,
    ordinary_languages,
    polar,
    toldbr,
)
from upstander.evaluation.suites.case import Case
from upstander.training.sources import SOURCES, SUITE_FILES


def _held_out(start: str, is_test: object, wanted: bool = True) -> str:
    assert callable(is_test)
    return next(f"{start} {n}" for n in range(1000) if is_test(f"{start} {n}") == wanted)


def by_id(name: str, folder: Path) -> dict[str, Case]:
    return {case.id: case for case in IN_LANGUAGES[name](folder)}


def write_multilingual_hatecheck(folder: Path) -> None:
    for code, name in multilingual_hatecheck.LANGUAGES.items():
        rows = [
            {
                "mhc_case_id": f"{name}-{number}",
                "functionality": functionality,
                "test_case": f"a {code} case of {functionality}",
                "label_gold": gold,
                "target_ident": "women",
                "templ_id": "7",
            }
            for number, (functionality, gold) in enumerate(
                [
                    ("derog_dehum_h", "hateful"),
                    ("threat_dir_h", "hateful"),
                    ("counter_quote_nh", "non-hateful"),
                ]
            )
        ]
        write_jsonl(folder / f"multilingual_hatecheck/{name}.jsonl.gz", rows)


def test_multilingual_hatecheck_knows_the_language_of_a_case(tmp_path: Path) -> None:
    write_multilingual_hatecheck(tmp_path)
    cases = by_id("multilingual_hatecheck", tmp_path)
    assert len(cases) == 30
    dehumanizing = cases["german-0"]
    assert (dehumanizing.source, dehumanizing.cluster) == ("de", "de 7")
    assert dehumanizing.has("hate") is dehumanizing.has("dehumanization") is True
    assert dehumanizing.categories == {"gender"}
    # Of other hate it does not say whether it dehumanizes.
    assert cases["dutch-1"].has("hate") is True
    assert cases["dutch-1"].has("dehumanization") is None
    assert cases["mandarin-2"].has("hate") is cases["mandarin-2"].has("dehumanization") is False
    (tmp_path / "multilingual_hatecheck/polish.jsonl.gz").unlink()
    with pytest.raises(SuiteMissing, match="polish"):
        IN_LANGUAGES["multilingual_hatecheck"](tmp_path)


def test_gahd_and_cold_judge_the_official_test_part(tmp_path: Path) -> None:
    row = {"gahd_id": "g1", "text": "ein Satz", "label": "1", "round": "R1", "split": "test"}
    rows = [row, row | {"gahd_id": "g2", "label": "0"}, row | {"gahd_id": "g3", "split": "dev"}]
    write_jsonl(tmp_path / "multilingual/gahd_de.jsonl.gz", rows)
    gahd = by_id("gahd", tmp_path)
    assert {number: case.has("hate") for number, case in gahd.items()} == {"g1": True, "g2": False}
    post = {"TEXT": "今天", "label": "1", "topic": "race", "fine-grained-label": "2"}
    write_jsonl(
        tmp_path / "multilingual/cold_zh_test.jsonl.gz",
        [post, post | {"label": "0", "fine-grained-label": "3"}],
    )
    told = [(c.has("toxicity"), c.functionality) for c in by_id("cold", tmp_path).values()]
    assert told == [(True, "attacks a group"), (False, "counter-speech")]


def test_toldbr_holds_out_the_same_tenth_always(tmp_path: Path) -> None:
    none = dict.fromkeys(toldbr.KINDS, "0.0")
    held_out = [_held_out(start, toldbr.is_test) for start in ("um dia", "uma noite")]
    write_jsonl(
        tmp_path / "multilingual/toldbr_pt.jsonl.gz",
        [
            {"text": held_out[0], **none},
            {"text": held_out[1], **none, "insult": "1.0"},
            {"text": _held_out("um dia", toldbr.is_test, wanted=False), **none},
        ],
    )
    cases = IN_LANGUAGES["toldbr"](tmp_path)
    assert [(case.text, case.has("toxicity")) for case in cases] == [
        (held_out[0], False),
        (held_out[1], True),
    ]
    share = sum(toldbr.is_test(f"tweet {n}") for n in range(2000)) / 2000
    assert share == pytest.approx(0.1, abs=0.02)


def write_ordinary(folder: Path) -> None:
    """Of each part of `ordinary_languages` a harmless row that counts and one that does not."""
    votes = dict.fromkeys(toldbr.KINDS, "0.0")
    tweets = [_held_out("um dia", toldbr.is_test, wanted=own) for own in (True, False)]
    rows: dict[str, list[dict[str, str]]] = {
        polar.FILE: [
            {"lang": "rus", "id": "1", "text": "r", "polarization": "0"},
            {"lang": "rus", "id": "2", "text": "r", "polarization": "1"},
            {"lang": "eng", "id": "3", "text": "r", "polarization": "0"},
            {"lang": "amh", "id": "4", "text": "r", "polarization": "0"},
        ],
        polar.TRAIN: [
            {
                "lang": "hin",
                "id": "5",
                "text": _held_out("r", polar.is_test, wanted=own),
                "polarization": "0",
            }
            for own in (True, False)
        ],
        "multilingual/germeval2018_de_test.jsonl.gz": [
            {"text": "a |LBR| b", "fine": "OTHER"},
            {"text": "a", "fine": "INSULT"},
        ],
        "multilingual/toldbr_pt.jsonl.gz": [
            {"text": tweets[0], **votes},
            {"text": tweets[1], **votes},
            {"text": tweets[0], **votes, "insult": "1.0"},
        ],
        "multilingual/cold_zh_test.jsonl.gz": [
            {"TEXT": "a", "fine-grained-label": "0"},
            {"TEXT": "a", "fine-grained-label": "3"},
        ],
        "multilingual/beep_ko_dev.jsonl.gz": [
            {"comments": "a", "hate": "none", "bias": "none"},
            {"comments": "a", "hate": "none", "bias": "gender"},
        ],
        "multilingual/roman_urdu_task1_test.jsonl.gz": [
            {"text": "a", "label": "1"},
            {"text": "a", "label": "0"},
        ],
        **{
            path: [
                {"tweet": _held_out("a", mlma.is_test), "sentiment": "normal"},
                {"tweet": _held_out("a", mlma.is_test), "sentiment": "offensive_normal"},
                {"tweet": _held_out("a", mlma.is_test, wanted=False), "sentiment": "normal"},
            ]
            for path in mlma.FILES.values()
        },
    }
    for path, own in rows.items():
        write_jsonl(folder / path, own)


def test_the_ordinary_posts_are_the_harmless_test_rows_of_every_set(tmp_path: Path) -> None:
    write_ordinary(tmp_path)
    cases = IN_LANGUAGES[ordinary_languages.NAME](tmp_path)
    assert [(case.functionality, case.source) for case in cases] == [
        ("ru", "polar"),
        ("hi", "polar"),
        ("de", "germeval2018"),
        ("pt", "toldbr"),
        ("zh", "cold"),
        ("ko", "beep"),
        ("ur", "roman_urdu"),
        ("ar", "mlma"),
        ("fr", "mlma"),
    ]
    for case in cases:
        assert case.has("hate") is case.has("dehumanization") is False
    assert "|LBR|" not in cases[2].text


def test_polar_judges_the_rows_that_say_whether_they_dehumanize(tmp_path: Path) -> None:
    row = {"lang": "deu", "id": "1", "text": "r", "polarization": "1", "dehumanization": "1"}
    rows = [
        row,
        row | {"lang": "zho", "id": "2", "dehumanization": "0"},
        row | {"lang": "pol", "id": "3", "dehumanization": None},
        row | {"lang": "amh", "id": "4"},
    ]
    write_jsonl(tmp_path / polar.FILE, rows)
    told = {case.id: (case.source, case.expected) for case in IN_LANGUAGES["polar"](tmp_path)}
    assert told == {"1": ("de", True), "2": ("zh", False)}


def test_their_files_are_declared_and_they_are_no_suite_of_an_english_bundle() -> None:
    declared = {file.path for source in SOURCES.values() for file in source.files}
    declared |= {file.path for suite in SUITE_FILES.values() for file in suite.files}
    paths = {part.path for part in ordinary_languages._PARTS}
    paths |= {multilingual_hatecheck.path_of(code) for code in multilingual_hatecheck.LANGUAGES}
    assert paths <= declared
    assert not set(IN_LANGUAGES) & set(SUITES)
    assert set(IN_LANGUAGES) <= set(EVERY_SUITE)


@pytest.mark.data
def test_no_test_row_of_a_set_is_for_training(real_data: Path) -> None:
    from upstander.training.sources.source import read_source

    for source, suite in (("gahd", "gahd"), ("toldbr", "toldbr")):
        held_out = {case.text for case in IN_LANGUAGES[suite](real_data)}
        rows = [row for row in read_source(SOURCES[source], real_data) if row.split == "test"]
        assert {row.text for row in rows} == held_out
