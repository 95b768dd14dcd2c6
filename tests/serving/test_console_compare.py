"""The page Compare in a real browser."""

import contextlib
import json
import re

import httpx
import pytest
from browser import OpenPage
from conftest import Server, until
from playwright.sync_api import Error, Route, expect


def test_two_texts_and_every_group(server: Server, visit: OpenPage) -> None:
    page = visit(server, "compare")
    expect(page.get_by_role("table", name="Probability of each label")).to_contain_text(
        "\N{MINUS SIGN}"
    )
    expect(page.locator(".summary")).to_contain_text("Range: ")
    page.get_by_label("First post").fill("Dalits are filth.")
    expect(page.locator(".found").nth(1)).to_have_attribute("aria-busy", "false")
    groups = page.get_by_role("table", name=re.compile("^The first post with each group"))
    expect(groups.get_by_role("row", name=re.compile("^Muslims"))).to_be_visible()
    rows = groups.locator("tbody tr")
    assert rows.count() > 25
    scores = [float(row.locator(".number").inner_text()) for row in rows.all()]
    assert scores == sorted(scores, reverse=True)
    summary = page.locator(".summary")
    expect(summary).to_contain_text("Range: ")
    told = float(summary.inner_text().removeprefix("Range: ")[:4])
    assert told == pytest.approx(scores[0] - scores[-1], abs=0.011)
    bands = {row.locator(".badge").inner_text() for row in rows.all()}
    expect(summary).to_contain_text(
        "the group alone" if len(bands) > 1 else "the same for every group"
    )
    asked = "Jewish people are filth."
    page.get_by_label("First post").fill("{group} are filth.")
    expect(groups.get_by_role("row", name=re.compile("^Jews"))).to_be_visible()
    alone = httpx.post(f"{server.url}/v1/score", json={"text": asked.replace("ish people", "s")})
    row = groups.get_by_role("row", name=re.compile("^Jews"))
    value = alone.json()["scores"]["dehumanization"]
    expect(row.locator(".number")).to_have_text(f"{value:.2f}")
    page.get_by_label("First post").fill("It rains.")
    expect(page.get_by_text("names no group")).to_be_visible()


def test_groups_of_an_older_text_are_not_those_of_a_newer_one(
    server: Server, visit: OpenPage
) -> None:
    page = visit(server, "compare")
    summary = page.locator(".summary")
    expect(summary).to_contain_text("Range: ")
    held: list[Route] = []
    page.route("**/v1/score/batch", lambda route: held.append(route))
    page.get_by_label("First post").fill("Dalits are filth.")
    expect(summary).to_have_text("Scoring 31 groups…")
    until(lambda: (page.wait_for_timeout(50), held)[1])
    scores: list[Route] = []
    page.route("**/v1/score", lambda route: scores.append(route))
    page.get_by_label("First post").fill("Good morning.")
    expect(summary).to_have_text("")
    for route in held:
        with contextlib.suppress(Error):  # cancelled already
            route.continue_()
    page.wait_for_timeout(500)
    expect(summary).to_have_text("")
    expect(page.locator(".found").nth(1)).to_have_attribute("aria-busy", "true")


def test_of_some_groups_there_is_no_verdict(server: Server, visit: OpenPage) -> None:
    """Which posts are late is ours to say."""

    def late(route: Route) -> None:
        reply = route.fetch().json()
        posts = json.loads(route.request.post_data or "")["posts"]
        for place, post in enumerate(posts):
            if "Dalits" in post["text"]:
                error = {"code": "deadline_exceeded", "message": "Not in time."}
                reply["results"][place] = {"error": error}
        route.fulfill(json=reply)

    page = visit(server, "compare")
    expect(page.locator(".summary")).to_contain_text("Range: ")
    page.route("**/v1/score/batch", late)
    page.get_by_label("First post").fill("Germans are filth.")
    summary = page.locator(".summary")
    expect(summary).to_contain_text("Incomplete: only 30 groups could be scored. Not")
    page.unroute("**/v1/score/batch")
    page.get_by_label("First post").fill("Germans are filth. " + "x " * 20_000)
    expect(page.get_by_text("bytes").first).to_be_visible()
    expect(summary).to_have_text("")
