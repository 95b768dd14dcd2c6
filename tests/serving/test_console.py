"""The console in a real browser, against the real server with the shipped bundle."""

import contextlib
import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import OpenPage, sign_in
from conftest import Server, StartServer, until
from playwright.sync_api import Error, FilePayload, Page, Route, expect

VERMIN = "Migrants are vermin."
PAGES = {"try": 1150, "compare": 1800, "file": 1400, "review": 800, "model": 2000}
"""Pages, and how many pixels of their height a picture shows."""
SHOTS = os.environ.get("UPSTANDER_SCREENSHOTS")
"""A folder for pictures of the pages; without it they go where the test's own files go."""


def test_the_page_and_what_it_loads_are_guarded(server: Server) -> None:
    page = httpx.get(f"{server.url}/")
    assert page.headers["content-type"].startswith("text/html")
    loaded = re.findall(r'(?:src|href)="(/console/[^"]+)"', page.text)
    assert len(loaded) == 3
    for response in (page, *(httpx.get(f"{server.url}{path}") for path in loaded)):
        assert response.status_code == 200
        assert response.headers["content-security-policy"].startswith("default-src 'none';")
        assert "unsafe" not in response.headers["content-security-policy"]
        assert response.headers["x-content-type-options"] == "nosniff"
    assert httpx.get(f"{server.url}/console/../app.py").status_code == 404
    assert httpx.get(f"{server.url}/console/nothing.js").json()["error"]["code"] == "not_found"


def test_a_setting_turns_it_off(start_server: StartServer) -> None:
    with start_server(no_console=True) as running:
        running.wait_ready()
        assert httpx.get(f"{running.url}/").status_code == 404
        assert httpx.get(f"{running.url}/console/app.js").status_code == 404


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
    expect(page.locator(".otherwise")).to_contain_text("would make it “allow”")
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
    text = "Uyghur women are no longer baby-making machines."
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


def test_a_policy_is_chosen_on_every_page(
    start_server: StartServer, policies: Path, visit: OpenPage, tmp_path: Path
) -> None:
    with start_server(policies=policies) as running:
        running.wait_ready()
        page = visit(running)
        page.get_by_label("A post").fill(VERMIN)
        badge = page.locator(".decision .badge")
        expect(badge).to_have_text("review")
        page.get_by_label("Decided by").select_option("strict")
        expect(badge).to_have_text("act")
        page.get_by_text("curl", exact=True).click()
        told = page.get_by_label("curl request").inner_text()
        body = json.loads(told.partition("-d '")[2].rstrip("'"))
        assert body == {"text": VERMIN, "policy": "strict"}
        page.get_by_text("Python", exact=True).click()
        code = page.get_by_label("Python request").inner_text()
        compile(code, "snippet", "exec")
        assert '"policy": "strict"}' in code

        page.get_by_role("link", name="Compare").click()
        expect(page.get_by_role("heading", name="Is it the same for everyone?")).to_be_visible()
        bands = page.locator(".two .decision .badge")
        expect(bands.first).to_have_text("review")
        page.get_by_label("Decided by").select_option("strict")
        expect(bands.first).to_have_text("act")
        germans = page.get_by_role("row", name=re.compile("^Germans"))
        expect(germans.locator(".badge")).to_have_text("act")
        reply = httpx.post(f"{running.url}/v1/score", json={"text": VERMIN, "policy": "strict"})
        left = f"left: {100 * reply.json()['decision']['threshold']:.1f}"
        assert left in (germans.locator(".tick").get_attribute("style") or "")

        page.get_by_role("link", name="File").click()
        expect(page.get_by_role("heading", name="A file of posts")).to_be_visible()
        page.get_by_label("Decided by").select_option("strict")
        file = tmp_path / "posts.csv"
        file.write_text(f"text\n{VERMIN}\n")
        page.get_by_label(re.compile("^Drop a file")).set_input_files(file)
        expect(page.locator(".rows .badge").first).to_have_text("act")


def test_one_policy_leaves_nothing_to_choose(server: Server, visit: OpenPage) -> None:
    page = visit(server)
    expect(page.get_by_label("A post")).to_be_visible()
    expect(page.get_by_label("Decided by")).to_have_count(0)


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


def test_the_skip_link_stays_on_the_page(server: Server, visit: OpenPage) -> None:
    page = visit(server, "model")
    expect(page.get_by_text("released on")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    expect(page.get_by_role("heading", name="The model", exact=True)).to_be_visible()


def test_rates_by_group_are_those_of_the_card(server: Server, visit: OpenPage) -> None:
    card = httpx.get(f"{server.url}/v1/model-card").json()
    bias = next(s for s in card["sections"] if s["id"] == "biasAndLimitations")
    fairness = next(s for s in bias["subsections"] if s["id"] == "fairness")
    suites = {
        s["title"]: {f["label"]: f["value"] for f in s["fields"]} for s in fairness["subsections"]
    }
    page = visit(server, "model")
    table = page.get_by_role("region", name="Rates by group")
    caste = next(v for k, v in suites.items() if k.startswith("dehumcheck"))["caste"]
    row = table.get_by_role("row", name=re.compile("^caste"))
    expect(row).to_contain_text(re.search(r"FPR: ([\d.]+)", caste)[1])  # type: ignore[index]
    expect(row).to_contain_text(re.search(r"FNR: ([\d.]+)", caste)[1])  # type: ignore[index]
    page.get_by_label("Suite").select_option(
        index=list(suites).index(next(k for k in suites if k.startswith("hatecheck")))
    )
    women = table.get_by_role("row", name=re.compile("^women"))
    expect(women).to_contain_text("509")
    flagged = [
        float(row.locator("td").first.inner_text()) for row in table.locator("tbody tr").all()
    ]
    assert flagged == sorted(flagged, reverse=True)


def test_a_key_is_asked_for_and_a_wrong_one_is_told(
    keyed: Server, keys: dict[str, Any], visit: OpenPage
) -> None:
    page = visit(keyed)
    expect(page.get_by_role("heading", name="This service asks for a key")).to_be_visible()
    page.locator("#who").get_by_role("button", name="Sign in").click()
    page.get_by_label("API key").fill("up_0_wrong")
    page.get_by_label("API key").press("Enter")
    expect(page.get_by_text("The service does not know this key.")).to_be_visible()
    page.get_by_label("API key").fill(keys["score"])
    page.get_by_label("API key").press("Enter")
    page.get_by_label("A post").fill(VERMIN)
    expect(page.locator(".decision .badge")).to_have_text("review")
    expect(page.locator("nav a")).to_have_text(["Try", "Compare", "File", "Model"])
    stored = page.evaluate(
        "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"
    )
    assert keys["score"] not in stored
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="This service asks for a key")).to_be_visible()


@pytest.mark.parametrize("typed", ["\u200b {} \n", "Bearer {}"], ids=["invisible", "Bearer"])
def test_what_comes_along_with_a_key_is_taken_off(
    keyed: Server, keys: dict[str, Any], visit: OpenPage, typed: str
) -> None:
    page = visit(keyed)
    sign_in(page, typed.format(keys["score"]))
    expect(page.get_by_label("A post")).to_be_visible()


def test_a_key_with_a_strange_letter_is_told(keyed: Server, visit: OpenPage) -> None:
    page = visit(keyed)
    page.locator("#who").get_by_role("button", name="Sign in").click()
    page.get_by_label("API key").fill("up_0_é")
    page.get_by_label("API key").press("Enter")
    expect(page.get_by_text("No key holds the character “é”.")).to_be_visible()
    expect(page.get_by_role("alert")).to_be_empty()


def test_another_key_leaves_a_run_alone(
    keyed: Server, keys: dict[str, Any], visit: OpenPage
) -> None:
    page = visit(keyed, "file")
    sign_in(page, keys["score"])
    held: list[Route] = []
    page.route("**/v1/score/batch", lambda route: held.append(route))
    file = {"name": "a.txt", "mimeType": "text/plain", "buffer": b"Good morning.\n"}
    page.get_by_label("Drop a file here").set_input_files([file])  # type: ignore[list-item]
    expect(page.get_by_text("0 of 1 posts.")).to_be_visible()
    page.evaluate("history.replaceState(null, '', '/')")  # as of one who came without a page
    sign_in(page, keys["review"], "Add a key")
    expect(page.locator("nav a")).to_have_text(["Try", "Compare", "File", "Review", "Model"])
    held[0].continue_()
    expect(page.get_by_text("1 of 1 posts scored.")).to_be_visible()
    expect(page.locator("#who button").first).to_be_focused()
    sign_in(page, keys["admin"], "Add a key")
    page.get_by_role("link", name="Model").click()
    expect(page.get_by_role("button", name="Change to the bundle on disk")).to_be_visible()


def test_a_service_that_begins_to_ask_for_keys(
    start_server: StartServer, keys: dict[str, Any], visit: OpenPage
) -> None:
    with start_server() as first:
        first.wait_ready()
        page = visit(first)
        page.get_by_label("A post").fill("Good morning, everyone.")
        expect(page.locator(".decision .badge")).to_have_text("allow")
        assert first.stop() == 0
    with start_server(keys=keys["file"], port=int(first.url.rpartition(":")[2])) as second:
        second.wait_ready()
        page.get_by_label("A post").fill(VERMIN)
        expect(page.get_by_role("heading", name="This service asks for a key")).to_be_visible()
        sign_in(page, keys["score"])
        expect(page.get_by_label("A post")).to_have_value(VERMIN)
        expect(page.locator(".decision .badge")).to_have_text("review")  # without a further key


def test_an_administrator_changes_the_bundle(
    keyed: Server, keys: dict[str, Any], visit: OpenPage
) -> None:
    page = visit(keyed)
    sign_in(page, keys["admin"])
    expect(page.locator("nav a")).to_have_text(["Model"])
    page.get_by_role("button", name="Change to the bundle on disk").click()
    expect(page.get_by_text("answers. Load this page again")).to_be_visible()


def test_too_many_requests_are_told_kindly(
    keyed: Server, keys: dict[str, Any], visit: OpenPage
) -> None:
    page = visit(keyed)
    sign_in(page, keys["slow"])
    box = page.get_by_label("A post")
    for number in range(5):
        box.fill(f"{VERMIN} {number}")
        page.wait_for_timeout(400)
    expect(page.get_by_text("this key has had its share. Asking again in")).to_be_visible()


def test_the_service_goes_and_comes_back(start_server: StartServer, visit: OpenPage) -> None:
    with start_server() as first:
        first.wait_ready()
        page = visit(first)
        page.get_by_label("A post").fill("Good morning, everyone.")
        expect(page.locator(".decision .badge")).to_have_text("allow")
        assert first.stop() == 0
    page.get_by_label("A post").fill(VERMIN)
    expect(page.get_by_role("alert")).to_contain_text("The service does not answer.")
    expect(page.get_by_text("Asking again in")).to_be_visible()
    with start_server(port=int(first.url.rpartition(":")[2])):
        expect(page.locator(".decision .badge")).to_have_text("review", timeout=60_000)
        expect(page.get_by_role("alert")).to_be_empty()


def test_a_file_of_ten_thousand_rows(server: Server, visit: OpenPage, tmp_path: Path) -> None:
    distinct = [f"Bus {n} is late today." for n in range(198)]
    distinct += [VERMIN, '"Refugees are vermin", he said.']
    rows = [distinct[n % len(distinct)] for n in range(10_000)]
    file = tmp_path / "posts.csv"
    lines = ['"' + text.replace('"', '""') + f'",{n}' for n, text in enumerate(rows)]
    file.write_text("text,id\r\n" + "\r\n".join(lines))
    page = visit(server, "file")
    page.get_by_label("Drop a file here").set_input_files(file)
    expect(page.get_by_text("10,000 of 10,000 posts scored.")).to_be_visible(timeout=60_000)
    table = page.get_by_role("table", name="Posts of the file")
    expect(table).to_have_attribute("aria-rowcount", "10001")
    drawn = table.locator("tbody tr[aria-rowindex]")
    assert drawn.count() < 60  # only those in sight
    expect(drawn.first).to_contain_text("review")
    expect(table.locator("tbody mark").first).to_be_visible()
    frame = page.get_by_role("region", name="Posts of the file")
    page.get_by_role("button", name="Row").click()
    frame.evaluate("one => { one.scrollTop = one.scrollHeight }")
    expect(table.get_by_role("row", name='10000 "Refugees are vermin')).to_be_visible()
    page.get_by_label("Decision").select_option("review")
    expect(page.get_by_text("100 posts shown.")).to_be_visible()
    page.get_by_label("Decision").select_option("any")
    page.get_by_label("A queue of").fill("50")
    page.get_by_role("button", name="Use it").click()
    expect(page.get_by_text(re.compile("^(0|50) of 10,000 posts"))).to_be_visible()
    page.get_by_role("slider", name="Threshold").fill("0.4")
    page.get_by_label("only at or over").check()
    expect(page.get_by_text("100 posts shown.")).to_be_visible()
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
    bins = page.locator(".bins").bounding_box()
    assert bins
    height = bins["y"] + bins["height"] / 2
    page.mouse.move(bins["x"] + 0.2 * bins["width"], height)
    expect(page.get_by_role("slider", name="Threshold")).to_have_value("0.432")  # not yet held
    page.mouse.down()
    page.mouse.move(bins["x"] + 0.4 * bins["width"], height)
    page.mouse.move(bins["x"] + 0.6 * bins["width"], height)
    page.mouse.up()
    page.mouse.move(bins["x"] + 0.9 * bins["width"], height)
    threshold = float(page.get_by_role("slider", name="Threshold").input_value())
    assert threshold == pytest.approx(0.6, abs=0.01)
    expect(page.get_by_text("3 of 43 posts (7.0 %)")).to_be_visible()
    page.mouse.click(bins["x"] + bins["width"] - 1, height)
    expect(page.get_by_text("0 posts shown.")).to_be_visible()


def test_another_file_takes_the_place_of_one_that_runs(server: Server, visit: OpenPage) -> None:
    page = visit(server, "file")
    held: list[Route] = []
    page.route("**/v1/score/batch", lambda route: held.append(route))
    first = {"name": "a.txt", "mimeType": "text/plain", "buffer": b"Good morning.\n"}
    second = {"name": "b.pdf", "mimeType": "text/plain", "buffer": b"x"}
    page.get_by_label("Drop a file here").set_input_files([first])  # type: ignore[list-item]
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    page.get_by_label("Drop a file here").set_input_files([second])  # type: ignore[list-item]
    expect(page.locator("main").get_by_text("Drop a file that ends in")).to_be_visible()
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    expect(page.get_by_role("progressbar")).to_be_hidden()
    page.wait_for_timeout(300)
    expect(page.get_by_role("heading", name="Posts", exact=True)).to_be_hidden()


def test_the_keyboard_keeps_its_place_in_the_rows(server: Server, visit: OpenPage) -> None:
    page = visit(server, "file")
    content = "text\n" + "\n".join(f"Bus {n} is late today." for n in range(200))
    file = {"name": "a.csv", "mimeType": "text/csv", "buffer": content.encode()}
    page.get_by_label("Drop a file here").set_input_files([file])  # type: ignore[list-item]
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
    for _ in range(43):
        page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="Bus 2 is late today.")).to_be_focused()


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.csv", b'text\n"opened', "never closed"),
        ("a.csv", b"", "holds no row"),
        ("a.jsonl", b'{"text": "x"}\n{"text"', "Line 2 is not JSON"),
        ("a.csv", b"text\n\xff\xfe", "not in UTF-8"),
        ("a.pdf", b"x", "Drop a file that ends in"),
        ("a.csv", b"text,text\na,b\n", "Two columns are named"),
    ],
)
def test_a_file_that_cannot_be_read_is_told(
    server: Server, visit: OpenPage, name: str, content: bytes, told: str
) -> None:
    page = visit(server, "file")
    file = {"name": name, "mimeType": "text/plain", "buffer": content}
    page.get_by_label("Drop a file here").set_input_files([file])  # type: ignore[list-item]
    expect(page.locator("main").get_by_text(told)).to_be_visible()


def test_a_column_is_asked_for_and_formulas_are_defused(server: Server, visit: OpenPage) -> None:
    page = visit(server, "file")
    file = {"name": "a.csv", "mimeType": "text/csv", "buffer": b"comment,n\n=1+1,3\n,4\n"}
    page.get_by_label("Drop a file here").set_input_files([file])  # type: ignore[list-item]
    page.get_by_label("Which column").select_option("comment")
    page.get_by_role("button", name="Score").click()
    expect(page.get_by_text("1 of 2 posts scored, 1 could not be.")).to_be_visible()
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
    assert (good["id"], good["fields"]) == (4, {"by": "me", "n": [1]})
    assert good["model"]["name"] == "upstander-minilm"
    assert good["policy"]["id"] == "dehumanization"
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
    drop(page, "twice.csv", "text,row,file.row,lat\nGood morning.,a,b,-33.9\n")
    expect(page.get_by_text("1 of 1 posts scored.")).to_be_visible()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download CSV").click()
    rows = list(csv.DictReader(saved.value.path().read_text(encoding="utf-8-sig").splitlines()))
    assert [rows[0][name] for name in ("row", "file.row", "file.file.row", "lat")] == [
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
    assert rows[0]["policy"].startswith("dehumanization ")


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


def test_without_a_policy_there_are_scores(start_server: StartServer, visit: OpenPage) -> None:
    with start_server(policy="") as running:
        running.wait_ready()
        page = visit(running)
        page.get_by_label("A post").fill(VERMIN)
        expect(page.get_by_text("No policy decides here: these are scores only.")).to_be_visible()
        page.get_by_text("Python", exact=True).click()
        code = page.get_by_label("Python request").inner_text()
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        assert "'dehumanization': 0.9" in done.stdout
        page.get_by_role("link", name="Compare").click()
        expect(page.locator(".summary")).to_contain_text("No policy decides here.")


def test_forced_colours_tell_as_much(
    keyed: Server, keys: dict[str, Any], visit: OpenPage, tmp_path: Path
) -> None:
    page = visit(keyed, forced_colors="active")
    sign_in(page, keys["score"])
    page.get_by_label("A post").fill(VERMIN)
    expect(page.locator(".decision .badge")).to_be_visible()
    colour = "one => getComputedStyle(one).backgroundColor"
    shown = page.locator("nav a[aria-current]").evaluate(colour)
    assert shown != page.locator("nav a:not([aria-current])").first.evaluate(colour)
    mark = page.locator(".backdrop mark")
    assert mark.evaluate("one => getComputedStyle(one).textDecorationLine") == "underline"
    ground = page.locator(".bar").first.evaluate(colour)
    for name in (".filled", ".tick"):
        assert page.locator(name).first.evaluate(colour) != ground
    word = page.locator(".word mark").evaluate(colour)
    assert word.startswith("rgb(")  # the system's, and no shade of ours
    folder = Path(SHOTS) if SHOTS else tmp_path
    assert len(page.screenshot(path=folder / "try-forced-colours.png")) > 10_000


def test_what_is_tried_here_is_not_recorded(
    keyed: Server, keys: dict[str, Any], visit: OpenPage
) -> None:
    name = 'upstander_kept_total{result="kept",table="decisions"}'
    before = keyed.metric(name)
    page = visit(keyed)
    sign_in(page, keys["score"])
    show(page, "try")
    for one in ("compare", "file"):
        page.goto(f"{keyed.url}/#{one}")
        show(page, one)
    headers = {"x-api-key": keys["score"]}
    httpx.post(f"{keyed.url}/v1/score", json={"text": VERMIN}, headers=headers)
    until(lambda: keyed.metric(name) == before + 1)


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
    expect(page.get_by_text("1 of 1 posts scored.")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_each_page_is_for_everyone(
    keyed: Server,
    keys: dict[str, Any],
    visit: OpenPage,
    name: str,
    theme: str,
    tmp_path: Path,
) -> None:
    """Nothing overflows, axe finds nothing serious, and there is a picture to look at."""
    httpx.post(f"{keyed.url}/v1/score", json={"text": f"Migrants are vermin: {name}, {theme}."},
               headers={"x-api-key": keys["score"]})  # fmt: skip
    page = visit(keyed, name, color_scheme=theme)
    sign_in(page, keys["score"])
    sign_in(page, keys["review"], "Add a key")
    page.goto(f"{keyed.url}/#{name}")
    show(page, name)
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    serious = [one for one in found if one["impact"] in ("serious", "critical")]
    assert [(one["id"], [n["target"] for n in one["nodes"]]) for one in serious] == []
    folder = Path(SHOTS) if SHOTS else tmp_path
    page.set_viewport_size({"width": 1100, "height": PAGES[name]})
    picture = page.screenshot(path=folder / f"{name}-{theme}.png")
    assert len(picture) > 10_000
    for width in (550, 390, 360):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for bars in (".bar", ".interval"):
            sizes = page.locator(bars).evaluate_all("all => all.map((one) => one.clientWidth)")
            assert all(size >= 30 for size in sizes)
    page.set_viewport_size({"width": 390, "height": 844})
    if name == "try":
        page.screenshot(path=folder / f"{name}-{theme}-phone.png")


def drop(page: Page, name: str, content: str) -> None:
    """Choose a file on the page File."""
    file = FilePayload(name=name, mimeType="text/plain", buffer=content.encode())
    page.get_by_label("Drop a file here").set_input_files(file)


def show(page: Page, name: str) -> None:
    """Bring a page to where there is something to see."""
    if name == "try":
        page.get_by_label("A post").fill(VERMIN)
        expect(page.locator(".decision .badge")).to_be_visible()
        expect(page.get_by_role("table", name=re.compile("without the words"))).to_be_visible()
    elif name == "compare":
        expect(page.locator(".summary")).to_contain_text("Highest less lowest")
    elif name == "file":
        rows = [f"Bus {n} is late today." for n in range(40)] + [VERMIN] * 3
        content = "text\n" + "\n".join(rows)
        file = {"name": "a.csv", "mimeType": "text/csv", "buffer": content.encode()}
        page.get_by_label("Drop a file here").set_input_files([file])  # type: ignore[list-item]
        expect(page.get_by_text("43 of 43 posts scored.")).to_be_visible()
    elif name == "review":
        ready = page.get_by_role("button", name="I am ready")
        ready.or_(page.locator("#reviewed")).first.wait_for()
        if ready.count():
            ready.click()
        expect(page.locator("#reviewed")).to_be_visible()
    else:
        expect(page.get_by_text("released on")).to_be_visible()
        page.locator("#card-biasAndLimitations > summary").click()
        page.evaluate("scrollTo(0, 0)")
