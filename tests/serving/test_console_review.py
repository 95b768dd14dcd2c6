"""Reviews in the console: the queue of decisions that wait for people, by keyboard."""

import itertools
import re
import sqlite3
from contextlib import closing
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
    """Put three more posts into the queue, and give all of it. Nobody holds any of them."""
    with closing(sqlite3.connect(server.log.parent / "upstander.db")) as store:
        store.execute("DELETE FROM claims")  # a browser that is closed at once gives none up
        store.execute("DELETE FROM reviews WHERE outcome = 'unsure'")  # by one key for all tests
        store.commit()
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


def test_the_whole_loop_of_reviews_by_keyboard(
    keyed: Server, keys: dict[str, Any], visit: OpenPage
) -> None:
    waiting = fill_queue(keyed, keys)
    page = begin(visit, keyed, keys)
    expect(page.locator("nav a")).to_have_text(["Review", "Model"])
    expect(page.locator(".backlog")).to_contain_text(f"{len(waiting)} posts waiting")
    text = page.locator("#reviewed")
    expect(text).to_have_class("blurred")
    expect(text).to_have_text(waiting[0]["text"])
    told = page.locator("main").aria_snapshot()  # to those who do not see the blur
    assert "Show the post" in told
    assert "blockquote" not in told
    assert "walls" not in told
    page.keyboard.press("o")
    expect(page.get_by_text("Look at the post first (t).")).to_have_class("status refused")
    page.keyboard.press("t")
    expect(text).not_to_have_class("blurred")
    assert "blockquote" in page.locator("main").aria_snapshot()
    page.keyboard.press("1")
    page.keyboard.press("o")
    expect(page.get_by_text("does not go with “Fine”")).to_be_visible()
    page.keyboard.press("3")
    page.keyboard.press("o")
    expect(page.get_by_text("Saved: fine; the text is kept for training.")).to_be_visible()
    expect(text).to_have_text(waiting[1]["text"])
    expect(text).to_have_class("blurred")
    page.keyboard.press("s")
    expect(text).to_have_text(waiting[2]["text"])
    page.keyboard.press("t")
    with page.expect_request("**/v1/reviews") as asked:
        page.keyboard.press("u")
    body: Any = asked.value.post_data_json
    assert not {"reason", "reason_code"} & body.keys()
    expect(page.get_by_text("Saved: breaks the rule.")).to_have_class("status")
    page.get_by_text("Your latest decisions (2)").click()  # a skip is none
    expect(page.locator(".history li")).to_contain_text(
        ["Breaks the rule, no reason given: ", "Fine, quotation or report: "]
    )
    expect(page.locator(".backlog")).to_contain_text(f"{len(waiting) - 2} post")
    left = {one["decision_id"] for one in queue(keyed, keys)}
    assert left == {one["decision_id"] for one in waiting} - {
        waiting[0]["decision_id"],
        waiting[2]["decision_id"],
    }


def test_what_is_typed_in_a_reason_never_decides(
    keyed: Server, keys: dict[str, Any], visit: OpenPage
) -> None:
    waiting = fill_queue(keyed, keys)
    page = begin(visit, keyed, keys)
    sent: list[str] = []
    page.on("request", lambda one: sent.append(one.url) if one.url.endswith("/reviews") else None)
    page.keyboard.press("t")
    page.keyboard.press("r")
    expect(page.get_by_label("Or in your words")).to_be_focused()
    page.keyboard.type("you quote it: no, not us 123 ?z")
    page.keyboard.press("Enter")
    expect(page.locator("#reviewed")).to_have_text(waiting[0]["text"])
    assert sent == []
    page.keyboard.press("2")
    with page.expect_request("**/v1/reviews") as asked:
        page.keyboard.press("n")
    body: Any = asked.value.post_data_json
    assert body["reason"] == "you quote it: no, not us 123 ?z"
    assert body["reason_code"] == "other_hate"
    assert (body["outcome"], body["decision_id"]) == ("unsure", waiting[0]["decision_id"])
    expect(page.get_by_text("Saved: not sure.")).to_be_visible()
    assert waiting[0]["decision_id"] in {one["decision_id"] for one in queue(keyed, keys)}
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("u")  # keys mean the dialog
    page.keyboard.press("Escape")
    expect(page.locator("#reviewed")).to_have_text(waiting[1]["text"])


def test_everything_can_be_undone(keyed: Server, keys: dict[str, Any], visit: OpenPage) -> None:
    waiting = fill_queue(keyed, keys)
    page = begin(visit, keyed, keys)
    text = page.locator("#reviewed")
    page.keyboard.press("t")
    page.keyboard.press("u")
    expect(text).to_have_text(waiting[1]["text"])
    page.keyboard.press("z")
    expect(page.get_by_text("Undone.")).to_be_visible()
    expect(text).to_have_text(waiting[0]["text"])
    assert len(queue(keyed, keys)) == len(waiting)
    for told, key in [("Saved", "u"), ("Saved", "o"), ("Skipped", "s")]:
        page.keyboard.press("t")
        page.keyboard.press(key)
        expect(page.get_by_text(told)).to_be_visible()
    page.get_by_text("Your latest decisions (2)").click()
    page.get_by_role("button", name="Undo: Breaks the rule").click()
    expect(text).to_have_text(waiting[0]["text"])
    page.keyboard.press("z")
    expect(text).to_have_text(waiting[2]["text"])
    expect(page.get_by_text("Your latest decisions (1)")).to_be_visible()
    assert len(queue(keyed, keys)) == len(waiting) - 1


def test_two_people_are_never_shown_one_post(
    keyed: Server, keys: dict[str, Any], visit: OpenPage
) -> None:
    while len(fill_queue(keyed, keys)) < 8:
        pass
    one, other = begin(visit, keyed, keys), begin(visit, keyed, keys)
    first = one.locator("#reviewed").inner_text()
    expect(other.locator("#reviewed")).not_to_have_text(first)
    expect(other.locator(".backlog")).to_contain_text("5 of them with other reviewers")
    one.goto("about:blank")  # what nobody looks at any more is free at once
    third = begin(visit, keyed, keys)
    expect(third.locator("#reviewed")).to_have_text(first)


def test_a_review_by_somebody_else_is_told(
    keyed: Server, keys: dict[str, Any], visit: OpenPage
) -> None:
    waiting = fill_queue(keyed, keys)
    page = begin(visit, keyed, keys)
    body = {"decision_id": waiting[0]["decision_id"], "outcome": "upheld", "reason": "x"}
    httpx.post(f"{keyed.url}/v1/reviews", json=body, headers={"x-api-key": keys["review"]})
    page.keyboard.press("t")
    page.keyboard.press("o")
    expect(page.get_by_text("This decision has been reviewed already.")).to_be_visible()
    expect(page.locator("#reviewed")).to_have_text(waiting[1]["text"])


def test_the_agreement_of_reviewers_is_shown(
    keyed: Server, keys: dict[str, Any], visit: OpenPage
) -> None:
    fill_queue(keyed, keys)
    rows = [
        ("f" * 32, "anna", "upheld", False),
        ("f" * 32, "bert", "upheld", True),
        ("e" * 32, "anna", "upheld", False),
        ("e" * 32, "bert", "overturned", True),
    ]
    with closing(sqlite3.connect(keyed.log.parent / "upstander.db")) as store:
        store.executemany(
            "INSERT INTO reviews (reviewed, decision_id, key_id, outcome, reason, labels, "
            "second_look) VALUES ('2026-11-28 00:00:00', ?, ?, ?, 'x', '{}', ?)",
            rows,
        )
        store.commit()
    page = begin(visit, keyed, keys)
    expect(page.get_by_text("Two reviewers agree on 50 % of 2 posts (9 to 91 %")).to_be_visible()


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
    page.keyboard.press("t")
    for key in ("u", "u", "s", "o", "z"):
        page.keyboard.press(key)
    expect(page.get_by_text("Saving…")).to_be_visible()
    assert len(held) == 1
    held[0].continue_()
    expect(page.get_by_text("Saved: breaks the rule.")).to_be_visible()
    expect(page.locator("#reviewed")).to_have_text(waiting[1]["text"])
    page.keyboard.press("s")
    expect(page.locator("#reviewed")).to_have_text(waiting[2]["text"])


def test_a_look_at_another_page_loses_no_work(
    keyed: Server, keys: dict[str, Any], visit: OpenPage
) -> None:
    fill_queue(keyed, keys)
    page = begin(visit, keyed, keys)
    page.keyboard.press("4")
    page.keyboard.press("r")
    page.keyboard.type("a quotation, in")
    page.get_by_role("link", name="Model", exact=True).click()
    expect(page.get_by_text("released on")).to_be_visible()
    page.get_by_role("link", name="Review").click()
    reason = page.get_by_label("Or in your words")
    expect(reason).to_have_value("a quotation, in")
    expect(page.get_by_role("button", name="4 counter-speech")).to_have_attribute(
        "aria-pressed", "true"
    )
    sign_in(page, keys["score"], "Add a key")
    expect(reason).to_have_value("a quotation, in")


def test_what_was_skipped_can_be_looked_at_again(
    keyed: Server, keys: dict[str, Any], visit: OpenPage
) -> None:
    count = len(fill_queue(keyed, keys))
    page = begin(visit, keyed, keys)
    unsure = page.locator("#reviewed").inner_text()
    page.keyboard.press("t")
    page.keyboard.press("n")
    expect(page.get_by_text("Saved: not sure.")).to_be_visible()
    for _ in range(count - 1):
        expect(page.get_by_text(re.compile("Skipped|Saved"))).to_be_visible()
        before = page.locator("#reviewed").inner_text()
        page.keyboard.press("s")
        expect(page.locator("main")).not_to_contain_text(before)
    left = f"you skipped {count - 1}, 1 post marked “not sure”."
    expect(page.get_by_text(f"None of them is left for you now: {left}")).to_be_visible()
    page.get_by_role("button", name="Review skipped posts").click()
    for _ in range(count - 1):
        expect(page.locator("#reviewed")).not_to_have_text(unsure)
        before = page.locator("#reviewed").inner_text()
        page.keyboard.press("s")
        expect(page.locator("#reviewed").get_by_text(before)).to_have_count(0)
    expect(page.get_by_text(left)).to_be_visible()


def test_who_is_not_sure_is_not_asked_again_by_a_reload(
    keyed: Server, keys: dict[str, Any], visit: OpenPage
) -> None:
    waiting = fill_queue(keyed, keys)
    page = begin(visit, keyed, keys)
    page.keyboard.press("t")
    page.keyboard.press("n")
    expect(page.get_by_text("Saved: not sure.")).to_be_visible()
    page.goto("about:blank")  # which gives up what it claimed
    page = begin(visit, keyed, keys)
    text = page.locator("#reviewed")
    expect(text).to_have_text(waiting[1]["text"])
    expect(page.locator(".backlog")).to_contain_text("1 marked “not sure” with your key")
    for one in waiting[2:]:
        page.keyboard.press("s")
        expect(text).to_have_text(one["text"])
    page.keyboard.press("s")
    page.get_by_role("button", name="Review posts marked “not sure”").click()
    expect(text).to_have_text(waiting[0]["text"])
    expect(page.get_by_text("Marked “not sure” with your key on 20")).to_be_visible()
    page.keyboard.press("t")
    page.keyboard.press("n")
    expect(page.get_by_text("None of them is left for you now")).to_be_visible()


def test_a_post_without_its_text_is_told_plainly(
    keyed: Server, keys: dict[str, Any], visit: OpenPage
) -> None:
    """The answer has its text taken out: a server that records none would be one more."""
    fill_queue(keyed, keys)
    page = visit(keyed, "review")

    def without(route: Route) -> None:
        answer = route.fetch()
        body = answer.json()
        body["decisions"] = [{**one, "text": None} for one in body.get("decisions", [])]
        route.fulfill(response=answer, json=body)

    page.route("**/v1/reviews/claim", without)
    sign_in(page, keys["review"])
    page.get_by_role("button", name="I am ready").click()
    told = page.get_by_text("The text is not recorded. Look it up")
    expect(told).to_be_visible()
    expect(told).not_to_have_class("blurred")
    expect(page.get_by_role("button", name="Show the post (t)")).to_have_count(0)


def test_without_a_key_for_reviews_it_is_said_what_to_do(
    server: Server, keyed: Server, keys: dict[str, Any], visit: OpenPage
) -> None:
    page = visit(server, "review")
    expect(page.locator("main")).to_contain_text("serve with --keys keys.json --record texts")
    page.get_by_role("link", name="Try").click()
    expect(page.get_by_label("A post")).to_be_visible()
    page = visit(keyed, "review")
    sign_in(page, keys["score"])
    expect(page.locator("main")).to_contain_text("Reviewing needs a review key")
    sign_in(page, keys["review"], "Add a key")
    expect(page.get_by_role("button", name="I am ready")).to_be_visible()


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
    page.get_by_role("button", name="Continue").click()
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
    page.keyboard.press("Shift+T")  # as with the caps lock
    expect(text).not_to_have_class("blurred")
