"""The page Try in a real browser."""

import json
import re

import httpx
import pytest
from browser import VERMIN, OpenPage
from conftest import Server, until
from playwright.sync_api import Route, expect


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
    expect(row).to_contain_text(f"{reply['scores']['dehumanization']:.2f}")
    expect(page.locator(".decision .badge")).to_have_text(reply["decision"]["band"])
    expect(page.locator(".decision .reason")).to_have_text(reply["decision"]["reason"])
    expect(page.locator(".otherwise")).to_contain_text(f"“{reply['decision']['otherwise']}”")
    spoken = page.get_by_role("status").first  # to those who do not see the marks
    expect(spoken).to_have_text(
        f"review: dehumanization {reply['scores']['dehumanization']:.2f}, 1 key phrase marked."
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


def test_a_mechanism_under_its_threshold_is_not_stated(server: Server, visit: OpenPage) -> None:
    text = "Mexicans are vermin, and every landlord on this street knows it."
    reply = httpx.post(f"{server.url}/v1/score", json={"text": text}).json()
    assert reply["mechanisms"] == []
    page = visit(server)
    page.get_by_label("A post").fill(text)
    told = page.locator(".details dt", has_text="Mechanism")
    expect(told.locator("+ dd")).to_have_text("none found")
    expect(page.locator(".decision .reason")).not_to_contain_text("as vermin")


def test_labels_that_the_policy_does_not_use_are_said_to_be_so(
    server: Server, visit: OpenPage
) -> None:
    used = httpx.get(f"{server.url}/v1/policies").json()
    thresholds = {one["id"]: one["thresholds"] for one in used["policies"]}
    page = visit(server)
    page.get_by_label("A post").fill(VERMIN)
    for policy in ("dehumanization", "hate"):
        page.get_by_label("Policy").select_option(policy)
        expect(page.get_by_text(f"but the policy “{policy}” has no rule")).to_be_visible()
        rows = page.locator(".verdict .scores").first.locator("tbody tr")
        expect(rows).to_have_count(8)
        for row in rows.all():
            label = row.locator("th").inner_text().replace(" ", "_")
            if label in thresholds[policy]:
                expect(row).to_contain_text(f"{thresholds[policy][label]:.2f}")
            else:
                expect(row).to_have_class("unused")
                expect(row).to_contain_text("not used")
                expect(row.locator(".tick")).to_have_count(0)


def test_a_harmful_and_a_harmless_example_are_scored_at_once(
    server: Server, visit: OpenPage
) -> None:
    page = visit(server)
    cards = page.locator(".card")
    expect(cards).to_have_count(2)
    expect(cards.locator(".badge")).to_have_text(["review", "allow"])
    expect(page.locator(".links a").first).to_have_attribute("href", f"{server.url}/docs")
    page.get_by_text("Definition", exact=True).click()
    expect(page.locator(".definition p").first).to_contain_text("their humanity")
    cards.nth(1).get_by_role("button", name="Explain").click()
    expect(page.locator(".decision .badge")).to_have_text("allow")
    expect(cards.first).to_be_hidden()


def test_a_language_that_the_model_does_not_know_is_told_by_the_rule_of_the_api(
    server: Server, visit: OpenPage
) -> None:
    page = visit(server)
    notice = page.locator(".notice")
    page.get_by_label("A post").fill("Guten Morgen zusammen, der Bus kommt heute viel zu spät.")
    expect(notice).to_contain_text("This text seems to be in German.")
    with page.expect_response("**/v1/language"):
        page.get_by_label("A post").fill("Hallo!")  # too little to be sure
    expect(notice).to_be_hidden()
    page.get_by_label("A post").fill("صباح الخير")
    expect(notice).to_contain_text("in Arabic")


def test_what_people_paste_stays_words(server: Server, visit: OpenPage) -> None:
    page = visit(server)
    page.get_by_label("A post").fill("<img src=x onerror=alert(1)> Migrants are <b>vermin</b>.")
    expect(page.locator(".decision .badge")).to_be_visible()
    assert page.locator(".marking img, .found img, .backdrop b").count() == 0


def test_the_examples_and_the_requests_to_copy(server: Server, visit: OpenPage) -> None:
    page = visit(server)
    page.get_by_role("button", name="M1grants are v3rmin.").click()
    expect(page.locator(".details")).to_contain_text("Obfuscated spelling")
    expect(page.get_by_label("A post")).to_be_focused()  # not lost with the list that closed
    page.get_by_text("curl", exact=True).click()
    told = page.get_by_label("curl request").inner_text()
    body = json.loads(told.partition("-d '")[2].rstrip("'"))
    assert body == {"text": "M1grants are v3rmin."}
    page.get_by_text("Python", exact=True).click()
    code = page.get_by_label("Python request").inner_text()
    compile(code, "snippet", "exec")
    assert "Bearer" not in code + told


def test_it_says_what_the_score_is_without_the_words_that_carried_it(
    server: Server, visit: OpenPage
) -> None:
    page = visit(server)
    page.get_by_label("A post").fill(VERMIN)
    table = page.get_by_role("table", name=re.compile("without each key phrase"))
    expect(table.locator("tbody tr")).not_to_have_count(0)
    told = {row.locator("th").inner_text(): row for row in table.locator("tbody tr").all()}
    assert list(told) == ["“are vermin”"]
    url = f"{server.url}/v1/score"
    before, after = (httpx.post(url, json={"text": text}).json() for text in (VERMIN, "Migrants ."))
    scores = [reply["scores"]["dehumanization"] for reply in (before, after)]
    assert scores[1] < scores[0]
    expect(told["“are vermin”"]).to_contain_text(f"{scores[1]:.2f}")
    expect(told["“are vermin”"]).to_contain_text(
        f"\N{MINUS SIGN}{round(scores[0], 2) - round(scores[1], 2):.2f}"
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
    expect(page.locator(".card")).to_have_count(2)  # whose scores came the same way
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
    expect(page.get_by_text("Effect of removing each phrase")).to_have_count(0)
