"""The audit of labelled data: what is wrong is found, and nothing is changed."""

import json
import random
from pathlib import Path

import pytest
from typer.testing import CliRunner

from upstander.cli import app
from upstander.training.audit.issues import find_suspects
from upstander.training.audit.report import audit, write_audit
from upstander.training.example import Example, Split

WORDS = ["river", "bridge", "kettle", "garden", "window", "ladder", "piano", "market"]
RUDE = ["fool", "liar", "coward", "cheat"]


def rows(count: int, wrong: int) -> tuple[list[str], list[bool]]:
    """Texts with a rude word and without; the labels of the first `wrong` are turned round."""
    draw = random.Random(5)
    texts, labels = [], []
    for number in range(count):
        is_rude = number % 2 == 0
        own = draw.choices(WORDS, k=6) + ([draw.choice(RUDE)] if is_rude else [])
        texts.append(" ".join([*own, f"n{number}"]))
        labels.append(is_rude != (number < wrong))
    return texts, labels


def test_labels_that_were_turned_round_are_found_first() -> None:
    texts, labels = rows(400, wrong=12)
    found = find_suspects(texts, labels, range(400))
    assert found is not None
    assert found.auc > 0.9
    assert len({suspect.index for suspect in found.found} & set(range(12))) >= 10
    assert {suspect.index for suspect in found.found[:10]} <= set(range(12))
    assert [s.quality for s in found.found] == sorted(s.quality for s in found.found)
    assert all(suspect.given == labels[suspect.index] for suspect in found.found)


def test_too_few_rows_tell_nothing() -> None:
    texts, _ = rows(400, wrong=0)
    assert find_suspects(texts, [n < 49 for n in range(400)], range(400)) is None


def example(text: str, number: int, label: float, split: Split = "train") -> Example:
    return Example(text, "made_up", str(number), split, {"hate": label})


def test_repeats_contradictions_and_leaks(tmp_path: Path) -> None:
    long = "the mayor opened the new bridge over the river on a sunny morning in early spring"
    examples = [
        example("Good morning", 1, 0.0),
        example("good  morning!", 2, 1.0),
        example(long, 3, 0.0),
        example(f"{long} again", 4, 0.0),
        example("Held out", 5, 1.0, "test"),
        example("held out", 6, 1.0),
        example("in a suite", 7, 0.0),
    ]
    found = audit(examples, {"inasuite": "a suite"})
    repeats = found.repeats
    assert repeats.rows == {"made_up": 7}
    assert repeats.exact == {"made_up": 2}
    assert repeats.near == {"made_up": 1}
    assert [(one.yes, one.no) for one in repeats.contradictions] == [(["2"], ["1"])]
    assert repeats.leaks == {("made_up", "made_up test"): ["6"], ("made_up", "a suite"): ["7"]}
    write_audit(found, tmp_path)
    assert "| made_up | 7 | 2 | 1 |" in (tmp_path / "report.md").read_text()
    assert "Good morning" not in (tmp_path / "report.md").read_text()


def test_the_command_writes_ids_and_hides_texts(made_up: Path, tmp_path: Path) -> None:
    before = {p: p.read_bytes() for p in made_up.rglob("*") if p.is_file()}
    done = CliRunner().invoke(
        app, ["data", "audit", "dynahate", "--data", str(made_up), "--out", str(tmp_path)]
    )
    assert done.exit_code == 0, done.output
    listed = [
        json.loads(line) for line in (tmp_path / "label_issues.jsonl").read_text().splitlines()
    ]
    assert all(set(row) == {"source", "label", "rank", "id", "given", "probability", "quality"}
               for row in listed)  # fmt: skip
    page = (tmp_path / "report.html").read_text()
    assert "Labels that other rows speak against" in page
    assert {p: p.read_bytes() for p in made_up.rglob("*") if p.is_file()} == before


def test_an_unknown_data_set_is_named(made_up: Path) -> None:
    with pytest.raises(Exception, match="nonsense is no data set"):
        CliRunner().invoke(
            app, ["data", "audit", "nonsense", "--data", str(made_up)], catch_exceptions=False
        )
