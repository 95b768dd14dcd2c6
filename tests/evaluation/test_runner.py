"""The table of goals: every number once, what is not in the bundle never as 0."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
from conftest import ROOT
from few_cases import FEW_CASES
from made_up_data import write_data
from rich.console import Console
from suite_files import write_all
from test_score_command import upstander
from typer.testing import CliRunner

from upstander.cli import app
from upstander.evaluation.errors import SuiteMissing
from upstander.evaluation.goal import Goal, goals_table, verdict
from upstander.evaluation.goal_list import WANTED
from upstander.evaluation.intervals import Measured
from upstander.evaluation.predictions import Answers, collect
from upstander.evaluation.runner import Evaluation, _measure, evaluate_all, write_evaluation
from upstander.evaluation.scoring import Once
from upstander.evaluation.show import show_evaluation
from upstander.evaluation.suites import EVERY_SUITE, SUITES
from upstander.evaluation.suites.case import Case
from upstander.evaluation.suites.jigsaw import ATTRIBUTES
from upstander.evaluation.timing import bare_encoder, run_against_encoder
from upstander.models.bundle import Bundle
from upstander.models.score import Score, Timings
from upstander.models.shipped import DEFAULT_BUNDLE

HALF = Measured(0.5, 0.4, 0.6, 10)


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small file for every suite that this project reads from public data."""
    folder = write_data(tmp_path_factory.mktemp("suites"))
    write_all(folder)
    return folder


@pytest.fixture(scope="module")
def once(bundle: Bundle) -> Once:
    """The shipped scorer, which scores a text once for all tests of this file."""
    return Once(bundle.scorer)


@pytest.fixture(scope="module", autouse=True)
def few_cases() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("upstander.evaluation.runner.SUITES", FEW_CASES)
        yield


@pytest.fixture(scope="module")
def evaluation(once: Once, everything: Path) -> Evaluation:
    return evaluate_all(once, everything)


def test_met_is_at_the_bound_and_in_the_right_direction() -> None:
    assert Goal("g", HALF, 0.5, 0.6).met is True
    assert Goal("g", HALF, 0.5, 0.6).aim_met is False
    assert Goal("g", HALF, 0.4, 0.3, lower_is_better=True).met is False
    assert Goal("g", HALF, 0.6, 0.5, lower_is_better=True).aim_met is True
    assert Goal("g", None, 0.5, 0.6).met is None
    assert Goal("g", HALF).met is None


def test_the_words_of_the_verdict() -> None:
    goals = (Goal("g", HALF, 0.5, 0.5), Goal("g", HALF, 0.5, 0.6), Goal("g", HALF, 0.6, 0.7))
    assert [verdict(goal) for goal in goals] == ["aim met", "met", "missed"]
    assert verdict(Goal("g", HALF)) == verdict(Goal("g", None, 0.5, 0.6)) == ""


def test_what_is_not_in_the_bundle_is_said_and_is_no_number(
    bundle: Bundle, everything: Path
) -> None:
    three = ("dehumanization", "hate", "toxicity")
    labels = tuple(label for label in bundle.manifest.labels if label.name in three)
    small = bundle.manifest.model_copy(update={"labels": labels, "rationale": None})
    answered = {}
    for name in ("jigsaw", "hatexplain"):
        answers = collect(name, SUITES[name](everything), bundle.scorer)
        answered[name] = Answers(name, answers.cases, answers.scores, small, "balanced")
    measured = [_measure(w, answered) for w in WANTED if set(w.suites) <= set(answered)]
    goals = {goal.name: goal for goal in measured}
    for name in (
        "HateXplain rationale, token-F1",
        "HateXplain rationale, IOU-F1",
        "Jigsaw test, mean AUC of six",
        "Jigsaw test, AUC of threat",
    ):
        assert goals[name].measured is None
        assert goals[name].met is None
        assert goals[name].note == "not in this bundle"
    assert goals["Jigsaw test, AUC of toxicity"].measured is not None
    console = Console(record=True, width=110)
    console.print(goals_table(measured))
    assert "HateXplain rationale, token-F1: not in this bundle" in console.export_text()


def test_what_is_in_the_bundle_has_its_number(evaluation: Evaluation, bundle: Bundle) -> None:
    goals = {goal.name: goal for goal in evaluation.goals}
    labels = {label.name for label in bundle.manifest.labels}
    for label in ATTRIBUTES:
        has_number = goals[f"Jigsaw test, AUC of {label}"].measured is not None
        assert has_number == (label in labels)
    all_six = goals["Jigsaw test, mean AUC of six"].measured is not None
    assert all_six == (set(ATTRIBUTES) <= labels)
    for name in ("token-F1", "IOU-F1", "IOU-F1 by post"):
        has_number = goals[f"HateXplain rationale, {name}"].measured is not None
        assert has_number == (bundle.manifest.rationale is not None)


def test_the_numbers_are_of_the_rows_that_they_name(
    evaluation: Evaluation, bundle: Bundle, everything: Path
) -> None:
    goals = {goal.name: goal for goal in evaluation.goals}
    answers = collect("hatecheck", SUITES["hatecheck"](everything), bundle.scorer)
    judged = answers.judged("hate", lambda case: case.functionality == "derog_dehum_h")
    dehumanization = goals["HateCheck F3 dehumanization, accuracy"].measured
    assert dehumanization is not None
    assert dehumanization.rows == 4
    assert dehumanization.value == judged.decided.mean()
    # One group each: per target, one hateful and one other case.
    spread = goals["HateCheck, spread of accuracy over targets"].measured
    assert spread is not None
    assert spread.rows == 8
    right = {case.target: 0 for case in answers.cases}
    for case, hit in zip(
        answers.cases, answers.judged("hate").decided == answers.judged("hate").truth, strict=True
    ):
        right[case.target] += int(hit)
    assert spread.value == (max(right.values()) - min(right.values())) / 2
    top = goals["target category, top-1, hatecheck"].measured
    assert top is not None
    assert top.rows == 4
    assert goals["HateCheck F15 negated hate, accuracy"].note == "no rows"


def test_a_category_that_is_not_modelled_is_wrong_and_counted(
    bundle: Bundle, everything: Path
) -> None:
    only_age = bundle.manifest.model_copy(
        update={"targets": (bundle.manifest.targets[0].model_copy(update={"name": "age"}),)}
    )
    answers = collect("hatecheck", SUITES["hatecheck"](everything), bundle.scorer)
    asked = Answers("hatecheck", answers.cases, answers.scores, only_age, "balanced")
    wanted = next(w for w in WANTED if w.name == "target category, top-1, hatecheck")
    assert wanted.measure({"hatecheck": asked})[1].startswith("4 rows are of categories")


def test_dehumcheck_is_judged_by_its_cells(bundle: Bundle) -> None:
    threshold = bundle.manifest.threshold("dehumanization")
    cells = (("vermin", True, 0.0), ("quoted", False, -0.01), ("quoted", False, 0.01))
    cases = [
        Case(str(n), "text", "dehumanization", expected, cell, "x", template=cell)
        for n, (cell, expected, _) in enumerate(cells)
    ]
    scores = [
        Score({"dehumanization": threshold + by}, (), (), (), False, 1, 1, Timings(0, 0, 0))
        for _, _, by in cells
    ]
    answered = {"dehumcheck": Answers("dehumcheck", cases, scores, bundle.manifest, "balanced")}
    found = {
        w.name: w.measure(answered)
        for w in WANTED
        if w.suites == ("dehumcheck",)
        and ("accuracy" in w.name or "cell" in w.name or "range" in w.name)
    }
    assert found["DehumCheck, balanced accuracy"][0].value == 0.75
    worst, cell = found["DehumCheck, worst cell"]
    assert (worst.value, worst.rows, cell) == (0.5, 2, "quoted")
    span, _ = found["swapped groups, dehumcheck: range of dehumanization"]
    assert span.value == pytest.approx(0.02)
    assert span.rows == 1


def test_a_suite_that_is_not_there_is_left_out(once: Once, made_up: Path) -> None:
    evaluation = evaluate_all(once, made_up)
    assert {"jigsaw", "hatexplain", "hatemoderate"} <= set(evaluation.left_out)
    assert {report.suite for report in evaluation.suites} >= {"hatecheck", "dynahate", "hatemoji"}
    notes = {goal.name: goal.note for goal in evaluation.goals}
    assert notes["HateXplain, AUC of hate"] == "hatexplain left out"
    with pytest.raises(SuiteMissing):
        evaluate_all(once, made_up, suites={"jigsaw": SUITES["jigsaw"]}, leaves_out=False)


def test_one_suite_has_its_own_goals_only(once: Once, everything: Path) -> None:
    evaluation = evaluate_all(
        once, everything, suites={"dynahate": SUITES["dynahate"]}, with_goals=("dynahate",)
    )
    assert [goal.name for goal in evaluation.goals] == [
        "DynaHate test rounds 1 to 3, macro-F1",
        "target category, top-1, dynahate",
        "calibration error of hate",
    ]
    assert [table.suite for table in evaluation.fairness] == ["dynahate"]


def test_the_file_holds_all_of_it(evaluation: Evaluation, bundle: Bundle, tmp_path: Path) -> None:
    write_evaluation(evaluation, bundle.manifest, bundle.sha256, tmp_path / "deep/numbers.json")
    written = json.loads((tmp_path / "deep/numbers.json").read_text())
    assert written["model"]["sha256"] == bundle.sha256
    assert [goal["name"] for goal in written["goals"]] == [g.name for g in evaluation.goals]
    for goal in written["goals"]:
        assert {"value", "low", "high", "rows", "must", "aim", "lower_is_better", "met"} <= set(
            goal
        )
        if goal["value"] is not None:
            assert goal["low"] <= goal["value"] <= goal["high"]
            assert goal["rows"] > 0
    hatecheck = next(table for table in written["fairness"] if table["suite"] == "hatecheck")
    assert {group["group"] for group in hatecheck["groups"]} == {
        "Muslims", "women", "immigrants", "disabled people",
    }  # fmt: skip
    assert len({goal["name"] for goal in written["goals"]}) == len(written["goals"])


def test_everything_is_shown(evaluation: Evaluation) -> None:
    console = Console(record=True, width=110)
    show_evaluation(evaluation, console)
    shown = console.export_text()
    for word in ("fairness of hate", "power mean", "false positives", "decisions flipped by int8"):
        assert word in shown


def test_the_bare_encoder_is_the_graph_without_its_heads() -> None:
    session = ort.InferenceSession(bare_encoder(DEFAULT_BUNDLE / "model.onnx"))
    (states,) = session.run(None, {"input_ids": np.arange(1, 33)[np.newaxis]})
    assert states.shape == (1, 32, 384)
    assert states.mean(axis=-1) == pytest.approx(0, abs=1)


def test_the_time_of_a_run_is_near_that_of_its_encoder() -> None:
    measured = run_against_encoder(DEFAULT_BUNDLE / "model.onnx", runs=30)
    assert measured.rows == 30
    assert 0.5 < measured.low <= measured.value <= measured.high < 2


def test_the_command_says_what_was_left_out(
    made_up: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = {**EVERY_SUITE, **FEW_CASES}
    monkeypatch.setattr("upstander.evaluation.suites.EVERY_SUITE", few)
    options = ("--data", str(made_up), "--out", str(tmp_path), "--no-timing")
    done = CliRunner().invoke(app, ["evaluate", *options])
    assert done.exit_code == 3, (done.stderr, done.exception)
    assert "left out: " in done.stderr
    assert "jigsaw" in done.stderr
    written = json.loads((tmp_path / "report.json").read_text())
    assert set(written["left_out"]) >= {"jigsaw", "hatexplain", "multilingual_hatecheck"}
    assert not [goal for goal in written["goals"] if goal["name"].startswith("time")]
    assert [goal for goal in written["goals"] if goal["name"] == "decisions flipped by int8"]
    assert "HateCheck, macro-F1" in done.stdout


@pytest.mark.slow
def test_the_suite_that_comes_along_needs_no_data(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "upstander", "evaluate", "--suite", "dehumcheck", "--no-timing"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "DehumCheck, balanced accuracy" in done.stdout


def test_every_suite_can_be_asked_for() -> None:
    done = upstander("evaluate", "--suite", "no-such-suite")
    assert done.returncode == 2
    offered = set(re.findall(r"[a-z_]+", done.stderr))
    assert offered >= {*EVERY_SUITE, "core", "all"}, done.stderr
    evaluation = (ROOT / "docs/evaluation.md").read_text()
    for name in EVERY_SUITE:
        assert f"`{name}`" in evaluation
