"""`/docs` and `/redoc` come from the package, whole, and ask nobody else for anything."""

import re
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest
from browser import OpenPage
from conftest import Server
from playwright.sync_api import expect

import serving


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
        for file in Path(serving.__file__).parent.rglob("*")
        if file.suffix in (".html", ".css", ".svg")
    ]
    assert len(pages) >= 4
    for file in pages:
        found = re.findall(r'(?:src|href|url)\s*[=(]\s*["\']?(?:https?:)?//', file.read_text())
        assert found == [], file


def test_the_documents_are_drawn_in_a_browser(server: Server, visit: OpenPage) -> None:
    page = visit(server)  # which looks on while pages ask for things
    page.goto(f"{server.url}/docs")
    expect(page.get_by_text("/v1/score/batch").first).to_be_visible()
    page.goto(f"{server.url}/redoc")
    expect(page.get_by_text("/v1/score/batch").first).to_be_attached()
