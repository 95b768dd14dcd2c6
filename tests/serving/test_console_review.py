"""Reviews in the console: the queue of decisions that wait for people, by keyboard."""

import itertools
from typing import Any

import httpx
from browser import OpenPage, sign_in
from conftest import Server, until
from playwright.sync_api import Page, Route, expect

_NUMBERS = itertools.count()


def queue(server: Server, keys: dict[str, Any]) -> list[dict[str, Any]]:
    asked = httpx.get(f"{server.url}/v1/reviews/queue", headers={"x-api-key": keys["review"]})
    found: list[dict[str, Any]] = asked.json()["decisions"]
    return found


def fill_queue(server: Server, keys: dict[str, Any]) -> list[dict[str, Any]]:
    """Put three more posts into the queue, and give all of it."""
    texts = {
        f"{word} are vermin, say the walls of town {next(_NUMBERS)}."
        for word in ("Migrants", "Refugees", "Immigrants")
    }
    for text in texts:
        reply = httpx.post(
            f"{server.url}/v1/score", json={"text": text}, headers={"x-api-key": keys["score"]}
        )
        assert reply.json()["decision"]["band"] == "review"
    until(lambda: {one["text"] for one in queue(server, keys)} >= texts)
    return queue(server, keys)


def begin(visit: OpenPage, server: Server, keys: dict[str, Any]) -> Page:
    page = visit(server, "review")
    sign_in(page, keys["review"])
    page.get_by_role("button", name="I am ready").click()
    expect(page.locator("#reviewed")).to_be_visible()
    return page


def decide(page: Page, key: str, reason: str) -> None:
    """All but sending it."""
    page.keyboard.press("t")
    page.keyboard.press(key)
    page.keyboard.type(reason)


def test_the_whole_loop_of_reviews_by_keyboard(
    keyed: Server, keys: dict[str, Any], visit: OpenPage
) -> None:
    waiting = fill_queue(keyed, keys)
    page = begin(visit, keyed, keys)
    expect(page.locator("nav a")).to_have_text(["Review", "Model"])
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
    expect(page.get_by_text("Kept: upheld.")).to_be_visible()
    until(lambda: len(queue(keyed, keys)) == len(waiting) - 2)
    assert waiting[1]["decision_id"] in {one["decision_id"] for one in queue(keyed, keys)}


def test_the_words_that_decided_are_marked(
    keyed: Server, keys: dict[str, Any], visit: OpenPage
) -> None:
    record = fill_queue(keyed, keys)[0]
    words = [record["text"][begin:end] for begin, end, _ in record["spans"]]
    assert words
    page = begin(visit, keyed, keys)
    expect(page.locator("#reviewed mark")).to_have_text(words)


def test_keys_pressed_while_a_review_is_sent_do_nothing(
    keyed: Server, keys: dict[str, Any], visit: OpenPage
) -> None:
    waiting = fill_queue(keyed, keys)
    page = begin(visit, keyed, keys)
    held: list[Route] = []
    page.route("**/v1/reviews", lambda route: held.append(route))
    decide(page, "u", "breaks the rule")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    page.keyboard.press("o")
    expect(page.get_by_text("Keeping…")).to_be_visible()
    assert len(held) == 1
    held[0].continue_()
    expect(page.get_by_text("Kept: upheld.")).to_be_visible()
    expect(page.locator("#reviewed")).to_have_text(waiting[1]["text"])
    page.keyboard.press("s")
    expect(page.locator("#reviewed")).to_have_text(waiting[2]["text"])


def test_a_look_at_another_page_loses_no_work(
    keyed: Server, keys: dict[str, Any], visit: OpenPage
) -> None:
    fill_queue(keyed, keys)
    page = begin(visit, keyed, keys)
    decide(page, "o", "a quotation, in")
    page.get_by_role("link", name="Model").click()
    expect(page.get_by_text("released on")).to_be_visible()
    page.get_by_role("link", name="Review").click()
    expect(page.get_by_label("Why")).to_have_value("a quotation, in")
    expect(page.get_by_role("button", name="Overturn (o)")).to_have_attribute(
        "aria-pressed", "true"
    )
    sign_in(page, keys["score"], "Add a key")
    expect(page.get_by_label("Why")).to_have_value("a quotation, in")


def test_what_was_skipped_can_be_looked_at_again(
    keyed: Server, keys: dict[str, Any], visit: OpenPage
) -> None:
    count = len(fill_queue(keyed, keys))
    page = begin(visit, keyed, keys)
    for left in range(count, 0, -1):
        expect(page.locator("#reviewed")).to_be_visible()
        expect(page.get_by_text("decided in this session")).to_be_visible()
        assert left
        page.keyboard.press("s")
    expect(page.get_by_text(f"Nothing else waits; you skipped {count}.")).to_be_visible()
    page.get_by_role("button", name="Go through those that I skipped").click()
    expect(page.locator("#reviewed")).to_be_visible()


def test_a_reviewer_is_sent_to_rest(keyed: Server, keys: dict[str, Any], visit: OpenPage) -> None:
    fill_queue(keyed, keys)
    page = visit(keyed, "try")
    page.clock.install()
    sign_in(page, keys["review"])
    page.get_by_role("button", name="I am ready").click()
    expect(page.locator("#reviewed")).to_be_visible()
    page.clock.fast_forward("26:00")  # away: that was a break
    page.keyboard.press("s")
    expect(page.get_by_text("Skipped.")).to_be_visible()
    resting = page.get_by_role("heading", name="Time for a break")
    expect(resting).to_have_count(0)
    for _ in range(7):
        page.clock.fast_forward("04:00")
        page.keyboard.press("t")
    page.keyboard.press("s")
    expect(resting).to_be_visible()
    expect(page.get_by_text("0 posts in 28 minutes")).to_be_visible()
    page.get_by_role("button", name="Go on").click()
    expect(resting).to_have_count(0)


def test_keys_mean_the_dialog_that_is_open(
    keyed: Server, keys: dict[str, Any], visit: OpenPage
) -> None:
    waiting = fill_queue(keyed, keys)
    page = begin(visit, keyed, keys)
    page.locator("#who").get_by_role("button", name="Add a key").click()
    page.get_by_role("button", name="Cancel").focus()
    for key in "tus":
        page.keyboard.press(key)
    page.get_by_role("button", name="Cancel").click()
    text = page.locator("#reviewed")
    expect(text).to_have_class("blurred")
    expect(text).to_have_text(waiting[0]["text"])
    expect(page.get_by_role("button", name="Uphold (u)")).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("Shift+T")  # as with the caps lock
    expect(text).not_to_have_class("blurred")
