"""Judging labelled files of one's own, and the report that comes of it."""

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from browser import chromium
from playwright.sync_api import Page
from test_score_command import upstander

from upstander.evaluation.batch.row import Columns
from upstander.evaluation.batch.sources import find_sources
from upstander.evaluation.custom_data import Mapped, mapped_labels, own_cases
from upstander.evaluation.errors import EvaluationError
from upstander.evaluation.page.sections import number_in_words
from upstander.evaluation.page.stored import read_evaluation
from upstander.evaluation.suites import dehumcheck
from upstander.evaluation.suites.case import Case, checksum_of

NEITHER = (
    "4: column 'is_hate' has 'maybe', which is neither yes nor no: "
    "say with --positive which values are"
)


def read(path: Path, mapped: Mapped) -> tuple[list[Case], list[str]]:
    columns = Columns(others=mapped.columns)
    cases, bad = own_cases(find_sources([str(path)], columns), columns, mapped)
    return cases, [f"{row.row}: {problem}" for row, problem in bad]


def test_columns_become_cases_and_bad_rows_are_named(tmp_path: Path) -> None:
    path = tmp_path / "labelled.jsonl"
    rows: list[object] = [
        {"id": 7, "text": "one", "is_hate": 1, "tox": "yes", "who": "women", "kind": "a"},
        {"text": "two", "is_hate": False, "tox": "no", "who": None, "kind": "b"},
        {"text": "three", "is_hate": float("nan"), "tox": "no"},
        {"text": "four", "is_hate": "maybe", "tox": "no"},
        {"text": None, "is_hate": 1, "tox": 0},
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    mapped = Mapped(mapped_labels(["is_hate=hate", "tox=toxicity"]), frozenset(), "who", "kind")
    cases, bad = read(path, mapped)
    assert [(c.id, c.text, c.has("hate"), c.has("toxicity"), c.target) for c in cases] == [
        ("7", "one", True, True, "women"),
        (f"{path}:2", "two", False, False, ""),
    ]
    assert cases[0].categories == {"gender"}
    assert bad == [
        "3: column 'is_hate' is empty",
        NEITHER,
        "5: field 'text' is missing or not a string",
    ]
    own = replace(mapped, labels={"kind": "hate"}, positive=frozenset({"a"}))
    assert [case.expected for case in read(path, own)[0]] == [True, False]


def test_what_cannot_be_judged_is_said(tmp_path: Path) -> None:
    path = tmp_path / "labelled.csv"
    path.write_text("text,hate\nhello,\n")
    with pytest.raises(EvaluationError, match="no row that can be judged: row 1: column 'hate' is"):
        read(path, Mapped({"hate": "hate"}))
    with pytest.raises(EvaluationError, match="no column 'label'"):
        read(path, Mapped({"label": "hate"}))
    with pytest.raises(EvaluationError, match="no label 'rude'; give COLUMN=LABEL with one of"):
        mapped_labels(["column=rude"])
    done = upstander("evaluate", path)
    assert done.returncode == 2
    assert "--label is_hate=hate" in done.stderr


def test_what_a_policy_flags_is_judged_against_the_label(tmp_path: Path) -> None:
    path = tmp_path / "labelled.csv"
    rows = ("Migrants are vermin.,1", "Good morning,0", "Thanks!,1", "Refugees are rats.,0")
    path.write_text("\n".join(["text,dehumanization", *rows]))
    done = upstander(
        "evaluate", path, "--label", "dehumanization", "--policy", "hate", "--out", tmp_path / "out"
    )
    assert done.returncode == 0, done.stderr
    assert "own: what the policy hate 1.0.0 flags, by any rule, against dehumanization" in (
        done.stdout
    )
    assert "precision 0.500 (" in done.stdout
    assert "of 2 with the label: 1 flagged, 1 not; of 2 without: 1 flagged, 1 not" in done.stdout
    assert "not by a policy" not in done.stderr
    evaluation, _ = read_evaluation(tmp_path / "out/report.json")
    (judged,) = evaluation.policies
    assert (judged.policy, judged.rows, judged.positives) == ("hate 1.0.0", 4, 2)
    assert (judged.found, judged.wrong) == (1, 1)
    page = (tmp_path / "out/report.md").read_text()
    by_policy, by_label = (
        page.index("by the policy hate 1.0.0"),
        page.index("by the threshold of the label"),
    )
    told = page[by_policy:by_label]
    assert "- **250** found (" in told
    assert "- **250** wrongly flagged (" in told
    assert "| has the label | 1 found | 1 missed |" in told


def test_a_checksum_tells_other_cases() -> None:
    cases = dehumcheck.load(Path())[:3]
    assert checksum_of(cases) == checksum_of(list(cases))
    assert checksum_of(cases) != checksum_of([*cases[:2], replace(cases[2], expected=None)])


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a report on a part of DehumCheck, as if it were somebody's own file."""
    folder = tmp_path_factory.mktemp("report")
    labelled = folder / "labelled.jsonl"
    every_case = dehumcheck.load(Path())
    few = sorted({case.functionality for case in every_case})[::5]
    cases = [case for case in every_case if case.functionality in few][::2]
    with labelled.open("w") as file:
        for case in cases:
            row = {"id": case.id, "text": case.text, "answer": "yes" if case.expected else "no"}
            grouped = {"who": sorted(case.categories)[0] if case.categories else "", "kind": "x"}
            grouped["kind"] = case.functionality.partition("_")[0]
            file.write(json.dumps(row | grouped) + "\n")
        file.write(json.dumps({"id": "bad", "text": "no answer"}) + "\n")
    done = upstander(
        "evaluate", labelled, "--label", "answer=dehumanization", "--target-column", "who",
        "--functionality-column", "kind", "--out", folder / "out",
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert "judged by its own threshold (balanced), and not by a policy" in done.stderr
    assert f"left out: row {len(cases) + 1}: column 'answer' is empty" in done.stderr
    return folder / "out"


@pytest.fixture
def opened(report: Path) -> Iterator[Page]:
    """The report in a browser, which is told to fail on anything from elsewhere."""
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1100, "height": 900})
        troubles: list[str] = []
        page.on("console", lambda message: troubles.append(message.text))
        page.on("request", lambda request: troubles.append(request.url))
        page.goto((report / "report.html").as_uri() + "#alone-suite-own")
        assert [t for t in troubles if not t.startswith(("file:", "data:"))] == []
        yield page


def test_the_three_reports_say_the_same(report: Path) -> None:
    numbers = json.loads((report / "report.json").read_text())["suites"][0]["headline"]
    told = (report / "report.md").read_text()
    page = (report / "report.html").read_text()
    for name in ("macro_f1", "average_precision", "balanced_accuracy", "auc"):
        value = f"{numbers[name]['value']:.3f}"
        row = f"| {number_in_words(name)} | {value} | "
        assert row in told
        assert f'<td class="number">{value}</td>' in page
    assert "SHA-256 of the bundle" in told
    text = dehumcheck.load(Path())[0].text
    assert text not in (report / "report.json").read_text()
    assert text not in told


@pytest.mark.parametrize("width", [1100, 390])
def test_nothing_overflows_and_every_picture_is_told(
    opened: Page, width: int, tmp_path: Path
) -> None:
    opened.set_viewport_size({"width": width, "height": 900})
    assert opened.evaluate("document.documentElement.scrollWidth") <= width
    picture = opened.screenshot(path=tmp_path / "report.png", full_page=True)
    assert len(picture) > 20_000
    figures = opened.locator("figure").all()
    assert len(figures) == 3
    for figure in figures:
        title = figure.locator("figcaption strong").inner_text()
        image = figure.locator("img")
        alt = image.get_attribute("alt") or ""
        assert alt.startswith(title)
        assert len(alt) > len(title) + 10
        assert image.evaluate("i => i.complete && i.naturalWidth > 0")
        shown = image.bounding_box()
        assert shown
        assert shown["x"] + shown["width"] <= width
        address = image.get_attribute("src") or ""
        drawing = base64.b64decode(address.partition("base64,")[2]).decode()
        # An axis has a name that is not a number: both are there in every drawing.
        words = re.findall(r"<text[^>]*>([^<]+)</text>", drawing)
        assert len([w for w in words if not re.fullmatch(r"[\d.,\u2212-]+", w)]) >= 2
    assert {"recall", "precision"} <= set(words_of(opened, "precision and recall"))
    grid = opened.get_by_role("region", name="own: accuracy by functionality and target")
    assert grid.locator(".shade").count() > 20


def words_of(page: Page, title: str) -> list[str]:
    """The words in the picture of that title."""
    figure = page.locator("figure", has_text=title).first
    address = figure.locator("img").get_attribute("src") or ""
    drawing = base64.b64decode(address.partition("base64,")[2]).decode()
    return re.findall(r"<text[^>]*>([^<]+)</text>", drawing)


def test_a_report_can_do_without_texts(report: Path, tmp_path: Path) -> None:
    done = upstander(
        "evaluate", report.parent / "labelled.jsonl", "--label", "answer=dehumanization",
        "--no-texts", "--out", tmp_path,
    )  # fmt: skip
    assert done.returncode == 3
    page = (tmp_path / "report.html").read_text()
    assert "left out" in page
    assert "Content warning" not in page
    assert "It shows no text." in page
    assert not [case.id for case in dehumcheck.load(Path()) if case.text in page]


def test_texts_are_hidden_until_they_are_asked_for(opened: Page) -> None:
    section = opened.locator("#suite-own")
    hidden = section.locator("details td").first
    assert not hidden.is_visible()
    summary = section.locator("summary").first
    assert "Content warning" in summary.inner_text()
    summary.click()
    assert hidden.is_visible()
    assert section.locator("details mark").first.is_visible()
