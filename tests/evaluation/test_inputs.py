"""Reading posts: every format gives the same rows, and a bad row is a row with a problem."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evaluation.errors import EvaluationError
from evaluation.inputs import Row, read_rows

POSTS = [("a", "first post"), ("b", 'with "quotes", commas\nand a break'), ("c", "\U0001f600 last")]


def rows(path: Path, **options: str) -> list[Row]:
    names = {"text": "text", "id_column": "id", **options}
    return list(read_rows(path, None, **names))


def test_every_format_gives_the_same_rows(tmp_path: Path) -> None:
    expected = [Row(number, own_id, text) for number, (own_id, text) in enumerate(POSTS, start=1)]
    jsonl = tmp_path / "posts.jsonl"
    jsonl.write_text("".join(json.dumps({"id": i, "text": t}) + "\n" for i, t in POSTS))
    table = tmp_path / "posts.csv"
    table.write_text(
        "id,text\n" + "".join('{},"{}"\n'.format(i, t.replace('"', '""')) for i, t in POSTS)
    )
    parquet = tmp_path / "posts.parquet"
    pq.write_table(pa.table({"id": [i for i, _ in POSTS], "text": [t for _, t in POSTS]}), parquet)
    assert rows(jsonl) == expected
    assert rows(table) == expected
    assert rows(parquet) == expected


def test_a_line_of_text_is_a_post_and_empty_lines_keep_their_number(tmp_path: Path) -> None:
    path = tmp_path / "posts.txt"
    path.write_text("one\n\nthree")
    assert rows(path) == [Row(1, None, "one"), Row(2, None, ""), Row(3, None, "three")]


def test_other_column_names(tmp_path: Path) -> None:
    path = tmp_path / "posts.csv"
    path.write_text("key,comment\n7,hello\n")
    assert rows(path, text="comment", id_column="key") == [Row(1, "7", "hello")]


def test_bad_rows_are_kept_with_their_problem(tmp_path: Path) -> None:
    jsonl = tmp_path / "posts.jsonl"
    jsonl.write_text('{"text": "ok"}\nnot json\n[1]\n{"id": 4}\n{"id": 5, "text": null}\n')
    problems = [(row.id, row.problem) for row in rows(jsonl)]
    assert problems == [
        (None, ""),
        (None, "the line is not JSON"),
        (None, "the line is not a JSON object"),
        ("4", "field 'text' is missing or not a string"),
        ("5", "field 'text' is missing or not a string"),
    ]
    table = tmp_path / "posts.csv"
    table.write_text("id,text\n1,ok\n2\n")
    assert [row.problem for row in rows(table)] == ["", "the row has too few columns"]
    parquet = tmp_path / "posts.parquet"
    pq.write_table(pa.table({"text": ["ok", None]}), parquet)
    assert [row.problem for row in rows(parquet)] == ["", "column 'text' is empty or not a string"]


def test_bytes_that_are_not_utf8_are_replaced(tmp_path: Path) -> None:
    path = tmp_path / "posts.txt"
    path.write_bytes(b"caf\xe9\n")
    assert rows(path) == [Row(1, None, "caf\ufffd")]


def test_unusable_files_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="is not a file"):
        rows(tmp_path / "missing.csv")
    unknown = tmp_path / "posts.xyz"
    unknown.write_text("hello")
    with pytest.raises(EvaluationError, match="--format"):
        rows(unknown)
    table = tmp_path / "posts.csv"
    table.write_text("id,comment\n1,hello\n")
    with pytest.raises(EvaluationError, match=r"found: id, comment.*--text-column"):
        rows(table)
    broken = tmp_path / "posts.parquet"
    broken.write_bytes(b"PAR1 not really")
    with pytest.raises(EvaluationError, match="not a Parquet file"):
        rows(broken)
