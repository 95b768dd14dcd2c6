"""The docs say what the code does: settings, errors, verbs, paths and limits."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
from conftest import ROOT, Server
from typer.testing import CliRunner

from upstander.cli import app as command
from upstander.models.bundle import Bundle, GoldenRow
from upstander.models.card import CardFile
from upstander.models.cascade import CascadeManifest
from upstander.models.manifest import Manifest
from upstander.models.shipped import DEFAULT_BUNDLE, SHIPPED_POLICIES
from upstander.serving import errors
from upstander.serving.app import create_app
from upstander.serving.metrics import Metrics
from upstander.serving.settings import Settings, settings_by_group

REFERENCE = (ROOT / "docs/reference.md").read_text()


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


def test_the_help_and_the_reference_have_the_settings_in_groups() -> None:
    groups = settings_by_group()
    titles = ["Listen", "Model", "Policy", "Security", "Records", "Limits", "Observability"]
    assert list(groups) == titles
    assert [name for names in groups.values() for name in names] == list(Settings.model_fields)
    told = CliRunner().invoke(command, ["serve", "--help"], env={"COLUMNS": "200"}).output
    shown = re.findall(r"^╭─ (\w+) ─|^│ --([\w-]+)", told, re.MULTILINE)
    expected = [("Options", ""), ("", "help")]
    for title in titles:
        flags = [name.replace("_", "-") for name in groups[title]]
        expected += [(title, ""), *(("", flag) for flag in flags)]
        section = REFERENCE.partition(f"\n### {title}\n")[2].partition("\n#")[0]
        assert re.findall(r"^\| `--([\w-]+)`", section, re.MULTILINE) == flags
    assert shown == expected


@pytest.mark.parametrize("kind", errors.ServiceError.__subclasses__())
def test_every_error_has_its_line(kind: type[errors.ServiceError]) -> None:
    assert f"| `{kind.code}` | {kind.status} |" in REFERENCE
    assert re.search(rf"{kind.__name__}\b.*\b{kind.status} {kind.code}", errors.__doc__ or "")


def test_every_verb_has_its_line() -> None:
    click_command = typer.main.get_command(command)
    verbs = getattr(click_command, "commands", {})
    assert len(verbs) >= 10
    for name in verbs:
        assert f"| `upstander {name}` |" in REFERENCE


@pytest.mark.parametrize("phrase", ["are to look", "goes to people", "all may come", "at or over"])
def test_a_phrase_that_nobody_says_stays_away(phrase: str) -> None:
    """docs/terms.md has the words that stand for these: needs human review, reaches, ..."""
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), ROOT / "docs/openapi.json"]
    settings = " ".join(field.description or "" for field in Settings.model_fields.values())
    assert phrase not in settings
    assert [page.name for page in pages if phrase in page.read_text()] == []


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
    assert "in full it is **not** flagged, and of the three 0 are" in card


def test_the_guide_from_perspective_has_the_thresholds_of_the_bundle(bundle: Bundle) -> None:
    guide = (ROOT / "docs/migrating-from-perspective.md").read_text()
    points = bundle.manifest.operating_points
    for label in bundle.manifest.labels:
        found = [points[point][label.name] for point in ("quiet", "balanced", "watchful")]
        cells = " | ".join(f"{p.threshold:.4f}: {100 * p.recall.value:.0f} %" for p in found)
        assert f"| `{label.name.upper()}` | {cells} |" in guide


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built without a warning."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"]
    done = subprocess.run(
        [*command, str(ROOT / "docs"), str(folder)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return folder


def test_the_site_has_its_pages(site: Path) -> None:
    pages = {page.relative_to(site).as_posix() for page in site.rglob("*.html")}
    assert {"index.html", "concepts.html", "generated/settings.html"} <= pages
    settings = (site / "generated/settings.html").read_text()
    assert all(f"UPSTANDER_{name.upper()}" in settings for name in Settings.model_fields)
    http = (site / "generated/http.html").read_text()
    assert all(path in http for path in create_app(Settings()).openapi()["paths"])
    errors_page = (site / "generated/errors.html").read_text()
    assert all(kind.code in errors_page for kind in errors.ServiceError.__subclasses__())


def test_the_site_carries_the_openapi_document(site: Path) -> None:
    assert 'href="../openapi.json"' in (site / "generated/http.html").read_text()
    assert (site / "openapi.json").read_text() == (ROOT / "docs/openapi.json").read_text()


@pytest.mark.parametrize(("page", "picture"), [("index", "try"), ("results", "chart")])
def test_a_picture_follows_the_theme(site: Path, page: str, picture: str) -> None:
    html = (site / f"{page}.html").read_text()
    for theme in ("light", "dark"):
        (image,) = re.findall(rf'<img [^>]*class="[^"]*only-{theme}[^"]*"[^>]*>', html)
        (address,) = re.findall(r'src="([^"]+)"', image)
        assert f"{picture}-{theme}" in address
        assert (site / address).is_file()


def test_the_site_says_what_one_will_be_able_to_do(site: Path) -> None:
    html = (site / "index.html").read_text()
    for title in ("Train on your own data", "Run in production", "Score a billion posts"):
        assert f">{title}</a>" in html
    assert "Is it good enough for me?" in html


def table_rows(page: str) -> list[dict[str, str]]:
    """The rows of every table of a generated page: header to cell."""
    found = []
    header: list[str] = []
    for line in (ROOT / f"docs/generated/{page}.md").read_text().splitlines():
        if not line.startswith("|"):
            header = []
            continue
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if not header:
            header = cells
        elif set(cells) != {"---"}:
            found.append(dict(zip(header, cells, strict=True)))
    return found


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize("page", ["bundle", "command", "http", "metrics", "settings"])
def test_a_generated_table_has_no_empty_meaning(page: str) -> None:
    rows = table_rows(page)
    assert len(rows) > 10
    assert [row for row in rows if not row.get("meaning", "there is none")] == []


@pytest.mark.usefixtures("site")
def test_every_object_of_the_manifest_is_shown_with_its_fields() -> None:
    page = (ROOT / "docs/generated/bundle.md").read_text()
    for model in (Manifest, CardFile, GoldenRow, CascadeManifest):
        schema = model.model_json_schema(by_alias=True)
        parts = {"": schema, **schema.get("$defs", {})}
        for name, part in parts.items():
            assert not name or f"\n### {name}\n" in page
            assert all(f"| `{field}` |" in page for field in part["properties"])
    kinds = {row["field"].strip("`"): row["type"] for row in table_rows("bundle") if "field" in row}
    for field in ("operating_points", "own_thresholds", "reliability"):
        assert kinds[field].startswith("object of "), field


@pytest.mark.usefixtures("site")
def test_every_file_of_a_bundle_and_every_end_of_the_graph_is_described() -> None:
    rows = table_rows("bundle")
    files = {row["file"].strip("`") for row in rows if "file" in row}
    assert files == {path.name for path in DEFAULT_BUNDLE.iterdir()}
    ends = {row["name"].strip("`"): row["shape"] for row in rows if "shape" in row}
    assert ends == {
        "input_ids": "(1, tokens)",
        "logits": "(1, 28)",
        "rationale": "(1, tokens)",
    }


@pytest.mark.usefixtures("site")
def test_every_option_is_shown_with_its_values_and_its_default() -> None:
    rows = {row["argument or option"]: row for row in table_rows("command")}
    assert rows["`--texts` `--no-texts`"]["default"] == "on"
    assert rows["`--operating-point`"]["default"] == "`balanced`"
    assert rows["`--band`"]["value"] == "`allow`, `review` or `act`"
    assert all(row["value"] and row["default"] for row in rows.values())
    shown = {row["argument or option"] for row in table_rows("command")}
    for verb in verbs(typer.main.get_command(command)):
        for parameter in verb.params:
            if parameter.hidden:  # a name of an earlier version
                continue
            for option in (*parameter.opts, *parameter.secondary_opts):
                if option.startswith("--") and option != "--help":
                    assert any(f"`{option}`" in cell for cell in shown), option


def verbs(found: Any) -> Iterator[Any]:
    """Every verb that has options of its own."""
    inner = getattr(found, "commands", None)
    if inner:
        for one in inner.values():
            yield from verbs(one)
    else:
        yield found


@pytest.mark.usefixtures("site")
def test_the_service_exposes_the_metrics_of_the_page(server: Server) -> None:
    httpx.post(f"{server.url}/v1/score", json={"text": "Good morning!"}).raise_for_status()
    exposed = httpx.get(f"{server.url}/metrics").text
    kinds = dict(re.findall(r"^# TYPE (upstander_\w+) (\w+)$", exposed, re.MULTILINE))
    labels: dict[str, set[str]] = {}
    for name, inner in re.findall(r"^(upstander_\w+)(?:\{(.*)\})? ", exposed, re.MULTILINE):
        labels[name] = set(re.findall(r'(\w+)="', inner))
    seen = set()
    for row in table_rows("metrics"):
        told = set(re.findall(r"`(\w+)`", row["labels"])) - {"_bucket"}
        for name in re.findall(r"`(\w+)`", row["metric"]):
            family = re.sub(r"_(bucket|sum|count)$", "", name)
            assert kinds.get(family) == row["type"], name
            seen.add(family)
            if name in labels:
                expected = told if name.endswith("_bucket") else told - {"le"}
                assert labels[name] == expected, name
            else:  # nothing was counted yet
                assert told, name
    assert seen == set(kinds)
