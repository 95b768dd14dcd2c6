"""The preview of a file, before it is scored."""

import re

import pytest
from browser import OpenPage, choose
from conftest import Server
from playwright.sync_api import expect


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.csv", b'text\n"opened', "never closed"),
        ("a.csv", b"", "has no rows"),
        ("a.csv", b"text\na,b\n", "is the delimiter right?"),
        ("a.jsonl", b'{"text": "x"}\n{"text"', "Line 2 is not JSON"),
        ("a.csv", b"text\n\xff\xfe", "not in UTF-8, and is read as WINDOWS-1252"),
        ("a.pdf", b"x", "Choose a file that ends in"),
        ("a.csv", b"text,text\na,b\n", "Two columns are named"),
    ],
)
def test_a_file_that_cannot_be_read_is_told(
    server: Server, visit: OpenPage, name: str, content: bytes, told: str
) -> None:
    page = visit(server, "file")
    choose(page, name, content)
    expect(page.locator("main").get_by_text(told)).to_be_visible()


def test_the_column_of_the_texts_is_guessed_and_can_be_changed(
    server: Server, visit: OpenPage
) -> None:
    page = visit(server, "file")
    rows = [f"{n},Somebody Else,https://example.org/a/long/address/{n},Bus {n}" for n in range(12)]
    choose(page, "a.csv", "comment_id,author,link,comment\n" + "\n".join(rows))
    expect(page.get_by_label("Text column")).to_have_value("comment")
    preview = page.get_by_label("Preview")
    expect(preview.locator("tbody tr")).to_have_count(10)
    expect(preview.locator("th.chosen")).to_have_text("comment")
    page.get_by_label("Text column").select_option("author")
    expect(preview.locator("th.chosen")).to_have_text("author")
    page.get_by_role("button", name="Score 12 posts").click()
    expect(page.get_by_text("12 of 12 posts scored.")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("^1 Somebody Else"))).to_be_visible()
    page.get_by_role("button", name="Back to the preview").click()
    page.get_by_label("Text column").select_option("comment")
    page.get_by_role("button", name="Score 12 posts").click()
    expect(page.get_by_role("row", name=re.compile("^1 Bus 0"))).to_be_visible()
    page.get_by_label("author").uncheck()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download CSV").click()
    header = saved.value.path().read_text(encoding="utf-8-sig").splitlines()[0].split(",")
    assert header[-2:] == ["comment_id", "link"]


def test_delimiter_and_encoding_are_guessed_and_can_be_changed(
    server: Server, visit: OpenPage
) -> None:
    page = visit(server, "file")
    given = "autor;text\nZoë;Ein schöner Tag, Müller.\n".encode("windows-1252")
    choose(page, "a.csv", given)
    preview = page.get_by_label("Preview")
    expect(page.get_by_label("Delimiter")).to_have_value(";")
    expect(page.get_by_label("Encoding")).to_have_value("windows-1252")
    expect(preview).to_contain_text("Ein schöner Tag, Müller.")
    page.get_by_label("Encoding").select_option("windows-1251")
    expect(preview).to_contain_text("schцner")
    page.get_by_label("Delimiter").select_option("|")
    expect(preview.locator("thead th")).to_have_text(["autor;text"])
    page.get_by_label("Delimiter").select_option(",")
    expect(page.get_by_text("is the delimiter right?")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Score "))).to_be_hidden()
    page.get_by_label("Delimiter").select_option(";")
    expect(page.get_by_role("button", name="Score 1 post")).to_be_visible()
    choose(page, "b.csv", "text\nGood morning.\n".encode("utf-16"))
    expect(page.get_by_label("Encoding")).to_have_value("utf-16le")
    expect(preview).to_contain_text("Good morning.")
