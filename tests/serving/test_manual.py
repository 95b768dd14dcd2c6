"""`/docs` and `/redoc` come from the package, whole, and ask nobody else for anything."""

import re
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest
from conftest import Server
from playwright.sync_api import Browser, expect

import upstander.serving


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
def test_all_that_a_page_loads_comes_from_the_service(server: Server, page: str) -> None:
    shown = httpx.get(f"{server.url}{page}")
    policy = shown.headers["content-security-policy"]
    assert "http" not in policy
    assert "script-src 'self';" in policy
    assert "default-src 'none';" in policy
    loaded = re.findall(r'(?:src|href)="(?!data:)([^"]+)"', shown.text)
    assert len(loaded) >= 3
    for place in loaded:
        assert "//" not in place
        found = httpx.get(urljoin(shown.url.__str__(), place))
        assert (found.status_code, len(found.content) > 100) == (200, True)
        if place.endswith(".js"):
            assert "javascript" in found.headers["content-type"]
    assert "<script>" not in shown.text


def test_no_page_of_ours_names_another_host() -> None:
    """Addresses that a page may only link to stand in documents, and not in these files."""
    pages = [
        file
        for file in Path(upstander.serving.__file__).parent.rglob("*")
        if file.suffix in (".html", ".css", ".svg")
    ]
    assert len(pages) >= 4
    for file in pages:
        found = re.findall(r'(?:src|href|url)\s*[=(]\s*["\']?(?:https?:)?//', file.read_text())
        assert found == [], file


@pytest.mark.parametrize("path", ["docs", "redoc"])
def test_the_document_is_drawn_in_a_browser_without_another_host(
    server: Server, browser: Browser, path: str
) -> None:
    """Redoc would show a picture of its makers; the headers keep the browser from asking for it."""
    left: list[str] = []
    errors: list[str] = []
    page = browser.new_page()
    page.on(
        "requestfinished",
        lambda r: None if r.url.startswith((server.url, "blob:", "data:")) else left.append(r.url),
    )
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{server.url}/{path}")
    expect(page.get_by_text("/v1/score/batch").first).to_be_attached(timeout=20_000)
    page.wait_for_load_state("networkidle")
    assert (left, errors) == ([], [])
    page.close()


def test_a_post_is_tried_out(server: Server, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(f"{server.url}/docs")
    operation = page.locator("#operations-score-score_v1_score_post")
    operation.locator("button").first.click(timeout=20_000)
    operation.get_by_role("button", name="Try it out").click(timeout=20_000)
    operation.locator("textarea").fill('{"text": "Migrants are vermin."}')
    operation.get_by_role("button", name="Execute").click()
    expect(operation.locator(".live-responses-table")).to_contain_text("dehumanization")
    page.close()
