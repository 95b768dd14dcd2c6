"""`upstander data check`: every problem is listed, rows that leak are named, no text is shown."""

import gzip
import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import datasets
import pytest
from made_up_data import write_jsonl

from upstander.training import check
from upstander.training.check import check_data
from upstander.training.contrast import generate
from upstander.training.sources import SOURCES, SUITE_FILES
from upstander.training.sources.source import SourceFile

FILES = (
    *(f for source in SOURCES.values() for f in (*source.files, *source.extra_files)),
    *(f for suite in SUITE_FILES.values() for f in suite.files),
)


@pytest.fixture
def folder(made_up: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the made-up data to change, and a terminal that is wide enough for a table."""
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setenv("COLUMNS", "200")
    return Path(shutil.copytree(made_up, tmp_path / "data"))


@pytest.fixture
def declare(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Declare the made-up files as they are now: the real checksums are those of the real rows."""

    def as_it_is(file: SourceFile) -> SourceFile:
        with gzip.open(folder / file.path) as lines:
            content = lines.read()
        sha256 = hashlib.sha256(content).hexdigest()
        return replace(file, rows=content.count(b"\n"), sha256=sha256)

    def declare_all() -> None:
        sources = {
            name: replace(source, files=tuple(as_it_is(file) for file in source.files))
            for name, source in SOURCES.items()
            if all((folder / file.path).is_file() for file in source.files)
        }
        suites = {
            name: replace(suite, files=tuple(map(as_it_is, suite.files)))
            for name, suite in SUITE_FILES.items()
            if all((folder / file.path).is_file() for file in suite.files)
        }
        assert {*sources, *suites} == {
            *("dynahate", "hatemoji_build", "davidson", "contrast", "contrast_languages"),
            "hatecheck",
        }
        monkeypatch.setattr(check, "SOURCES", sources)
        monkeypatch.setattr(check, "SUITE_FILES", suites)

    return declare_all


def test_every_file_that_is_not_as_declared_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check_data(folder) == 1
    told = capsys.readouterr().out
    for file in FILES:
        there = (folder / file.path).is_file()
        problem = "its SHA-256 is not the declared one" if there else "is missing"
        assert f"{folder / file.path}" in told
        assert problem in told.split(f"{folder / file.path}", 1)[1].split("\n", 1)[0]
    assert f"{len(FILES)} problems" in told


@pytest.mark.parametrize(
    "path", ["dynahate/test_rounds123_typed.jsonl.gz", "hatecheck/all_cases.jsonl.gz"]
)
@pytest.mark.parametrize("damage", ["missing", "damaged"])
def test_a_damaged_suite_is_one_problem_among_others(
    path: str, damage: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = (folder / path).read_bytes()
    (folder / path).unlink()
    if damage == "damaged":
        (folder / path).write_bytes(content[: len(content) // 2])
    assert check_data(folder) == 1
    told = capsys.readouterr().out
    assert f"{folder / path}" in told
    assert f"{len(FILES)} problems" in told


def test_a_row_that_cannot_be_read_is_a_problem(
    folder: Path, declare: Callable[[], None], capsys: pytest.CaptureFixture[str]
) -> None:
    write_jsonl(folder / "davidson/all.jsonl.gz", [{"tweet": "a quiet day", "class": "9"}])
    declare()
    assert check_data(folder) == 1
    told = capsys.readouterr().out
    assert "davidson/all.jsonl.gz, line 1: column 'class' has an unknown value" in told
    assert "1 problems" in told


def test_rows_and_labels_are_counted(
    folder: Path, declare: Callable[[], None], capsys: pytest.CaptureFixture[str]
) -> None:
    declare()
    assert check_data(folder) == 0
    told = capsys.readouterr().out
    with gzip.open(folder / "davidson/all.jsonl.gz", "rt") as lines:
        classes = [json.loads(line)["class"] for line in lines]
    hate, neither = classes.count("0"), classes.count("2")
    lines_of = told.split("\n")
    first = next(n for n, line in enumerate(lines_of) if line.startswith("davidson"))
    assert [line.split() for line in lines_of[first : first + 4]] == [
        # Dehumanization is never positive, and nobody was asked for a category or for words.
        ["davidson", "200", "dehumanization", "0", str(neither)],
        ["hate", str(hate), str(200 - hate)],
        ["toxicity", str(200 - neither), str(neither)],
        lines_of[first + 3].split(),
    ]
    assert lines_of[first + 3].startswith("contrast")


def test_what_a_rule_guessed_is_not_counted_and_what_was_marked_is(
    folder: Path, declare: Callable[[], None], capsys: pytest.CaptureFixture[str]
) -> None:
    declare()
    assert check_data(folder) == 0
    told = capsys.readouterr().out.split("\n")
    examples = list(generate.examples())
    begin = next(n for n, line in enumerate(told) if line.startswith("contrast"))
    cells = [line.replace(",", "").split()[-3:] for line in told[begin : begin + 5]]
    hateful = sum(e.labels["hate"] == 1 for e in examples)
    dehumanizing = sum(e.labels["dehumanization"] == 1 for e in examples)
    with_target = sum(any(e.targets.values()) for e in examples)
    without = sum(bool(e.targets) and not any(e.targets.values()) for e in examples)
    assert cells == [
        ["dehumanization", str(dehumanizing), str(len(examples) - dehumanizing)],
        ["hate", str(hateful), str(len(examples) - hateful)],
        ["target", str(with_target), str(without)],
        ["mechanism", str(dehumanizing), str(len(examples) - dehumanizing)],
        ["rationale", str(hateful), str(len(examples) - hateful)],
    ]
    # DynaHate's training rows guess mechanisms; only its harmless rows say for sure: none.
    begin = next(n for n, line in enumerate(told) if line.startswith("dynahate"))
    mechanism = next(line.split() for line in told[begin:] if "mechanism" in line)
    assert mechanism[:2] == ["mechanism", "0"]
    assert int(mechanism[2]) > 0


def test_the_table_fits_a_terminal_of_eighty_columns(
    folder: Path,
    declare: Callable[[], None],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    declare()
    monkeypatch.setenv("COLUMNS", "80")
    assert check_data(folder) == 0
    told = capsys.readouterr().out
    for words in ("hatemoji_build", "dehumanization", "mechanism", "positive", "negative"):
        assert words in told


def test_rows_that_leak_are_listed_and_not_shown(
    folder: Path, declare: Callable[[], None], capsys: pytest.CaptureFixture[str]
) -> None:
    with gzip.open(folder / "hatecheck/all_cases.jsonl.gz", "rt") as lines:
        text = json.loads(next(lines))["test_case"]
    path = "davidson/all.jsonl.gz"
    write_jsonl(
        folder / path,
        [
            {"tweet": "a quiet day in the garden", "class": "2"},
            {"tweet": f"  {text.upper()}!!", "class": "0"},
        ],
    )
    declare()
    assert check_data(folder) == 0
    told = capsys.readouterr().out
    row = next(line for line in told.splitlines() if "an evaluation suite" in line)
    assert row.split() == ["davidson", "an", "evaluation", "suite", "1", f"{path}:2"]
    assert text.lower() not in told.lower()


@pytest.mark.slow
@pytest.mark.data
def test_the_real_data_is_as_declared(
    real_data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All at once; `test_sources.py` checks and reads every file, one after the other."""
    monkeypatch.setenv("COLUMNS", "200")
    assert check_data(real_data) == 0
    told = capsys.readouterr().out
    assert "every file is as declared" in told
    assert all(name in told for name in SOURCES)
