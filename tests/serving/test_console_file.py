"""The page File in a real browser."""

import csv
import json
import re
from pathlib import Path

import httpx
import pytest
from browser import VERMIN, OpenPage, choose, drop, show
from conftest import Server
from playwright.sync_api import Route, expect

from upstander.evaluation.batch.shape import flat_kinds, shape_of
from upstander.models.bundle import open_bundle
from upstander.models.shipped import DEFAULT_BUNDLE


def test_a_file_of_thousands_of_rows(server: Server, visit: OpenPage, tmp_path: Path) -> None:
    distinct = [f"Bus {n} is late today." for n in range(198)]
    distinct += [VERMIN, '"Refugees" are "vermin", all of them.']
    rows = [distinct[n % len(distinct)] for n in range(3000)]
    file = tmp_path / "posts.csv"
    lines = ['"' + text.replace('"', '""') + f'",{n}' for n, text in enumerate(rows)]
    file.write_text("text,id\r\n" + "\r\n".join(lines))
    page = visit(server, "file")
    page.get_by_label("Drop a file here").set_input_files(file)
    expect(page.get_by_label("Preview").locator("tbody tr")).to_have_count(10)
    page.get_by_role("button", name="Score 3,000 posts").click()
    expect(page.get_by_text("3,000 of 3,000 posts scored.")).to_be_visible(timeout=60_000)
    table = page.get_by_role("table", name="Posts of the file")
    expect(table).to_have_attribute("aria-rowcount", "3001")
    drawn = table.locator("tbody tr[aria-rowindex]")
    assert drawn.count() < 60  # only those in sight
    expect(drawn.first).to_contain_text("review")
    expect(table.locator("tbody mark").first).to_be_visible()
    frame = page.get_by_role("region", name="Posts of the file")
    page.get_by_role("button", name="Row").click()
    frame.evaluate("one => { one.scrollTop = one.scrollHeight }")
    expect(table.get_by_role("row", name='3000 "Refugees" are "vermin')).to_be_visible()
    page.get_by_label("Decision").select_option("review")
    expect(page.get_by_text("30 posts shown.")).to_be_visible()
    page.get_by_label("Decision").select_option("any")
    page.get_by_label("A queue of").fill("15")
    page.get_by_role("button", name="Use this threshold").click()
    expect(page.get_by_text(re.compile("^(0|15) of 3,000 posts"))).to_be_visible()
    page.get_by_role("slider", name="Threshold").fill("0.4")
    page.get_by_label("only at or over").check()
    expect(page.get_by_text("30 posts shown.")).to_be_visible()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download JSON lines").click()
    found = [json.loads(line) for line in saved.value.path().read_text().splitlines()]
    assert {one["text"] for one in found} == set(distinct[-2:])
    alone = httpx.post(f"{server.url}/v1/score", json={"text": VERMIN}).json()
    assert next(f for f in found if f["text"] == VERMIN)["scores"] == alone["scores"]


def test_the_threshold_is_dragged_on_the_histogram(server: Server, visit: OpenPage) -> None:
    page = visit(server, "file")
    show(page, "file")
    page.get_by_label("only at or over").check()
    page.locator(".bins").scroll_into_view_if_needed()
    bins = page.locator(".bins").bounding_box()
    assert bins
    height = bins["y"] + bins["height"] / 2
    page.mouse.move(bins["x"] + 0.2 * bins["width"], height)
    policies = httpx.get(f"{server.url}/v1/policies").json()["policies"]
    policy = next(one for one in policies if one["id"] == "hate")
    own = f"{policy['thresholds']['hate']:.3f}"  # a step of the slider
    expect(page.get_by_role("slider", name="Threshold")).to_have_value(own)  # not yet held
    page.mouse.down()
    page.mouse.move(bins["x"] + 0.4 * bins["width"], height)
    page.mouse.move(bins["x"] + 0.6 * bins["width"], height)
    page.mouse.up()
    page.mouse.move(bins["x"] + 0.9 * bins["width"], height)
    threshold = float(page.get_by_role("slider", name="Threshold").input_value())
    assert threshold == pytest.approx(0.6, abs=0.01)
    expect(page.get_by_text("3 of 43 posts (7.0 %)")).to_be_visible()
    expect(page.get_by_text(re.compile("moved from .* it changes no decision"))).to_be_visible()
    page.mouse.click(bins["x"] + bins["width"] - 1, height)
    expect(page.get_by_text("0 posts shown.")).to_be_visible()


def test_another_file_takes_the_place_of_one_that_runs(server: Server, visit: OpenPage) -> None:
    page = visit(server, "file")
    held: list[Route] = []
    page.route("**/v1/score/batch", lambda route: held.append(route))
    drop(page, "a.txt", "Good morning.\n")
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    choose(page, "b.pdf", "x")
    expect(page.locator("main").get_by_text("Choose a file that ends in")).to_be_visible()
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    expect(page.get_by_role("progressbar")).to_be_hidden()
    page.wait_for_timeout(300)
    expect(page.get_by_role("heading", name="Posts", exact=True)).to_be_hidden()


def test_the_keyboard_keeps_its_place_in_the_rows(server: Server, visit: OpenPage) -> None:
    page = visit(server, "file")
    content = "text\n" + "\n".join(f"Bus {n} is late today." for n in range(200))
    drop(page, "a.csv", content)
    head = page.get_by_role("button", name="Row")
    head.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.get_by_role("columnheader", name="Row")).to_have_attribute(
        "aria-sort", "descending"
    )
    expect(head).to_be_focused()
    page.keyboard.press("Enter")
    # On a slow computer many keys come before the browser says that the frame was scrolled.
    page.evaluate(
        'addEventListener("scroll", (event) => event.stopImmediatePropagation(), { capture: true })'
    )
    page.get_by_role("button", name="Bus 5 is late today.").focus()
    for _ in range(40):  # far past those that were drawn at first
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Bus 45 is late today.")).to_be_focused()
    heads = page.locator(".rows thead th").first.bounding_box()
    assert heads
    for number in range(44, 1, -1):
        page.keyboard.press("Shift+Tab")
        row = page.get_by_role("button", name=f"Bus {number} is late today.")
        expect(row).to_be_focused()
        place = row.bounding_box()
        assert place
        assert place["y"] >= heads["y"] + heads["height"] - 1  # not hidden behind the heads


def test_the_histogram_has_an_axis_and_the_queue_an_interval(
    server: Server, visit: OpenPage
) -> None:
    page = visit(server, "file")
    show(page, "file")
    expect(page.get_by_label("Label")).to_have_value("hate")  # what the policy is about
    expect(page.get_by_role("columnheader", name="Score: hate")).to_be_visible()
    expect(page.get_by_text("(of the policy). Moving it is a what-if")).to_be_visible()
    ticks = [int(tick) for tick in page.locator(".axis span").all_inner_texts()]
    assert ticks[-1] == 0
    assert ticks == sorted(ticks, reverse=True)
    assert 20 <= ticks[0] <= 43
    page.get_by_text("Counts", exact=True).click()
    counts = page.get_by_role("region", name="Counts").locator("td").all_inner_texts()
    assert sum(map(int, counts)) == 43
    assert int(counts[0]) == 40
    page.get_by_label("A queue of").fill("3")
    fits = page.locator(".fits")
    expect(fits).to_contain_text("holds the 3 highest scores")
    score = httpx.post(f"{server.url}/v1/score", json={"text": VERMIN}).json()["scores"]
    mean = 3 * score["hate"]
    expect(fits).to_contain_text(f"About {mean:.0f} (")
    page.get_by_label("the file covers").fill("3")
    expect(fits).to_contain_text("a day on days like those of the file")


def test_formulas_are_defused(server: Server, visit: OpenPage) -> None:
    page = visit(server, "file")
    choose(page, "a.csv", "comment,n\n=1+1,3\n,4\n")
    page.get_by_label("Text column").select_option("comment")
    page.get_by_role("button", name="Score 2 posts").click()
    expect(page.get_by_text("1 of 2 posts scored, 1 could not be.")).to_be_visible()
    expect(page.get_by_text("Not scored: row 2; choose “not scored”")).to_be_visible()
    page.get_by_label("Decision").select_option("not scored")
    expect(page.get_by_text("1 post shown.")).to_be_visible()
    expect(page.locator(".rows .failed")).to_be_visible()
    page.get_by_label("Decision").select_option("any")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download CSV").click()
    assert ",'=1+1," in saved.value.path().read_text()


def test_rows_keep_their_numbers_and_what_else_they_hold(server: Server, visit: OpenPage) -> None:
    page = visit(server, "file")
    given = '{"text": {"body": "x"}}\n\n{"text": "Good morning.", "id": 4, "by": "me", "n": [1]}\n'
    drop(page, "a.jsonl", given)
    expect(page.get_by_text("1 of 2 posts scored, 1 could not be.")).to_be_visible()
    bad = page.get_by_role("row", name=re.compile("^1 "))
    expect(bad).to_contain_text("The field “text” is not a text.")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download JSON lines").click()
    found = [json.loads(line) for line in saved.value.path().read_text().splitlines()]
    good = next(one for one in found if one["row"] == 3)
    assert (good["id"], good["kept"]) == (4, {"by": "me", "n": [1]})
    assert good["model"]["name"] == "upstander-minilm"
    assert good["decision"]["policy"]["id"] == "hate"
    failed = next(one for one in found if one["row"] == 1)
    assert failed["error"] == {"message": "The field “text” is not a text."}
    given = '{"text": "Good morning.", "id": 12345678901234567890, "n": -0.5}\n'
    drop(page, "ids.jsonl", given + '{"text": "Good night.", "id": null, "toString": 1}\n')
    expect(page.get_by_text("2 of 2 posts scored.")).to_be_visible()
    page.get_by_role("button", name="Row", exact=True).click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download CSV").click()
    rows = list(csv.DictReader(saved.value.path().read_text(encoding="utf-8-sig").splitlines()))
    assert [(row["id"], row["n"], row["toString"]) for row in rows] in (
        [("12345678901234567890", "-0.5", ""), ("", "", "1")],
        [("", "", "1"), ("12345678901234567890", "-0.5", "")],
    )
    drop(page, "twice.csv", "text,row,kept.row,lat\nGood morning.,a,b,-33.9\n")
    expect(page.get_by_text("1 of 1 posts scored.")).to_be_visible()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download CSV").click()
    rows = list(csv.DictReader(saved.value.path().read_text(encoding="utf-8-sig").splitlines()))
    assert [rows[0][name] for name in ("row", "kept.row", "kept.kept.row", "lat")] == [
        "1", "a", "b", "-33.9",
    ]  # fmt: skip
    drop(page, "b.csv", 'text\n"Good morning."\n""\n"Good evening."\n')
    expect(page.get_by_text("2 of 3 posts scored, 1 could not be.")).to_be_visible()
    expect(page.get_by_role("row", name="3 Good evening.")).to_be_visible()
    drop(page, "c.csv", 'text;by\n"Bread, milk.";me\n')
    expect(page.get_by_text("1 of 1 posts scored.")).to_be_visible()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download CSV").click()
    rows = list(csv.DictReader(saved.value.path().read_text(encoding="utf-8-sig").splitlines()))
    assert (rows[0]["text"], rows[0]["by"]) == ("Bread, milk.", "me")
    assert rows[0]["decision.policy.id"] == "hate"
    manifest = open_bundle(DEFAULT_BUNDLE).manifest
    batch = flat_kinds(shape_of(manifest, {"by": "text"}))
    assert set(rows[0]) - {"text", "error.message"} <= set(batch)  # as `upstander score` names them


def test_every_group_of_a_post_is_shown(server: Server, visit: OpenPage) -> None:
    text = "Jews are rats."
    reply = httpx.post(f"{server.url}/v1/score", json={"text": text}).json()
    groups = [one["category"].replace("_", " ") for one in reply["targets"]]
    assert len(groups) > 1
    page = visit(server, "file")
    drop(page, "a.txt", f"{text}\n")
    expect(page.get_by_role("row", name=re.compile("^1 "))).to_contain_text(", ".join(groups))


def test_what_is_not_scored_in_time_is_asked_for_again(server: Server, visit: OpenPage) -> None:
    """The first answers are ours: the service cannot be made late so many times and no more."""
    page = visit(server, "file")
    sizes: list[int] = []

    def late(route: Route) -> None:
        posts = json.loads(route.request.post_data or "")["posts"]
        sizes.append(len(posts))
        if len(sizes) > 3:
            return route.continue_()
        error = {"error": {"code": "deadline_exceeded", "message": "Not in time."}}
        return route.fulfill(json={"results": [error] * len(posts)})

    page.route("**/v1/score/batch", late)
    drop(page, "a.txt", "".join(f"Visitor {n} came.\n" for n in range(40)))
    expect(page.get_by_text("40 of 40 posts scored.")).to_be_visible()
    assert sizes[0] == 40
    assert set(sizes[3:]) <= {5, 10, 20}


def test_a_post_that_is_too_long_spares_the_others(server: Server, visit: OpenPage) -> None:
    page = visit(server, "file")
    rows = [
        "x " * 4_500_000,
        *("y " * 20_000 for _ in range(3)),
        *("word " * 300 for _ in range(20)),
    ]
    drop(page, "a.txt", "\n".join([*rows, VERMIN]))
    expect(page.get_by_text("21 of 25 posts scored, 4 could not be.")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("row", name=re.compile(f"^25 {VERMIN}"))).to_be_visible()


def test_the_rows_are_there_when_one_comes_back(server: Server, visit: OpenPage) -> None:
    page = visit(server, "file")
    drop(page, "a.txt", "".join(f"Bus {n} is late today.\n" for n in range(300)))
    frame = page.get_by_role("region", name="Posts of the file")
    page.get_by_role("button", name="Row", exact=True).click()
    frame.evaluate("one => { one.scrollTop = 4000 }")
    expect(page.get_by_role("button", name="Bus 105 is late today.")).to_be_visible()
    page.get_by_role("link", name="Try").click()
    expect(page.get_by_label("A post")).to_be_visible()
    page.go_back()
    frame.scroll_into_view_if_needed()
    expect(page.get_by_role("button", name="Bus 105 is late today.")).to_be_in_viewport()
    assert frame.evaluate("one => one.scrollTop") == 4000


def test_a_file_can_be_dropped(server: Server, visit: OpenPage) -> None:
    page = visit(server, "file")
    page.wait_for_selector(".drop")
    page.evaluate(
        """() => {
             const given = new DataTransfer();
             given.items.add(new File(['{"text": "Good morning."}'], "a.jsonl"));
             const dropped = new DragEvent("drop", { dataTransfer: given, bubbles: true });
             document.querySelector(".drop").dispatchEvent(dropped);
           }"""
    )
    page.get_by_role("button", name="Score 1 post").click()
    expect(page.get_by_text("1 of 1 posts scored.")).to_be_visible()
