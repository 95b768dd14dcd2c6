"""Keys in the console, and a service that refuses, goes and comes back."""

from typing import Any

import pytest
from browser import VERMIN, OpenPage, drop, sign_in
from conftest import Server, StartServer
from playwright.sync_api import Route, expect


def test_a_key_is_asked_for_and_a_wrong_one_is_told(
    keyed: Server, keys: dict[str, Any], visit: OpenPage
) -> None:
    page = visit(keyed)
    expect(page.get_by_role("heading", name="This service needs an API key")).to_be_visible()
    page.locator("#who").get_by_role("button", name="Sign in").click()
    page.get_by_label("API key").fill("up_0_wrong")
    page.get_by_label("API key").press("Enter")
    expect(page.get_by_text("This key is not valid.")).to_be_visible()
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
    expect(page.get_by_role("heading", name="This service needs an API key")).to_be_visible()


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
    expect(page.get_by_text("No API key contains the character “é”.")).to_be_visible()
    expect(page.get_by_role("alert")).to_be_empty()


def test_another_key_leaves_a_run_alone(
    keyed: Server, keys: dict[str, Any], visit: OpenPage
) -> None:
    page = visit(keyed, "file")
    sign_in(page, keys["score"])
    held: list[Route] = []
    page.route("**/v1/score/batch", lambda route: held.append(route))
    drop(page, "a.txt", "Good morning.\n")
    expect(page.get_by_text("0 of 1 posts.")).to_be_visible()
    page.evaluate("history.replaceState(null, '', '/')")  # as of one who came without a page
    sign_in(page, keys["review"], "Add a key")
    expect(page.locator("nav a")).to_have_text(["Try", "Compare", "File", "Review", "Model"])
    held[0].continue_()
    expect(page.get_by_text("1 of 1 posts scored.")).to_be_visible()
    expect(page.locator("#who button").first).to_be_focused()
    sign_in(page, keys["admin"], "Add a key")
    page.get_by_role("link", name="Model").click()
    expect(page.get_by_role("button", name="Reload the bundle from disk")).to_be_visible()


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
        expect(page.get_by_role("heading", name="This service needs an API key")).to_be_visible()
        sign_in(page, keys["score"])
        expect(page.get_by_label("A post")).to_have_value(VERMIN)
        expect(page.locator(".decision .badge")).to_have_text("review")  # without a further key


def test_an_administrator_changes_the_bundle(
    keyed: Server, keys: dict[str, Any], visit: OpenPage
) -> None:
    page = visit(keyed)
    sign_in(page, keys["admin"])
    expect(page.locator("nav a")).to_have_text(["Model"])
    page.get_by_role("button", name="Reload the bundle from disk").click()
    expect(page.get_by_text("Reload this page to see it.")).to_be_visible()


def test_too_many_requests_are_told_kindly(
    keyed: Server, keys: dict[str, Any], visit: OpenPage
) -> None:
    page = visit(keyed)
    sign_in(page, keys["slow"])
    box = page.get_by_label("A post")
    for number in range(5):
        box.fill(f"{VERMIN} {number}")
        page.wait_for_timeout(400)
    expect(page.get_by_text("this key has reached its rate limit. Asking again in")).to_be_visible()


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
