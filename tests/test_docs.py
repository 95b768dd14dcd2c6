"""The docs say what the code does: settings, errors, verbs, paths and limits."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from conftest import ROOT

from models.bundle import Bundle
from models.shipped import DEFAULT_BUNDLE
from serving import errors
from serving.app import create_app
from serving.metrics import Metrics
from serving.settings import SHIPPED_POLICIES, Settings
from upstander.cli import app as command

REFERENCE = (ROOT / "docs/reference.md").read_text()
README = (ROOT / "README.md").read_text()


def setting_rows() -> Iterator[str]:
    for name, field in Settings.model_fields.items():
        shipped = {DEFAULT_BUNDLE: "the shipped bundle", SHIPPED_POLICIES: "the shipped policies"}
        default = shipped.get(field.default, f"`{field.default}`")
        yield (
            f"| `--{name.replace('_', '-')}` | `UPSTANDER_{name.upper()}` | {default} "
            f"| {field.description} |"
        )


@pytest.mark.parametrize("row", list(setting_rows()))
def test_every_setting_has_its_line(row: str) -> None:
    assert row in REFERENCE


@pytest.mark.parametrize("kind", errors.ServiceError.__subclasses__())
def test_every_error_has_its_line(kind: type[errors.ServiceError]) -> None:
    assert f"| `{kind.code}` | {kind.status} |" in REFERENCE
    assert re.search(rf"{kind.__name__}\b.*\b{kind.status} {kind.code}", errors.__doc__ or "")


def test_every_verb_has_its_line() -> None:
    click_command = typer.main.get_command(command)
    verbs = getattr(click_command, "commands", {})
    assert len(verbs) == 10
    for name in verbs:
        assert f"| `upstander {name}` |" in REFERENCE


def test_every_path_is_described() -> None:
    for path in create_app(Settings()).openapi()["paths"]:
        assert path in REFERENCE


def test_the_openapi_document_is_that_of_the_code() -> None:
    kept = json.loads((ROOT / "docs/openapi.json").read_text())
    assert kept == create_app(Settings()).openapi(), "run 'make openapi' and look at the difference"


def test_the_dashboard_asks_for_metrics_that_there_are() -> None:
    dashboard = (ROOT / "docs/grafana-dashboard.json").read_text()
    registry = Metrics().registry
    there = {sample.name for metric in registry.collect() for sample in metric.samples}
    families = {metric.name for metric in registry.collect()}
    asked = set(re.findall(r"upstander_\w+", dashboard))
    assert len(asked) > 10
    for name in asked:
        base = re.sub(r"_(total|bucket|count|sum)$", "", name)
        assert name in there or base in families, name


def test_the_readme_shows_an_answer_of_the_shipped_bundle(bundle: Bundle) -> None:
    request = re.search(r"-d '(\{\"text\".*?\})'", README)
    answer = re.search(r"```json\n(\{\"model\".*?)\n```", README, re.DOTALL)
    assert request
    assert answer
    shown = json.loads(answer[1])
    text = json.loads(request[1])["text"]
    assert shown["model"]["sha256"] == bundle.sha256
    score = bundle.scorer.score(text)
    for name, value in score.scores.items():
        assert shown["scores"][name] == pytest.approx(value, abs=bundle.manifest.golden.tolerance)


def test_the_shipped_card_says_what_the_issue_of_trust_needs(bundle: Bundle) -> None:
    card = (DEFAULT_BUNDLE / "README.md").read_text()
    for source in bundle.manifest.sources:
        rows = f"{source.rows:,}"
        is_linked = "://" in source.upstream
        named = f"| [{source.name}]" if is_linked else f"| {source.name} | {rows} |"
        row = next(line for line in card.splitlines() if line.startswith(named))
        assert f"| {rows} |" in row
        assert source.licence in row
        assert ("| yes |" in row) == source.licence_verified
    assert "in full it is flagged, and of the three 0 are" in card


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"]
    done = subprocess.run(
        [*command, str(ROOT / "docs"), str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    pages = {page.relative_to(tmp_path).as_posix() for page in tmp_path.rglob("*.html")}
    assert {"index.html", "concepts.html", "generated/settings.html"} <= pages
    settings = (tmp_path / "generated/settings.html").read_text()
    assert all(f"UPSTANDER_{name.upper()}" in settings for name in Settings.model_fields)
    http = (tmp_path / "generated/http.html").read_text()
    assert all(path in http for path in create_app(Settings()).openapi()["paths"])
    errors_page = (tmp_path / "generated/errors.html").read_text()
    assert all(kind.code in errors_page for kind in errors.ServiceError.__subclasses__())
