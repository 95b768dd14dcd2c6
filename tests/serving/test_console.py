"""The console in a real browser, against the real server with the shipped bundle."""

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import chromium
from conftest import Server, StartServer, until
from playwright.sync_api import Browser, Page, Route, expect

from serving.keys import create_key

VERMIN = "Migrants are vermin."
PAGES = ("try", "compare", "file", "review", "model")
SHOTS = os.environ.get("UPSTANDER_SCREENSHOTS")
"""A folder for pictures of the pages; without it they go where the test's own files go."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A file of keys, and a key of each role; `slow` may send few requests."""
    file = tmp_path_factory.mktemp("keys") / "keys.json"
    made = {role: create_key(file, f"my {role}", role, 0, 0)[1] for role in ("score", "review")}
    made["admin"] = create_key(file, "my admin", "admin", 0, 0)[1]
    made["slow"] = create_key(file, "my slow", "score", 4, 0)[1]
    return {"file": file, **made}


@pytest.fixture(scope="module")
def keyed(start_server: StartServer, keys: dict[str, Any]) -> Iterator[Server]:
    """A server that asks for keys and records texts."""
    with start_server(keys=keys["file"], record="texts") as running:
        running.wait_ready()
        yield running


OpenPage = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser) -> Iterator[OpenPage]:
    """Open a page of a server. At the end: no request left the origin, and nothing went wrong."""
    troubles: list[str] = []
    contexts = []

    def opened(server: Server, page: str = "try", **options: Any) -> Page:
        size = options.pop("viewport", {"width": 1100, "height": 900})
        context = browser.new_context(viewport=size, reduced_motion="reduce", **options)
        contexts.append(context)
        found = context.new_page()
        found.set_default_timeout(20_000)
        found.on("request", lambda r: None if r.url.startswith((server.url, "blob:")) else (
            troubles.append(f"asked for {r.url}")))  # fmt: skip
        found.on("pageerror", lambda error: troubles.append(f"error: {error}"))
        # The browser itself notes every answer that is not 2xx; the tests of those look at them.
        found.on("console", lambda m: None if m.text.startswith("Failed to load resource") else (
            troubles.append(f"{m.type}: {m.text}")))  # fmt: skip
        found.goto(f"{server.url}/#{page}")
        return found

    yield opened
    for context in contexts:
        context.close()
    assert troubles == []


def sign_in(page: Page, key: str, button: str = "Sign in") -> None:
    page.locator("#who").get_by_role("button", name=button).click()
    page.get_by_label("API key").fill(key)
    page.get_by_label("API key").press("Enter")
    expect(page.locator("dialog")).to_have_count(0)


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
    assert sizes[0][1] >= sizes[0][2]  # nothing is scrolled out of sight


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


def test_what_people_paste_stays_words(server: Server, visit: OpenPage) -> None:
    page = visit(server)
    page.get_by_label("A post").fill("<img src=x onerror=alert(1)> Migrants are <b>vermin</b>.")
    expect(page.locator(".decision .badge")).to_be_visible()
    assert page.locator(".marking img, .found img, .backdrop b").count() == 0


def test_the_examples_and_the_requests_to_copy(server: Server, visit: OpenPage) -> None:
    page = visit(server)
    page.get_by_role("button", name="M1grants are v3rmin.").click()
    expect(page.locator(".details")).to_contain_text("Spelling that hides words")
    page.get_by_text("curl", exact=True).click()
    told = page.get_by_label("curl request").inner_text()
    body = json.loads(told.partition("-d '")[2].rstrip("'"))
    assert body == {"text": "M1grants are v3rmin."}
    page.get_by_text("Python", exact=True).click()
    code = page.get_by_label("Python request").inner_text()
    compile(code, "snippet", "exec")
    assert "Bearer" not in code + told


def test_two_texts_and_every_group(server: Server, visit: OpenPage) -> None:
    page = visit(server, "compare")
    expect(page.get_by_role("table", name="Probability of each label")).to_contain_text(
        "\N{MINUS SIGN}"
    )
    page.get_by_label("First post").fill("Dalits are filth.")
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


def test_the_skip_link_stays_on_the_page(server: Server, visit: OpenPage) -> None:
    page = visit(server, "model")
    expect(page.get_by_text("released on")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    expect(page.get_by_role("heading", name="The model", exact=True)).to_be_visible()


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
    assert table.locator("tbody tr").count() < 60  # only those in sight
    expect(table.locator("tbody tr").first).to_contain_text("review")
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


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.csv", b'text\n"opened', "never closed"),
        ("a.csv", b"", "holds no row"),
        ("a.jsonl", b'{"text": "x"}\n{"text"', "Line 2 is not JSON"),
        ("a.csv", b"text\n\xff\xfe", "not in UTF-8"),
        ("a.pdf", b"x", "Drop a file that ends in"),
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


def test_the_whole_loop_of_reviews_by_keyboard(
    keyed: Server, keys: dict[str, Any], visit: OpenPage
) -> None:
    headers = {"x-api-key": keys["score"]}
    texts = [f"{word} are vermin, say the walls of town {n}." for n, word in
             enumerate(["Migrants", "Refugees", "Immigrants"])]  # fmt: skip
    for text in texts:
        reply = httpx.post(f"{keyed.url}/v1/score", json={"text": text}, headers=headers).json()
        assert reply["decision"]["band"] == "review"

    def queue() -> list[dict[str, Any]]:
        asked = httpx.get(f"{keyed.url}/v1/reviews/queue", headers={"x-api-key": keys["review"]})
        found: list[dict[str, Any]] = asked.json()["decisions"]
        return found

    until(lambda: {one["text"] for one in queue()} >= set(texts))
    waiting = queue()
    page = visit(keyed, "review")
    sign_in(page, keys["review"])
    expect(page.locator("nav a")).to_have_text(["Review", "Model"])
    page.get_by_role("button", name="I am ready").click()
    text = page.locator("#reviewed")
    expect(text).to_have_class("blurred")
    expect(text).to_have_text(waiting[0]["text"])
    page.keyboard.press("o")
    page.keyboard.type("a quotation")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Look at the post first (t).")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("t")
    expect(text).not_to_have_class("blurred")
    page.keyboard.press("o")
    page.keyboard.type("a quotation")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Kept: overturned, and kept for training.")).to_be_visible()
    expect(text).to_have_text(waiting[1]["text"])
    expect(text).to_have_class("blurred")
    page.keyboard.press("s")
    expect(text).to_have_text(waiting[2]["text"])
    page.keyboard.press("t")
    page.keyboard.press("u")
    page.keyboard.type("breaks the rule")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Kept: upheld.")).to_be_visible() if len(waiting) > 3 else None
    until(lambda: len(queue()) == len(waiting) - 2)
    assert waiting[1]["decision_id"] in {one["decision_id"] for one in queue()}


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


def test_a_reviewer_is_sent_to_rest(keyed: Server, keys: dict[str, Any], visit: OpenPage) -> None:
    httpx.post(f"{keyed.url}/v1/score", json={"text": "Migrants are vermin, again."},
               headers={"x-api-key": keys["score"]})  # fmt: skip
    page = visit(keyed, "try")
    page.clock.install()
    sign_in(page, keys["review"])
    page.get_by_role("button", name="I am ready").click()
    expect(page.locator("#reviewed")).to_be_visible()
    page.clock.fast_forward("26:00")
    page.keyboard.press("s")
    page.get_by_role("button", name="Ask again").or_(
        page.get_by_role("heading", name="Time for a break")
    ).first.wait_for()
    if page.get_by_role("button", name="Ask again").count():
        page.get_by_role("button", name="Ask again").click()
    expect(page.get_by_role("heading", name="Time for a break")).to_be_visible()
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="Time for a break")).to_have_count(0)


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
    picture = page.screenshot(path=folder / f"{name}-{theme}.png")
    assert len(picture) > 10_000
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    if name == "try":
        page.screenshot(path=folder / f"{name}-{theme}-phone.png")


def show(page: Page, name: str) -> None:
    """Bring a page to where there is something to see."""
    if name == "try":
        page.get_by_label("A post").fill("“Migrants are vermin,” he wrote.")
        expect(page.locator(".decision .badge")).to_be_visible()
    elif name == "compare":
        expect(page.locator(".summary")).to_be_visible()
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
