"""The suites: read as published, judged through the scorer that is shipped."""

import json
from pathlib import Path

import pytest
from rich.console import Console

from upstander.evaluation.errors import EvaluationError
from upstander.evaluation.report import judge, show
from upstander.evaluation.runner import Evaluation, write_evaluation
from upstander.evaluation.suites import SUITES, hatecheck
from upstander.models.bundle import Bundle


def test_hatecheck_is_read_with_its_functionalities(made_up: Path) -> None:
    cases = SUITES["hatecheck"](made_up)
    assert len(cases) == 8
    assert {case.functionality: case.expected for case in cases} == {
        "derog_dehum_h": True,
        "ident_pos_nh": False,
    }
    assert {case.label for case in cases} == {"hate"}


def test_a_template_matches_what_fills_it(made_up: Path) -> None:
    templates = hatecheck.templates(made_up)
    assert any(t.fullmatch("my neighbours make our city better.") for t in templates)
    assert not any(t.fullmatch("my neighbours make our city louder.") for t in templates)


def test_a_missing_suite_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="upstander data fetch"):
        SUITES["dynahate"](tmp_path)


def test_a_report_counts_every_row_once(bundle: Bundle, made_up: Path, tmp_path: Path) -> None:
    cases = SUITES["hatecheck"](made_up)
    report = judge("hatecheck", cases, bundle.scorer)
    assert report.rows == 8
    assert {name: m.rows for name, m in report.functionalities.items()} == {
        "derog_dehum_h": 4,
        "ident_pos_nh": 4,
    }
    right = sum(m.value * m.rows for m in report.functionalities.values())
    assert report.headline["accuracy"].value == pytest.approx(right / 8)

    evaluation = Evaluation((report,), (), (), {})
    write_evaluation(evaluation, bundle.manifest, bundle.sha256, tmp_path / "deep/report.json")
    written = json.loads((tmp_path / "deep/report.json").read_text())
    assert written["model"]["sha256"] == bundle.sha256
    assert written["suites"][0]["headline"]["macro_f1"]["rows"] == 8

    console = Console(record=True, width=100)
    show(report, console)
    assert "derog_dehum_h" in console.export_text()


@pytest.mark.data
def test_the_real_suites_have_their_published_sizes(real_data: Path) -> None:
    assert len(SUITES["hatecheck"](real_data)) == 3728
    dynahate = SUITES["dynahate"](real_data)
    assert len(dynahate) == 2812
    assert sum(case.expected for case in dynahate) == 1659


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("name", ["hatecheck", "dynahate", "dehumcheck"])
def test_the_shipped_bundle_has_the_numbers_that_its_card_states(
    bundle: Bundle, real_data: Path, name: str
) -> None:
    stated = {m.name: m.value for m in bundle.manifest.metrics if m.suite == name}
    report = judge(name, SUITES[name](real_data), bundle.scorer)
    found = {metric: report.headline[metric].value for metric in stated}
    assert stated.keys() >= {"accuracy", "macro_f1", "auc"}
    assert found == pytest.approx(stated, abs=0.005)  # int8 differs a little between processors
