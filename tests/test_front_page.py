"""The README: short, true, and made of what was measured."""

import json
import re
import sys
import tomllib
from typing import Any

import httpx
import pytest
from conftest import ROOT, Server

from upstander.evaluation.suites.case import Case
from upstander.models.bundle import Bundle
from upstander.models.policy.decide import BoundPolicy
from upstander.models.policy.loader import read_policy
from upstander.models.shipped import DEFAULT_BUNDLE, SHIPPED_POLICIES

sys.path.insert(0, str(ROOT / "docs"))

from generate import measure, results
from generate.chart import THEMES

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_it_is_read_in_five_minutes() -> None:
    assert len(README.split()) <= 900


def test_its_first_two_commands_serve_and_test_each_in_a_block_of_its_own() -> None:
    blocks = re.findall(r"^```\n(.*?)\n```$", README, re.MULTILINE | re.DOTALL)
    assert blocks[:2] == ["make serve", "make test"]
    assert "exec make test\n" in (ROOT / ".ci/run").read_text(encoding="utf-8")


def test_its_badges_are_true() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert "license-Apache--2.0-" in README
    assert project["license"].startswith("Apache-2.0")
    assert f"python-{project['requires-python'].removeprefix('>=')}%2B-" in README
    size = sum(path.stat().st_size for path in DEFAULT_BUNDLE.iterdir()) / 1e6
    (told,) = re.findall(r"badge/model-(\d+)_MB", README)
    assert float(told) == pytest.approx(size, abs=1)


def test_it_shows_an_answer_of_the_service(server: Server) -> None:
    (request,) = re.findall(r"-d '(\{\"text\".*?\})'", README)
    (shown,) = re.findall(r"```json\n(.*?)\n```", README, re.DOTALL)
    answer = httpx.post(f"{server.url}/v1/score", content=request, headers=JSON).json()
    assert_within(json.loads(shown), answer)


JSON = {"content-type": "application/json"}


def assert_within(shown: Any, answer: Any) -> None:
    """Everything that is shown is in the answer; numbers to a hundredth."""
    if isinstance(shown, dict):
        for name, value in shown.items():
            assert_within(value, answer[name])
    elif isinstance(shown, list):
        assert len(shown) == len(answer)
        for one, other in zip(shown, answer, strict=True):
            assert_within(one, other)
    elif isinstance(shown, float):
        assert shown == pytest.approx(answer, abs=0.01)
    else:
        assert shown == answer


@pytest.mark.parametrize("name", results.PAGES)
def test_its_tables_are_those_that_the_command_makes(name: str) -> None:
    page = (ROOT / name).read_text(encoding="utf-8")
    assert "<!-- results: policies -->" in page
    assert results.filled(page, results.parts()) == page, "run 'make results'"


def test_its_chart_is_that_which_the_command_draws() -> None:
    for name, drawn in results.charts(results.BENCH).items():
        assert (results.RESULTS / name).read_text(encoding="utf-8") == drawn, "run 'make results'"


def test_the_chart_has_no_speed_without_a_benchmark_and_speed_with_one() -> None:
    load = {"share": {"median": 0.5, "least": 0.4, "most": 0.6}}
    bench = {"rounds": 3, "cores": 2, "processor": "X", "servers": {"Upstander": {"16": load}}}
    place = results.RESULTS / "no-such-file.json"
    assert not any("Throughput" in drawn for drawn in results.charts(place).values())
    panel = results.speed(bench)
    assert [(name, [dot.value for dot in dots]) for name, dots in panel.rows] == [
        ("Upstander", [0.5])
    ]


@pytest.mark.parametrize("theme", THEMES)
def test_the_chart_shows_both_systems_on_every_row(theme: str) -> None:
    drawn = results.charts(results.BENCH)[f"chart-{theme}.svg"]
    panel = results.quality(results.goals())
    assert len(panel.rows) == 8
    for _, (ours, theirs) in panel.rows:
        for dot in (ours, theirs):
            assert 0 <= dot.low <= dot.value <= dot.high <= 1
            assert f"{100 * dot.value:.0f} % ({100 * dot.low:.0f} to" in drawn


def test_its_sentences_say_what_the_table_says() -> None:
    measured = json.loads(results.POLICIES.read_text(encoding="utf-8"))
    default = measured["policies"][measured["default"]]
    for kind, times in (("ordinary", 1000), ("dehumanizing", 100), ("hateful", 100)):
        told = "{:.1f} ({:.1f} to {:.1f})".format(
            *(times * default[kind][key] for key in ("value", "low", "high"))
        )
        assert README.count(told) == 2, told


def test_what_a_policy_flags_is_counted_by_kind(bundle: Bundle) -> None:
    policy = BoundPolicy(read_policy(SHIPPED_POLICIES / "hate.toml"), bundle.manifest)

    def row(text: str, hateful: bool | None, dehumanizing: bool) -> measure.Scored:
        also = {} if hateful is None else {"hate": hateful}
        case = Case("1", text, "dehumanization", dehumanizing, "", "", also=also)
        return case, bundle.scorer.score(text)

    rows = {
        "ordinary": [row("Good morning.", False, False), row("The bus is late.", False, False)],
        "natural": [
            row("Migrants are vermin.", True, True),
            row("I hate all immigrants, they should go home.", True, False),
            row("You are a fool.", False, False),
            row("Nobody knows.", None, False),
        ],
    }
    found = measure.numbers(policy, rows)
    counted = {kind: (one["flagged"], one["rows"]) for kind, one in found.items()}
    assert counted == {
        "ordinary": (0, 2),
        "dehumanizing": (1, 1),
        "hateful": (2, 2),
        "harmless": (0, 1),
    }
    assert found["ordinary"]["low"] == 0 < found["ordinary"]["high"] < 1
