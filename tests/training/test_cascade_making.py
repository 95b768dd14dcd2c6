"""`upstander model cascade`: from two bundles and the rows of a run to one that is served."""

import json
from pathlib import Path

import datasets
import pytest
from cascades import HARMLESS, HATEFUL
from click.testing import Result
from typer.testing import CliRunner

from upstander.cli import app
from upstander.models.bundle import Bundle, open_bundle

GROUPS = ("refugees", "migrants", "Muslims", "Jews", "women", "gay men")
AT_BALANCED = ("--unflagged-at", "balanced")
PLACES = ("library", "museum", "shop", "school", "bakery", "pool")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that has prepared some rows, and no more."""
    folder = tmp_path_factory.mktemp("runs") / "small"
    hateful = [f"Those {group} are vermin." for group in GROUPS]
    ordinary = [f"The {place} opens at nine on Sundays." for place in PLACES]
    rows = {
        "text": [*hateful, *ordinary, "They are a disease."],
        "source": ["dynahate"] * len(hateful) + ["ordinary"] * len(ordinary) + ["contrast"],
    }
    table = datasets.Dataset.from_dict(rows)
    splits = datasets.DatasetDict(
        {"validation": table, "calibration": table.select(range(0, len(table), 2))}
    )
    splits.save_to_disk(str(folder / "prepare" / "data"))
    return folder


def make(cascade: Bundle, run: Path, version: str, *more: str) -> Result:
    """Of the stages of the cascade of the tests, whose folder they lie in."""
    student, base = (cascade.stages[stage].path for stage in ("student", "base"))
    options = ["--version", version, "--run", str(run), "--work", str(run / "work")]
    places = ["--bundles", str(cascade.path.parent.parent), "--name", "made"]
    command = ["model", "cascade", str(student), str(base), *options, *places, *more]
    return CliRunner().invoke(app, command)


@pytest.fixture(scope="module")
def first(cascade: Bundle, run: Path) -> Result:
    """How version 1.0.0 was made."""
    return make(cascade, run, "1.0.0")


def test_it_makes_a_cascade_that_says_what_its_bounds_do(cascade: Bundle, first: Result) -> None:
    assert first.exit_code == 0, first.output
    made = open_bundle(cascade.path.parent.parent / "made" / "1.0.0")
    assert made.cascade is not None
    chosen, checked = made.cascade.measured
    assert (chosen.split, chosen.rows, chosen.ordinary) == ("validation", 13, 6)
    assert (checked.split, checked.rows) == ("calibration", 7)
    flags = {one.category: one for one in chosen.flags}
    assert flags["dehumanization"].flagged >= len(GROUPS)
    assert flags["religion"].flagged >= 1
    assert all(one.lost == 0 for one in chosen.flags)
    assert chosen.sent_on < chosen.rows
    assert made.cascade.base_cost > 0.1
    assert made.scorer.score(HARMLESS).stage == "student"
    assert made.scorer.score(HATEFUL).stage == "base"
    assert "ordinary posts sent on" in first.output
    assert "with --max-lost 0.01" in first.output
    card = (made.path / "README.md").read_text()
    assert "| dehumanization | " in card
    assert "| validation | 13 | " in card


def test_what_the_bundles_said_of_the_rows_is_kept(
    cascade: Bundle, run: Path, first: Result
) -> None:
    kept = run / "work" / "validation-base.npz"
    before = kept.stat().st_mtime_ns
    done = make(cascade, run, "1.1.0", "--max-lost", "1", "--base-cost", "3", *AT_BALANCED)
    assert done.exit_code == 0, done.output
    assert kept.stat().st_mtime_ns == before
    folder = cascade.path.parent.parent / "made"
    strict, loose = (
        json.loads((folder / version / "cascade.json").read_text())
        for version in ("1.0.0", "1.1.0")
    )
    assert (loose["base_cost"], loose["max_lost"]) == (3, 1)
    assert (strict["unflagged_at"], loose["unflagged_at"]) == ("watchful", "balanced")
    assert all(loose["bounds"][label] > bound for label, bound in strict["bounds"].items())
    assert loose["measured"][0]["sent_on"] <= strict["measured"][0]["sent_on"]
    done = make(cascade, run, "1.2.0", "--base-cost", "3", "--leave-out", "contrast")
    assert done.exit_code == 0, done.output
    assert kept.stat().st_mtime_ns > before


def test_what_is_missing_is_one_clear_line(
    cascade: Bundle, run: Path, first: Result, tmp_path: Path
) -> None:
    done = make(cascade, tmp_path, "1.0.1", "--base-cost", "3")
    assert done.exit_code == 1
    assert "has no prepared rows: run 'upstander train" in str(done.exception)
    done = make(cascade, run, "1.0.1", "--bundles", str(tmp_path))
    assert "put that bundle there" in str(done.exception)
    assert list(tmp_path.iterdir()) == []
    assert "--version 1.0: write it as" in str(make(cascade, run, "1.0").exception)
    assert "raise the version" in str(make(cascade, run, "1.0.0").exception)
