"""A real browser for tests: Debian's Chromium, driven by Playwright; and the console in it."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from conftest import Server, StartServer
from playwright.sync_api import Browser, FilePayload, Page, expect, sync_playwright

from upstander.serving.keys import create_key

VERMIN = "Migrants are vermin."
PATIENCE = 20_000
"""Milliseconds to wait for what a page is to show: a machine may be busy with other things."""

expect.set_options(timeout=PATIENCE)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Skips, with the reason, where there is no Chromium; under CI that is a failure."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        message = "needs Chromium: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        # A container runs as root, where Chromium's own sandbox refuses to.
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


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
        found.set_default_timeout(PATIENCE)
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


def choose(page: Page, name: str, content: str | bytes) -> None:
    """Choose a file on the page File, which shows a preview of it."""
    given = content if isinstance(content, bytes) else content.encode()
    file = FilePayload(name=name, mimeType="text/plain", buffer=given)
    page.get_by_label("Drop a file here").set_input_files(file)


def drop(page: Page, name: str, content: str | bytes) -> None:
    """Choose a file on the page File, and score it."""
    choose(page, name, content)
    page.get_by_role("button", name=re.compile("^Score ")).click()


def show(page: Page, name: str) -> None:
    """Bring a page to where there is something to see."""
    if name == "try":
        page.get_by_label("A post").fill(VERMIN)
        expect(page.locator(".decision .badge")).to_be_visible()
        expect(
            page.get_by_role("table", name=re.compile("without each key phrase"))
        ).to_be_visible()
    elif name == "compare":
        expect(page.locator(".summary")).to_contain_text("Range: ")
    elif name == "file":
        rows = [f"Bus {n} is late today." for n in range(40)] + [VERMIN] * 3
        content = "text\n" + "\n".join(rows)
        drop(page, "a.csv", content)
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
