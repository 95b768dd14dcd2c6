"""The pages Try and Compare in a real browser."""

import contextlib
import json
import re

import httpx
import pytest
from browser import VERMIN, OpenPage
from conftest import Server, until
from playwright.sync_api import Error, Route, expect


@pytest.mark.parametrize(
    "before", ["", "👩🏽‍🦰🇩🇪 ", "אנשים אומרים: "], ids=["plain", "emoji", "right to left"]
)
def test_typing_scores_and_marks_the_right_words(
    server: Server, visit: OpenPage, before: str
) -> None:
    page = visit(server)
    text = f"{before}{VERMIN}"
    page.get_by_label("A post").press_sequentially(text, delay=2)
    reply = httpx.post(f"{server.url}/v1/score", json={"text": text}).json()
    words = [text[s["begin"] : s["end"]] for s in reply["spans"]]
    assert words
    expect(page.locator(".backdrop mark")).to_have_text(words)
    expect(page.locator(".word mark")).to_have_text(words)
    assert page.locator(".backdrop").inner_text().rstrip("\n") == text
    row = page.get_by_role("row", name=re.compile("^dehumanization"))
    expect(row).to_contain_text(f"{reply['scores']['dehumanization']:.3f}")
    expect(page.locator(".decision .badge")).to_have_text(reply["decision"]["band"])
    expect(page.locator(".decision .reason")).to_have_text(reply["decision"]["reason"])
    expect(page.locator(".otherwise")).to_contain_text(
        f"would make it “{reply['decision']['otherwise']}”"
    )
    spoken = page.get_by_role("status").first  # to those who do not see the marks
    expect(spoken).to_have_text(
        f"review: dehumanization {reply['scores']['dehumanization']:.3f}, 1 passage marked."
    )


def test_the_box_grows_with_its_text_and_the_marks_stay_in_place(
    server: Server, visit: OpenPage
) -> None:
    page = visit(server)
    page.get_by_label("A post").fill("All is well here today.\n" * 30 + VERMIN)
    expect(page.locator(".backdrop mark")).not_to_have_count(0)
    sizes = page.evaluate(
        """() => ["textarea", ".backdrop"].map((name) => {
             const one = document.querySelector(".marking " + name);
             return [one.clientWidth, one.clientHeight, one.scrollHeight];
           })"""
    )
    assert sizes[0] == sizes[1]
    assert sizes[0][1] >= sizes[0][2]  # one layer never scrolls without the other
    height = page.evaluate("document.querySelector('.marking').clientHeight / innerHeight")
    assert height <= 0.6


def test_a_stale_answer_never_overwrites_a_newer_one(server: Server, visit: OpenPage) -> None:
    page = visit(server)
    held: list[Route] = []

    def hold(route: Route) -> None:
        if "vermin" in (route.request.post_data or ""):
            held.append(route)
        else:
            route.continue_()

    page.route("**/v1/score", hold)
    box = page.get_by_label("A post")
    box.fill(VERMIN)
    page.wait_for_timeout(500)
    assert len(held) == 1
    box.fill("Good morning, everyone.")
    expect(page.locator(".decision .badge")).to_have_text("allow")
    try:
        held[0].continue_()
    except Exception as error:  # cancelled already: that is one way not to be overwritten
        assert "Route" in str(error) or "request" in str(error)  # noqa: PT017
    page.wait_for_timeout(500)
    expect(page.locator(".decision .badge")).to_have_text("allow")
    expect(page.locator(".backdrop mark")).to_have_count(0)


def test_a_verdict_on_another_text_looks_like_one(server: Server, visit: OpenPage) -> None:
    page = visit(server)
    box = page.get_by_label("A post")
    box.fill("Good morning, everyone.")
    found = page.locator(".found")
    expect(found).to_have_attribute("aria-busy", "false")
    held: list[Route] = []
    page.route("**/v1/score", lambda route: held.append(route))
    box.fill(VERMIN)
    expect(found).to_have_class("found stale")
    until(lambda: (page.wait_for_timeout(50), held)[1])
    held[0].continue_()
    expect(found).to_have_class("found")
    expect(page.locator(".decision .badge")).to_have_text("review")


def test_a_mechanism_under_its_threshold_is_told_as_one(server: Server, visit: OpenPage) -> None:
    text = "Mexicans are vermin, and every landlord on this street knows it."
    reply = httpx.post(f"{server.url}/v1/score", json={"text": text}).json()
    page = visit(server)
    page.get_by_label("A post").fill(text)
    told = page.locator(".details")
    assert reply["mechanisms"] == []
    assert reply["decision"]["mechanism"]
    expect(told).to_contain_text(reply["decision"]["mechanism"].replace("_", " "))
    expect(told).to_contain_text("the likeliest, though under its threshold")


def test_what_people_paste_stays_words(server: Server, visit: OpenPage) -> None:
    page = visit(server)
    page.get_by_label("A post").fill("<img src=x onerror=alert(1)> Migrants are <b>vermin</b>.")
    expect(page.locator(".decision .badge")).to_be_visible()
    assert page.locator(".marking img, .found img, .backdrop b").count() == 0


def test_the_examples_and_the_requests_to_copy(server: Server, visit: OpenPage) -> None:
    page = visit(server)
    page.get_by_role("button", name="M1grants are v3rmin.").click()
    expect(page.locator(".details")).to_contain_text("Spelling that hides words")
    expect(page.get_by_label("A post")).to_be_focused()  # not lost with the list that closed
    page.get_by_text("curl", exact=True).click()
    told = page.get_by_label("curl request").inner_text()
    body = json.loads(told.partition("-d '")[2].rstrip("'"))
    assert body == {"text": "M1grants are v3rmin."}
    page.get_by_text("Python", exact=True).click()
    code = page.get_by_label("Python request").inner_text()
    compile(code, "snippet", "exec")
    assert "Bearer" not in code + told
    page.get_by_label("A post").fill("صباح الخير")
    expect(page.locator(".details")).to_contain_text("It learned from English alone")


def test_it_says_what_the_score_is_without_the_words_that_carried_it(
    server: Server, visit: OpenPage
) -> None:
    page = visit(server)
    page.get_by_label("A post").fill(VERMIN)
    table = page.get_by_role("table", name=re.compile("without the words"))
    expect(table.locator("tbody tr")).not_to_have_count(0)
    told = {row.locator("th").inner_text(): row for row in table.locator("tbody tr").all()}
    assert list(told) == ["“are vermin”"]
    url = f"{server.url}/v1/score"
    before, after = (httpx.post(url, json={"text": text}).json() for text in (VERMIN, "Migrants ."))
    scores = [reply["scores"]["dehumanization"] for reply in (before, after)]
    assert scores[1] < scores[0]
    expect(told["“are vermin”"]).to_contain_text(f"{scores[1]:.3f}")
    expect(told["“are vermin”"]).to_contain_text(
        f"\N{MINUS SIGN}{round(scores[0], 3) - round(scores[1], 3):.3f}"
    )
    assert after["decision"]["band"] == "allow"
    expect(told["“are vermin”"].locator(".badge")).to_have_text("allow")
    page.get_by_label("A post").fill("Good morning, everyone.")
    expect(page.locator(".decision .badge")).to_have_text("allow")
    expect(table).to_have_count(0)


def test_words_of_an_older_text_are_not_told_of_a_newer_one(
    server: Server, visit: OpenPage
) -> None:
    page = visit(server)
    held: list[Route] = []
    page.route("**/v1/score/batch", lambda route: held.append(route))
    page.get_by_label("A post").fill(VERMIN)
    until(lambda: (page.wait_for_timeout(50), held)[1])
    page.get_by_label("A post").fill("Good morning, everyone.")
    expect(page.locator(".decision .badge")).to_have_text("allow")
    try:
        held[0].continue_()
    except Exception as error:  # cancelled already
        assert "Route" in str(error) or "request" in str(error)  # noqa: PT017
    page.wait_for_timeout(500)
    expect(page.get_by_text("Without these words")).to_have_count(0)


def test_two_texts_and_every_group(server: Server, visit: OpenPage) -> None:
    page = visit(server, "compare")
    expect(page.get_by_role("table", name="Probability of each label")).to_contain_text(
        "\N{MINUS SIGN}"
    )
    expect(page.locator(".summary")).to_contain_text("Highest less lowest")
    page.get_by_label("First post").fill("Dalits are filth.")
    expect(page.locator(".found").nth(1)).to_have_attribute("aria-busy", "false")
    groups = page.get_by_role("table", name=re.compile("^The first post with each group"))
    expect(groups.get_by_role("row", name=re.compile("^Muslims"))).to_be_visible()
    rows = groups.locator("tbody tr")
    assert rows.count() > 25
    scores = [float(row.locator(".number").inner_text()) for row in rows.all()]
    assert scores == sorted(scores, reverse=True)
    summary = page.locator(".summary")
    expect(summary).to_contain_text(f"{scores[0] - scores[-1]:.3f}"[:4])
    bands = {row.locator(".badge").inner_text() for row in rows.all()}
    expect(summary).to_contain_text("alone" if len(bands) > 1 else "the same for every group")
    asked = "Jewish people are filth."
    page.get_by_label("First post").fill("{group} are filth.")
    expect(groups.get_by_role("row", name=re.compile("^Jews"))).to_be_visible()
    alone = httpx.post(f"{server.url}/v1/score", json={"text": asked.replace("ish people", "s")})
    row = groups.get_by_role("row", name=re.compile("^Jews"))
    value = alone.json()["scores"]["dehumanization"]
    expect(row.locator(".number")).to_have_text(f"{value:.3f}")
    page.get_by_label("First post").fill("It rains.")
    expect(page.get_by_text("names none of the groups")).to_be_visible()


def test_groups_of_an_older_text_are_not_those_of_a_newer_one(
    server: Server, visit: OpenPage
) -> None:
    page = visit(server, "compare")
    summary = page.locator(".summary")
    expect(summary).to_contain_text("Highest less lowest")
    held: list[Route] = []
    page.route("**/v1/score/batch", lambda route: held.append(route))
    page.get_by_label("First post").fill("Dalits are filth.")
    expect(summary).to_have_text("Scoring it for 31 groups…")
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
    expect(page.locator(".summary")).to_contain_text("Highest less lowest")
    page.route("**/v1/score/batch", late)
    page.get_by_label("First post").fill("Germans are filth.")
    summary = page.locator(".summary")
    expect(summary).to_contain_text("Only 30 groups could be scored, so that this says little: Not")
    page.unroute("**/v1/score/batch")
    page.get_by_label("First post").fill("Germans are filth. " + "x " * 20_000)
    expect(page.get_by_text("bytes").first).to_be_visible()
    expect(summary).to_have_text("")
