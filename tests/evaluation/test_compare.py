"""Scores of Perspective that a platform kept, beside those of a bundle."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from upstander.cli import app
from upstander.evaluation.batch.row import Columns
from upstander.evaluation.compare import Bad, Stored, _rounded_down, compare, read_stored
from upstander.evaluation.errors import EvaluationError
from upstander.models.bundle import Bundle

TEXTS = [
    "Good morning, everyone.",
    "You are a fool and a liar.",
    "These people are vermin.",
    "Shut up, you idiot.",
    "I think that the second chapter is the better one.",
    "What a load of crap.",
    "Thank you for your help!",
    "I will find you and hurt you.",
]


def test_a_threshold_is_found_that_flags_as_many_texts(bundle: Bundle) -> None:
    """Old scores that are the new ones on another scale: the order is the same."""
    ours = [bundle.scorer.score(text).scores["toxicity"] for text in TEXTS]
    stored = [
        Stored(text, {"TOXICITY": score / 2, "SPAM": 0.1})
        for text, score in zip(TEXTS, ours, strict=True)
    ]
    middle = sorted(ours)[4] / 2
    found = compare(bundle, iter(stored), thresholds=(middle, 0.9))
    assert found.left_out == ("SPAM",)
    (toxicity,) = found.attributes
    assert toxicity.texts == len(TEXTS)
    assert toxicity.pearson == pytest.approx(1)
    assert toxicity.spearman == pytest.approx(1)
    at, never = toxicity.thresholds
    assert at.rate == 0.5
    assert at.new is not None
    assert at.new == pytest.approx(2 * middle, rel=1e-3)
    assert sum(score >= at.new for score in ours) == 4
    assert len(str(at.new)) <= 6
    assert toxicity.uncertain == (middle,)
    assert at.agreement == 1
    assert at.kappa == 1
    assert at.same == sum((s / 2 >= middle) == (s >= middle) for s in ours) / len(ours)
    assert never.rate == 0
    assert never.new is None


@pytest.mark.parametrize("cut", [0.1999, 0.5, 0.1485, 1e-7, 1.0, 0.29])
def test_a_new_threshold_is_rounded_down_and_flags_the_same(cut: float) -> None:
    scores = np.array([cut, cut - cut / 1e5, 0.0])
    found = _rounded_down(cut, scores)
    assert (scores >= found).tolist() == [True, False, False]
    assert _rounded_down(0.14854321, np.array([0.1, 0.14854321])) == 0.1485


def test_old_scores_that_say_nothing_have_no_correlation(bundle: Bundle) -> None:
    stored = (Stored(text, {"INSULT_EXPERIMENTAL": 0.5}) for text in TEXTS)
    (insult,) = compare(bundle, stored, thresholds=(0.5,)).attributes
    assert insult.label == "insult"
    assert insult.pearson is None
    assert insult.thresholds[0].kappa is None


def test_lines_may_have_the_form_of_perspectives_replies(tmp_path: Path) -> None:
    path = tmp_path / "old.jsonl"
    reply = {"TOXICITY": {"summaryScore": {"value": 0.25, "type": "PROBABILITY"}}}
    lines = [
        json.dumps({"text": "a", "scores": {"TOXICITY": 0.25}}),
        json.dumps({"comment": {"text": "a"}, "attributeScores": reply}),
        "",
        "{",
        "[]",
        json.dumps({"text": "a"}),
        json.dumps({"scores": {}}),
        json.dumps({"text": "a", "scores": {"TOXICITY": 80}}),
        json.dumps({"text": "a", "scores": {"TOXICITY": True}}),
    ]
    path.write_text("\n".join(lines))
    good, also_good, *bad = read_stored(path)
    assert good == also_good == Stored("a", {"TOXICITY": 0.25})
    wrong = "the score of 'TOXICITY' is no number from 0 to 1"
    assert bad == [
        Bad(4, "not JSON"),
        Bad(5, "not a JSON object"),
        Bad(6, "no 'scores', and no 'attributeScores'"),
        Bad(7, "no 'text'"),
        Bad(8, wrong),
        Bad(9, wrong),
    ]


def test_nothing_to_compare_is_an_error(bundle: Bundle, tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="TOXICITY"):
        compare(bundle, iter([Stored("a", {"SPAM": 0.1})]))
    with pytest.raises(EvaluationError, match="is not a file"):
        list(read_stored(tmp_path / "none.jsonl"))


def test_the_command_shows_tables_and_names_bad_lines(tmp_path: Path) -> None:
    path, numbers = tmp_path / "old.jsonl", tmp_path / "numbers.json"
    rows = [{"text": text, "scores": {"TOXICITY": n / 8}} for n, text in enumerate(TEXTS)]
    path.write_text("\n".join([*map(json.dumps, rows), "nonsense"]))
    done = CliRunner().invoke(
        app, ["compare", str(path), "--threshold", "0.5", "--json", str(numbers)]
    )
    assert done.exit_code == 3, done.output
    assert "TOXICITY: 8 texts" in done.output
    assert "TOXICITY: fewer than 100 texts are flagged, or fewer are not, at the" in done.output
    assert "line 9: not JSON" in done.output
    (kept,) = json.loads(numbers.read_text())["attributes"]
    assert kept["thresholds"][0]["old"] == 0.5


COLUMNS = {
    "scores.csv": "text;TOXICITY;note\nGood morning;0.25;x\nYou fool;;y\nHello;often;z\n",
    "scores.tsv": "text\tscores.toxicity\nGood morning\t0.25\nYou fool\t\nHello\t7\n",
}


@pytest.mark.parametrize("name", COLUMNS)
def test_a_table_has_a_column_for_each_attribute(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(COLUMNS[name])
    good, *bad = read_stored(path)
    assert isinstance(good, Stored)
    assert (good.text, [*good.scores.values()], good.line) == ("Good morning", [0.25], 2)
    attribute = next(iter(good.scores))
    assert bad == [
        Bad(3, "no 'scores', and no 'attributeScores'"),
        Bad(4, f"the score of '{attribute}' is no number from 0 to 1"),
    ]


def test_parquet_is_read_flat_and_as_perspective_sent_it(tmp_path: Path) -> None:
    flat, nested = tmp_path / "flat.parquet", tmp_path / "nested.parquet"
    pq.write_table(pa.table({"comment": ["a"], "TOXICITY": [0.25], "INSULT": [None]}), flat)
    reply = {"TOXICITY": {"summaryScore": {"value": 0.25, "type": "PROBABILITY"}}}
    pq.write_table(pa.table({"text": ["a"], "attributeScores": [reply]}), nested)
    expected = [Stored("a", {"TOXICITY": 0.25})]
    assert list(read_stored(flat, Columns("comment"))) == expected
    assert list(read_stored(nested)) == expected
    pq.write_table(pa.table({"text": ["a"], "likes": [1]}), flat)
    with pytest.raises(EvaluationError, match="no column is called as an attribute"):
        list(read_stored(flat))


def test_the_command_compares_a_table(tmp_path: Path) -> None:
    path = tmp_path / "old.csv"
    rows = [f'"{text}",{n / 8}' for n, text in enumerate(TEXTS)]
    path.write_text("\n".join(["comment,TOXICITY", *rows]))
    done = CliRunner().invoke(
        app, ["compare", str(path), "--text-column", "comment", "--threshold", "0.5"]
    )
    assert done.exit_code == 0, done.output
    assert "TOXICITY: 8 texts" in done.output
