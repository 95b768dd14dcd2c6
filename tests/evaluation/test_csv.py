"""CSV as people and programs write it: nothing is cut in silence, and a bad row stops no file."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_score_command import upstander

from upstander.evaluation.batch.csv_rows import DELIMITERS, csv_rows, delimiter_of
from upstander.evaluation.batch.row import Columns, Row
from upstander.evaluation.batch.rows import read_rows
from upstander.evaluation.errors import EvaluationError

MIGRANTS = "Migrants are nice, but in truth they are vermin"


def rows(table: str, **columns: str) -> list[Row]:
    return list(csv_rows(io.StringIO(table, newline=""), Columns(**columns), "posts.csv"))  # type: ignore[arg-type]


def told(table: str) -> list[tuple[int, int, str | None, str, bool]]:
    """Row, line, id and text of each row, and whether it is bad."""
    return [(row.row, row.line, row.id, row.text, bool(row.problem)) for row in rows(table)]


@pytest.mark.parametrize(
    "line",
    [
        f"1,{MIGRANTS}",
        '1, "Migrants, are vermin"',
        '1, "Migrants are vermin"',
        "1,Migrants,0,1",
        "1,Migrants are vermin,",
        '1,"Migrants" are vermin',
        "1",
    ],
)
def test_a_row_that_does_not_fit_the_header_is_a_bad_row_with_its_line(line: str) -> None:
    bad, good = told(f"id,text\n{line}\n2,Good morning\n")
    assert bad == (1, 2, bad[2], "", True)
    assert good == (2, 3, "2", "Good morning", False)


def test_a_label_is_not_read_from_a_shifted_field(tmp_path: Path) -> None:
    posts = tmp_path / "posts.csv"
    lines = [f"Refugees are vermin {n},1\nRefugees are welcome {n},0" for n in range(5)]
    posts.write_text("\n".join(["text,hate", *lines, "Well, 0,1", ""]))
    done = upstander("evaluate", posts, "--label", "hate=hate", "--out", tmp_path / "out")
    assert done.returncode == 3, done.stderr
    assert "left out: row 11: the row has 3 fields and the header 2" in done.stderr
    assert f"({posts}, line 12)" in done.stderr
    assert (tmp_path / "out/left_out.jsonl").read_text().count("\n") == 1


@pytest.mark.parametrize(
    ("bad", "good"),
    [
        ('2,"not closed\n', '3,"closed"\n4,plain\n'),
        ('2,"not closed\n', "3,plain\n4,plain\n"),
        ('2,"not closed\n', '"3","all quoted"\n"4","all quoted"\n'),
        ('2,"in "the middle" of it"\n', "3,plain\n4,plain\n"),
        ('2,"over two\nlines" and more\n', "3,plain\n4,plain\n"),
        ('2,""""\n2,"x\n', '3,"a ""b"" c"\n4,"two\nlines"\n'),
    ],
)
def test_one_bad_quote_costs_one_row(bad: str, good: str) -> None:
    found = told('id,text\n1,"first"\n' + bad + good)
    assert found[0][2:] == ("1", "first", False)
    assert [row[2] for row in found[-2:]] == ["3", "4"]
    assert not any(row[4] for row in found[-2:])
    assert [row for row in found[1:-2] if row[4]]


def test_a_quote_that_is_never_closed_takes_no_memory_and_loses_no_row(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("upstander.evaluation.batch.csv_rows._LONGEST", 1000)
    table = 'id,text\n1,"' + "".join(f"\n{n},plain" for n in range(2, 2000)) + "\n"
    found = told(table)
    assert [row[0] for row in found] == list(range(1, 2000))
    assert [row[4] for row in found] == [True] + [False] * 1998
    assert found[-1][1:4] == (2000, "1999", "plain")


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=12)
"""Python's own writer puts no quotes round a carriage return, which then ends a line."""


@given(
    st.lists(st.tuples(WORDS, WORDS), max_size=8),
    st.sampled_from(list(DELIMITERS)),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_what_a_program_wrote_is_read_as_it_was(
    posts: Sequence[tuple[str, str]], delimiter: str, quoting: int, end: str
) -> None:
    table = io.StringIO(newline="")
    writer = csv.writer(table, delimiter=delimiter, quoting=quoting, lineterminator=end)
    writer.writerows([("id", "text"), *posts])
    # A field that begins with a space and then a quote is quoted by every writer.
    assert [(row.id, row.text, row.problem) for row in rows(table.getvalue())] == [
        (i, text, "") for i, text in posts
    ]


@given(st.text('",a;\n ', max_size=40), st.integers(1, 3))
def test_whatever_stands_in_a_file_the_rows_behind_it_come(junk: str, plain: int) -> None:
    lines = [f"{n},this is plain" for n in range(plain)]
    found = rows("\n".join(["id,text", junk, *lines, ""]))
    # Junk may open a quote that the end of the file shows to be wrong, but takes no row with it.
    assert [(row.id, row.text) for row in found[-plain:]] == [
        (f"{n}", "this is plain") for n in range(plain)
    ]


@pytest.mark.parametrize(("delimiter", "name"), DELIMITERS.items())
def test_delimiters_are_told_apart_and_can_be_given(delimiter: str, name: str) -> None:
    others = "".join(sign for sign in DELIMITERS if sign != delimiter)
    table = f"id{delimiter}text{delimiter}hate\n1{delimiter}a{others}b{delimiter}1\n"
    assert [row.text for row in rows(table)] == [f"a{others}b"]
    assert [row.text for row in rows(table, delimiter=delimiter_of(name))] == [f"a{others}b"]
    assert delimiter_of(delimiter) == delimiter


def test_a_header_that_fits_is_not_cut_by_another_delimiter(tmp_path: Path) -> None:
    (only,) = rows("text\na single column\n")
    assert only.text == "a single column"
    (bad,) = rows("text\na single column, and a comma\n")
    assert "has 2 fields and the header 1" in bad.problem
    tabs = tmp_path / "posts.tsv"
    tabs.write_text("text\na single column, and a comma\n")
    assert [row.text for row in read_rows(tabs, Columns())] == ["a single column, and a comma"]
    with pytest.raises(EvaluationError, match=r"no column 'text' \(found: id;comment\)"):
        rows("id;comment\n1;x\n", delimiter=",")
    with pytest.raises(EvaluationError, match="give one character, or comma, semicolon, tab"):
        delimiter_of("::")


def test_lines_may_end_in_a_carriage_return_alone(tmp_path: Path) -> None:
    posts = tmp_path / "posts.csv"
    posts.write_bytes(b"id,text\r1,first\r2,second\r")
    assert [row.text for row in read_rows(posts, Columns())] == ["first", "second"]
    posts.write_bytes(b"id,text\n1,first\rhalf\n2,second\n")
    assert [row.text for row in read_rows(posts, Columns())] == ["", "second"]
