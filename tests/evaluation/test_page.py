"""The report: its first page, its tabs in a browser, and the page made again from its numbers."""

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from browser import chromium
from playwright.sync_api import Browser, Page, expect
from typer.testing import CliRunner

from upstander.cli import app
from upstander.evaluation.detail import Bin, Detail, Point, Wrong, detail_of
from upstander.evaluation.errors import EvaluationError
from upstander.evaluation.evasion import EVASIONS, Evaded, Evasions
from upstander.evaluation.fairness import FairnessReport, GroupReport
from upstander.evaluation.goal import Goal
from upstander.evaluation.intervals import Measured, share
from upstander.evaluation.page.build import sections
from upstander.evaluation.page.files import write_page
from upstander.evaluation.page.provenance import Provenance
from upstander.evaluation.page.sections import Bar, Section, Shade
from upstander.evaluation.page.stored import read_evaluation, with_texts
from upstander.evaluation.page.words import functionality_in_words
from upstander.evaluation.predictions import Answers
from upstander.evaluation.report import SuiteReport
from upstander.evaluation.runner import Evaluation, write_evaluation
from upstander.evaluation.suites import EVERY_SUITE, dehumcheck
from upstander.evaluation.suites.case import Case
from upstander.evaluation.world_goals import NATURAL_FOUND, ORDINARY_FLAGGED
from upstander.models.bundle import Bundle
from upstander.models.rationale import Span
from upstander.models.score import Score, Timings

MADE = Provenance("upstander evaluate", "2026-01-02 03:04 UTC", {"name": "a", "version": "1.0.0",
                  "sha256": "0" * 64}, "balanced", {"python": "3"}, "one core")  # fmt: skip
HALF = Measured(0.5, 0.4, 0.6, 100)
CELLS = {case.functionality for case in dehumcheck.load(Path())}
TEXT = "Good morning to you all"


def report(suite: str, label: str, kinds: dict[str, Measured], rows: int = 200) -> SuiteReport:
    return SuiteReport(
        suite, label, 0.5, "balanced", rows, rows // 4,
        headline={"accuracy": HALF, "brier": HALF},
        functionalities=kinds,
        targets={}, sources={}, lengths={"  0 to 9 words": HALF}, checksum="1" * 64,
    )  # fmt: skip


def detail(suite: str, label: str, *wrong: Wrong, grid: bool = False) -> Detail:
    cells = {name: {"race": HALF, "age": share(3, 3)} for name in sorted(CELLS)} if grid else {}
    return Detail(
        suite, label, [Bin(0.5, HALF)], [1.0, 0.5], [0.0, 1.0],
        [Point(name, 0.5, HALF, Measured(0.8, 0.6, 0.9, 50), share(15, 150))
         for name in ("quiet", "balanced")],
        cells, ([1] * 20, [2] * 20), wrong, "category", wrong,
    )  # fmt: skip


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    case = next(c for c in dehumcheck.load(Path()) if c.functionality == "literal")
    wrong = Wrong(case.id, case.text, False, 0.9, (Span(0, 4, 0.9),), "literal", "")
    names = ("phrase_question_h", "spell_leet_h", "ident_pos_nh")
    leet = "digits for letters"
    alarmed = Wrong(case.id, EVASIONS[leet](case.text), False, 0.7, (), leet, "")
    weak = {name: share(4 + n, 40) for n, name in enumerate(names)}
    cells = {name: share(9, 10) for name in sorted(CELLS)} | {"literal": share(20, 60)}
    groups = tuple(
        GroupReport(name, 100, 100, HALF, None, None, share(alarms, 100), share(5, 100))
        for name, alarms in (("women", 40), ("men", 5), ("old_people", 6), ("others", 4))
    )
    return Evaluation(
        suites=(report("hatecheck", "hate", weak), report("dehumcheck", "dehumanization", cells)),
        goals=(
            Goal(ORDINARY_FLAGGED, Measured(0.002, 0.001, 0.004, 9000), 0.003, 0.001, True),
            Goal(NATURAL_FOUND, Measured(0.8, 0.7, 0.9, 90)),
            Goal("unseen groups less seen", Measured(-0.04, -0.06, -0.01, 90), -0.02, 0.0),
            Goal("never measured", None, 0.5, 0.6, note="jigsaw left out"),
        ),
        fairness=(
            FairnessReport("hatecheck", "hate", "balanced", 0.5, "By name", groups,
                           dict.fromkeys(("subgroup_auc", "bpsn_auc", "bnsp_auc"))),
        ),
        left_out={"jigsaw": "jigsaw is missing"},
        details=(
            detail("hatecheck", "hate"),
            detail("dehumcheck", "dehumanization", wrong, grid=True),
        ),
        evasions=(
            Evasions("hatecheck", "hate", (Evaded(leet, HALF, share(61, 100)),)),
            Evasions(
                "dehumcheck",
                "dehumanization",
                (Evaded(leet, HALF, share(61, 100), alarmed=alarmed),),
            ),
        ),
    )  # fmt: skip


@pytest.fixture(scope="module")
def parts(evaluation: Evaluation) -> dict[str, Section]:
    return {part.anchor: part for part in sections(evaluation, MADE)}


def test_it_begins_with_what_happens_to_a_thousand_posts(evaluation: Evaluation) -> None:
    first = next(sections(evaluation, MADE))
    tiles = {tile.what: (tile.value, tile.note) for tile in first.tiles}
    assert tiles["found"] == ("8", "(7 to 9) of the 10 dehumanizing posts")
    assert tiles["missed"] == ("2", "(1 to 3) of the 10 dehumanizing posts")
    assert tiles["wrongly flagged"] == ("2", "(1 to 4) of the 990 others")
    assert tiles["flagged in all"] == ("10", "of which 80 in 100 are right")
    assert "1 of the 3 goals" in first.words[1]


def test_without_the_suites_of_the_world_the_rows_themselves_are_told(
    evaluation: Evaluation,
) -> None:
    one = replace(evaluation, suites=evaluation.suites[:1], goals=())
    first = next(sections(one, MADE))
    assert {tile.what: tile.value for tile in first.tiles}["found"] == "200"  # of 250 in 1,000
    assert [table.caption for table in first.tables] == [
        "hatecheck: decisions",
        "hatecheck: operating points on these rows",
    ]
    assert first.tables[0].rows == [
        ["has the label", "40 found", "10 missed"],
        ["has it not", "15 wrongly flagged", "135 rightly left alone"],
    ]
    both = next(sections(replace(evaluation, goals=()), MADE))
    assert [row[0] for row in both.tables[0].rows] == ["HateCheck", "DehumCheck"]


def test_the_worst_weaknesses_are_in_words_with_an_example(parts: dict[str, Section]) -> None:
    found = parts["weaknesses"].items
    assert [(item.title, item.words.partition(" are ")[0]) for item in found] == [
        ("Hate as a question:", "10 of 100"),
        ("Hate with digits for letters (leetspeak):", "12 of 100"),
        # A third one of HateCheck would come before these.
        ("Words meant literally:", "33 of 100"),
        ("Harmless texts with digits for letters:", "39 of 100"),
    ]
    for item in found[2:]:
        (example,) = item.shown
        assert example.answer == "left alone"
        assert example.parts != [("left out", False)]
    assert not [item for item in found if "_" in item.title + item.words]


def test_it_says_for_whom_it_errs_beyond_chance(parts: dict[str, Section]) -> None:
    (row,) = parts["whom"].tables[0].rows
    assert row == ["HateCheck, hate", "women 40 % (31 to 50)", "none"]


def test_what_is_better_low_is_marked(parts: dict[str, Section]) -> None:
    goals = {row[0]: row for row in parts["goals"].tables[0].rows}
    verdict, line, *_, direction = goals[ORDINARY_FLAGGED][1:]
    assert (verdict, direction) == ("met", "lower is better")
    assert isinstance(line, Bar)
    assert line.value < (line.must or 0) < line.high <= 1
    assert goals["unseen groups less seen"][1:3] == ["missed", ""]  # no line from 0 holds it
    assert goals["never measured (jigsaw left out)"][1:5] == ["", "", "", ""]
    (evasion,) = parts["evasions-hatecheck"].tables[0].rows
    assert isinstance(evasion[3], Bar)
    assert evasion[3].value == 0.61
    numbers = parts["suite-hatecheck"].tables[0]
    assert [row[0] for row in numbers.rows] == ["accuracy", "Brier score, lower is better"]


def test_every_cell_of_a_long_grid_is_drawn_under_a_name_in_words(
    parts: dict[str, Section],
) -> None:
    assert len(CELLS) == 74
    tables = parts["suite-dehumcheck"].tables
    grid = next(table for table in tables if table.is_wide)
    assert grid.columns == ("functionality", "all", "age", "race")
    assert len(grid.rows) == 74
    assert all(isinstance(cell, Shade) for row in grid.rows for cell in row[1:])
    for name in CELLS:
        words = functionality_in_words("dehumcheck", name)
        assert words[0].isupper(), name
        assert "_" not in words


def test_too_many_targets_are_put_together_by_category(bundle: Bundle) -> None:
    cases = [
        Case(f"{n}", "a text", "hate", True, f"kind {n % 60}", f"group {n}",
             frozenset({"age" if n % 2 else "race"}))
        for n in range(120)
    ]  # fmt: skip
    right = Score({"hate": 1.0}, (), (), (), False, 1, 1, Timings(0, 0, 0))
    found = detail_of(Answers("x", cases, [right] * 120, bundle.manifest, "balanced"))
    assert found.grid_of == "category"
    assert len(found.grid) == 60
    assert found.grid["kind 1"]["age"].rows == 2
    few = [replace(case, target=case.target[:7]) for case in cases]  # ten groups
    found = detail_of(Answers("x", few, [right] * 120, bundle.manifest, "balanced"))
    assert found.grid_of == "target"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def written(evaluation: Evaluation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    write_page(evaluation, MADE, folder, texts=True)
    return folder


def opened(browser: Browser, folder: Path, **options: object) -> Page:
    page = browser.new_context(**options).new_page()  # type: ignore[arg-type]
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(message.text))
    page.goto((folder / "report.html").as_uri())
    assert troubles == []
    return page


def test_one_page_first_and_tabs_for_the_rest(browser: Browser, written: Path) -> None:
    page = opened(browser, written)
    tabs = page.get_by_role("navigation", name="Parts of the report").get_by_role("link")
    assert tabs.all_inner_texts() == [
        "Summary", "Goals", "Suites", "Groups", "Evasions", "Data and provenance",
    ]  # fmt: skip
    headings = page.get_by_role("heading", level=2)
    assert headings.all_inner_texts() == [
        "Of 1,000 posts", "What it is worst at", "For whom it errs",
    ]  # fmt: skip
    example = page.locator("#weaknesses td").first
    assert not example.is_visible()
    summary = page.locator("#weaknesses summary").first
    assert "with its text. Content warning" in summary.inner_text()
    summary.click()
    assert example.is_visible()
    tabs.get_by_text("Suites").click()
    assert headings.all_inner_texts() == ["All suites"]
    page.get_by_role("link", name="DehumCheck", exact=True).click()
    assert headings.all_inner_texts() == ["DehumCheck"]
    expect(tabs.get_by_text("Suites")).to_have_css("font-weight", "600")
    expect(tabs.get_by_text("Summary")).to_have_css("font-weight", "400")
    page.get_by_role("link", name="← Suites").click()
    assert headings.all_inner_texts() == ["All suites"]
    page.emulate_media(media="print")
    assert headings.count() == 11  # on paper there is all of it


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_fits_a_phone_and_follows_the_theme(browser: Browser, written: Path, theme: str) -> None:
    size = {"width": 390, "height": 844}
    page = opened(browser, written, viewport=size, color_scheme=theme)
    for anchor in ("", "tab-goals", "tab-groups", "tab-evasions", "alone-suite-dehumcheck"):
        page.evaluate(f"location.hash = {json.dumps(anchor)}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, anchor
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, ground[4:-1].split(","))) < 200) == (theme == "dark")


def test_the_page_is_made_again_from_its_numbers(
    evaluation: Evaluation, bundle: Bundle, written: Path, tmp_path: Path
) -> None:
    numbers = tmp_path / "report.json"
    write_evaluation(evaluation, bundle.manifest, "0" * 64, numbers, asdict(MADE))
    again, made = read_evaluation(numbers)
    assert made == MADE
    assert again.details[1].worst[0].text == ""
    told = with_texts(again, EVERY_SUITE, None)
    for one, other in zip(told.details, evaluation.details, strict=True):
        assert [wrong.text for wrong in one.worst] == [wrong.text for wrong in other.worst]
    (again_alarmed, before) = (one.evasions[1].evaded[0].alarmed for one in (told, evaluation))
    assert again_alarmed
    assert before
    assert (again_alarmed.text, again_alarmed.score) == (before.text, before.score)
    done = CliRunner().invoke(app, ["report", str(numbers), "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    for name in ("report.md", "report.html"):
        made_again = (tmp_path / "out" / name).read_text()
        before = (written / name).read_text()
        # Which words carried a score is in no file.
        assert made_again == before.replace("<mark>", "").replace("</mark>", ""), name
    bare = CliRunner().invoke(app, ["report", str(numbers), "--no-texts"])
    assert bare.exit_code == 0, bare.output
    text = evaluation.details[1].worst[0].text
    assert text not in (tmp_path / "report.html").read_text()
    assert text not in numbers.read_text()


def test_numbers_of_an_older_version_make_a_page_too(
    evaluation: Evaluation, bundle: Bundle, tmp_path: Path
) -> None:
    numbers = tmp_path / "evaluation.json"
    write_evaluation(evaluation, bundle.manifest, "0" * 64, numbers)
    raw = json.loads(numbers.read_text())
    for one in raw["details"]:
        for name in ("errors", "examples", "grid_of"):
            one.pop(name)
    numbers.write_text(json.dumps(raw))
    old, made = read_evaluation(numbers)
    assert (made.operating_point, made.made) == ("balanced", "")
    (wrong,) = with_texts(old, EVERY_SUITE, None).details[1].worst
    assert (wrong.expected, wrong.score, wrong.functionality) == (False, None, "literal")
    write_page(old, made, tmp_path, texts=True)
    assert "Words meant literally" in (tmp_path / "report.md").read_text()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "cannot be read as JSON"),
        ("[]", "not a report.json"),
        ('{"goals": [], "details": [], "suites": [{"suite": 1}]}', "suites.0"),
    ],
)
def test_what_is_no_report_is_refused_in_a_line(content: str, why: str, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(content)
    with pytest.raises(EvaluationError, match=why) as caught:
        read_evaluation(path)
    assert "\n" not in str(caught.value)
    with pytest.raises(EvaluationError, match="cannot be read"):
        read_evaluation(tmp_path / "absent.json")
