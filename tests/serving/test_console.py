"""The console in a real browser, against the real server with the shipped bundle."""

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
from browser import VERMIN, OpenPage, show, sign_in
from conftest import Server, StartServer, until
from playwright.sync_api import expect

PAGES = {"try": 1080, "compare": 1900, "file": 1750, "review": 720, "model": 1900}
"""Pages, and how many pixels of their height a picture shows."""
BROKEN = """() => [...document.querySelectorAll("main :is(th, td, dt, dd, p, button, h1, h2, li)")]
  .filter((one) => one.checkVisibility())
  .flatMap((one) => [...one.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE))
  .flatMap((node) => [...node.data.matchAll(/[\\p{L}]{2,24}/gu)].filter(({ 0: word, index }) => {
    const range = document.createRange();
    range.setStart(node, index);
    range.setEnd(node, index + word.length);
    return new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size > 1;
  }).map(([word]) => word))"""
"""Words that are broken over two lines."""
SHOTS = os.environ.get("UPSTANDER_SCREENSHOTS")
"""A folder for pictures of the pages; without it they go where the test's own files go."""


def test_the_page_and_what_it_loads_are_guarded(server: Server) -> None:
    page = httpx.get(f"{server.url}/")
    assert page.headers["content-type"].startswith("text/html")
    loaded = re.findall(r'(?:src|href)="(console/[^"]+)"', page.text)
    assert len(loaded) == 3
    for response in (page, *(httpx.get(f"{server.url}/{path}") for path in loaded)):
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


def test_a_policy_is_chosen_on_every_page(
    start_server: StartServer, policies: Path, visit: OpenPage, tmp_path: Path
) -> None:
    with start_server(policies=policies) as running:
        running.wait_ready()
        page = visit(running)
        page.get_by_label("A post").fill(VERMIN)
        badge = page.locator(".decision .badge")
        expect(badge).to_have_text("review")
        page.get_by_label("Policy").select_option("strict")
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
        expect(page.get_by_role("heading", name="Compare two posts")).to_be_visible()
        bands = page.locator(".two .decision .badge")
        expect(bands.first).to_have_text("review")
        page.get_by_label("Policy").select_option("strict")
        expect(bands.first).to_have_text("act")
        germans = page.get_by_role("row", name=re.compile("^Germans"))
        expect(germans.locator(".badge")).to_have_text("act")
        reply = httpx.post(f"{running.url}/v1/score", json={"text": VERMIN, "policy": "strict"})
        left = f"left: {100 * reply.json()['decision']['threshold']:.1f}"
        assert left in (germans.locator(".tick").get_attribute("style") or "")

        page.get_by_role("link", name="File").click()
        expect(page.get_by_role("heading", name="Score a file")).to_be_visible()
        page.get_by_label("Policy").select_option("strict")
        file = tmp_path / "posts.csv"
        file.write_text(f"text\n{VERMIN}\n")
        page.get_by_label(re.compile("^Drop a file")).set_input_files(file)
        page.get_by_role("button", name="Score 1 post").click()
        expect(page.locator(".rows .badge").first).to_have_text("act")


def test_the_skip_link_stays_on_the_page(server: Server, visit: OpenPage) -> None:
    page = visit(server, "model")
    expect(page.get_by_text("released on")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
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
    for name in ("FPR", "FNR"):
        rate = float(re.search(rf"{name}: ([\d.]+)", caste)[1])  # type: ignore[index]
        expect(row).to_contain_text(f"{rate:.2f}")
    choice = page.get_by_label("Suite")
    names = choice.locator("option").all_inner_texts()
    choice.select_option(label=next(name for name in names if name.startswith("hatecheck")))
    women = table.get_by_role("row", name=re.compile("^women"))
    expect(women).to_contain_text("509")
    flagged = [
        float(row.locator("td").first.inner_text()) for row in table.locator("tbody tr").all()
    ]
    assert flagged == sorted(flagged, reverse=True)


def test_without_a_policy_there_are_scores_and_nothing_to_choose(
    start_server: StartServer, visit: OpenPage
) -> None:
    with start_server(policy="") as running:
        running.wait_ready()
        page = visit(running)
        page.get_by_label("A post").fill(VERMIN)
        expect(page.get_by_label("Policy")).to_have_count(0)
        expect(page.get_by_text("No policy is in use: there are scores only.")).to_be_visible()
        page.get_by_text("Python", exact=True).click()
        code = page.get_by_label("Python request").inner_text()
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        assert "'dehumanization': 0.9" in done.stdout
        page.get_by_role("link", name="Compare").click()
        expect(page.locator(".summary")).to_contain_text("No policy is in use.")


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
    with page.expect_response("**/v1/score*") as tried:
        page.get_by_label("A post").fill(VERMIN)
    assert tried.value.status == 200
    for one in ("compare", "file"):
        page.goto(f"{keyed.url}/#{one}")
        show(page, one)
    headers = {"x-api-key": keys["score"]}
    httpx.post(f"{keyed.url}/v1/score", json={"text": VERMIN}, headers=headers)
    until(lambda: keyed.metric(name) > before)  # decisions are kept in the order they were made in
    assert keyed.metric(name) == before + 1


@pytest.mark.parametrize("name", PAGES)
def test_each_page_is_for_everyone(
    keyed: Server, keys: dict[str, Any], visit: OpenPage, name: str, tmp_path: Path
) -> None:
    """Nothing overflows, axe finds nothing serious, and there is a picture to look at."""
    httpx.post(f"{keyed.url}/v1/score", json={"text": f"Migrants are vermin: {name}."},
               headers={"x-api-key": keys["score"]})  # fmt: skip
    page = visit(keyed, name)
    sign_in(page, keys["score"])
    sign_in(page, keys["review"], "Add a key")
    page.goto(f"{keyed.url}/#{name}")
    show(page, name)
    folder = Path(SHOTS) if SHOTS else tmp_path
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        page.set_viewport_size({"width": 1100, "height": 900})
        found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        serious = [one for one in found if one["impact"] in ("serious", "critical")]
        assert [(one["id"], [n["target"] for n in one["nodes"]]) for one in serious] == [], theme
        page.set_viewport_size({"width": 1100, "height": PAGES[name]})
        picture = page.screenshot(path=folder / f"{name}-{theme}.png")
        assert len(picture) > 10_000
        if name == "try":
            page.set_viewport_size({"width": 390, "height": 844})
            page.screenshot(path=folder / f"{name}-{theme}-phone.png")
    for width in (550, 390, 360):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for bars in (".bar", ".interval"):
            sizes = page.locator(bars).evaluate_all("all => all.map((one) => one.clientWidth)")
            assert all(size >= 30 for size in sizes)
        assert page.evaluate(BROKEN) == []
    page.set_viewport_size({"width": 1440, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 1440
