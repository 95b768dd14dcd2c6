"""Groups to protected categories: only those of the product, and nearly every code is known."""

import ast
from collections.abc import Iterable
from pathlib import Path

import pytest

from upstander.evaluation.taxonomy import _CODES, _WORDS, from_codes, from_phrase, known
from upstander.models.labels import TARGETS
from upstander.training.sources import SOURCES
from upstander.training.sources.source import read_rows

NO_GROUP = {"", "none", "notgiven", "notargetrecorded"}


def test_only_categories_of_the_product_are_produced() -> None:
    produced = {c for categories in _CODES.values() for c in categories}
    produced |= {c for _, categories in _WORDS for c in categories}
    assert produced <= set(TARGETS)


def test_codes_are_written_as_they_are_looked_up() -> None:
    assert all(code == code.strip().lower() for code in _CODES)
    for code, categories in _CODES.items():
        assert from_codes([f" {code.upper()} "]) == known(categories), code


def positives(found: dict[str, float]) -> set[str]:
    assert not found or set(found) == set(TARGETS)
    return {target for target, value in found.items() if value}


@pytest.mark.parametrize(
    ("codes", "categories"),
    [
        (["bla.wom"], {"race", "gender"}),
        (["jew", "immig"], {"religion", "ethnicity", "immigration_status"}),
        (["old.people"], {"age"}),
        (["nobody we know", "trans"], {"gender_identity"}),
        (["none"], set()),
        ([], set()),
    ],
)
def test_codes(codes: list[str], categories: set[str]) -> None:
    assert positives(from_codes(codes)) == categories


@pytest.mark.parametrize(
    ("phrase", "categories"),
    [
        ("black folks; women", {"race", "gender"}),
        ("Jewish people", {"religion", "ethnicity"}),
        ("undocumented immigrants", {"immigration_status"}),
        ("people in wheelchairs", {"disability"}),
        ("the elderly", {"age"}),
        ("gay men", {"sexual_orientation", "gender"}),
        ("everybody who likes rain", set()),
        ("", set()),
    ],
)
def test_phrases(phrase: str, categories: set[str]) -> None:
    assert positives(from_phrase(phrase)) == categories


def test_an_unknown_group_is_unknown_and_not_denied() -> None:
    assert from_codes(["nobody we know"]) == {}
    assert from_phrase("nobody we know") == {}
    assert known([]) == dict.fromkeys(TARGETS, 0.0)


def coverage(rows: Iterable[Iterable[str]]) -> float:
    """Share of the codes that name a group at all which are mapped to a category."""
    codes = [c for row in rows for c in map(str.lower, map(str.strip, row)) if c not in NO_GROUP]
    return sum(bool(from_codes([code])) for code in codes) / len(codes)


@pytest.mark.data
def test_nearly_every_code_of_dynahate_is_mapped(real_data: Path) -> None:
    for file in (f for f in SOURCES["dynahate"].files if "target" in f.columns):
        rows = (
            row["target"].split(",")
            for _, row in read_rows(file, real_data)
            if row["label"] == "hate"
        )
        assert coverage(rows) > 0.95, file.path


@pytest.mark.data
def test_nearly_every_code_of_hatemoji_build_is_mapped(real_data: Path) -> None:
    for file in SOURCES["hatemoji_build"].files:
        rows = (
            ast.literal_eval(row["target"])
            for _, row in read_rows(file, real_data)
            if str(row["label_gold"]) == "1"
        )
        assert coverage(rows) > 0.95, file.path


@pytest.mark.data
def test_every_code_of_toxigen_is_mapped(real_data: Path) -> None:
    (annotated,) = SOURCES["toxigen_annotated"].files
    rows = (
        row["target_groups"] for _, row in read_rows(annotated, real_data) if row["label"] == "hate"
    )
    assert coverage(rows) == 1
