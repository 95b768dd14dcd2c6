"""Reading posts: every format gives the same rows, and a bad row is a row with a problem."""

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from upstander.evaluation.batch.row import Columns, Row
from upstander.evaluation.batch.rows import count_rows, read_rows
from upstander.evaluation.errors import EvaluationError

POSTS = [("a", "first post"), ("b", 'with "quotes", commas\nand a break'), ("c", "\U0001f600 last")]


def rows(path: Path, **columns: Any) -> list[Row]:
    return list(read_rows(path, Columns(**columns)))


def write_all(folder: Path) -> list[Path]:
    """The same posts in every format that has ids."""
    lines = "".join(json.dumps({"id": i, "text": t}) + "\n" for i, t in POSTS)
    table = "id,text\n" + "".join('{},"{}"\n'.format(i, t.replace('"', '""')) for i, t in POSTS)
    (folder / "posts.jsonl").write_text(lines)
    (folder / "posts.csv").write_text(table)
    (folder / "posts.csv.gz").write_bytes(gzip.compress(table.encode()))
    (folder / "posts.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    pq.write_table(
        pa.table({"id": [i for i, _ in POSTS], "text": [t for _, t in POSTS]}),
        folder / "posts.parquet",
    )
    return sorted(folder.iterdir())


def test_every_format_gives_the_same_rows(tmp_path: Path) -> None:
    for path in write_all(tmp_path):
        found = [(row.row, row.id, row.text, row.problem) for row in rows(path)]
        assert found == [(n, i, t, "") for n, (i, t) in enumerate(POSTS, start=1)], path
    assert [row.line for row in rows(tmp_path / "posts.csv")] == [2, 4, 5]


def test_rows_are_counted_without_being_read(tmp_path: Path) -> None:
    counts = {path.name: count_rows(path, Columns()) for path in write_all(tmp_path)}
    assert counts["posts.parquet"] == counts["posts.jsonl"] == counts["posts.jsonl.gz"] == 3
    assert counts["posts.csv"] == counts["posts.csv.gz"] == 4  # one text has two lines
    (tmp_path / "open.txt").write_text("one\ntwo")
    assert count_rows(tmp_path / "open.txt", Columns()) == 2


def test_a_line_of_text_is_a_post_and_empty_lines_keep_their_number(tmp_path: Path) -> None:
    path = tmp_path / "posts.txt"
    path.write_text("one\n\nthree")
    assert [(row.row, row.id, row.text) for row in rows(path)] == [
        (1, None, "one"),
        (2, None, ""),
        (3, None, "three"),
    ]


def test_other_column_names(tmp_path: Path) -> None:
    path = tmp_path / "posts.csv"
    path.write_text("key,comment\n7,hello\n")
    assert rows(path, text="comment", id="key") == [Row(1, "7", "hello", line=2)]


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


def test_a_row_in_another_encoding_is_a_bad_row_and_the_others_are_read(tmp_path: Path) -> None:
    path = tmp_path / "posts.txt"
    path.write_bytes(b"caf\xe9\ncaf\xc3\xa9\n")
    bad, good = rows(path)
    assert "not utf-8" in bad.problem
    assert "--encoding" in bad.problem
    assert bad.text == ""
    assert good.text == "caf\u00e9"
    assert rows(path, encoding="latin-1")[0].text == "caf\u00e9"
    half = tmp_path / "half.jsonl"
    half.write_text('{"text": "\\ud83d"}\n')
    assert "half a character" in rows(half)[0].problem


def test_a_very_long_text_is_a_bad_row(tmp_path: Path) -> None:
    path = tmp_path / "posts.csv"
    path.write_text("text\n" + "a" * 1_000_000 + "\nshort\n")
    long, short = rows(path)
    assert "1,000,000 characters" in long.problem
    assert "--max-characters" in long.problem
    assert short.text == "short"
    assert rows(path, longest=2_000_000)[0].problem == ""


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
    twice = tmp_path / "twice.csv"
    twice.write_text("text,text\na,b\n")
    with pytest.raises(EvaluationError, match="2 columns are called 'text'"):
        rows(twice)
    unclosed = tmp_path / "unclosed.csv"
    unclosed.write_text('"text\na quote that nobody closes\n')
    with pytest.raises(EvaluationError, match=r"the header is not CSV .*: mend the quotes"):
        rows(unclosed)
    broken = tmp_path / "posts.parquet"
    broken.write_bytes(b"PAR1 not really")
    with pytest.raises(EvaluationError, match="not a Parquet file"):
        rows(broken)
    wide = tmp_path / "wide.txt"
    wide.write_text("hello\n", encoding="utf-16")
    with pytest.raises(EvaluationError, match="--encoding utf-16"):
        rows(wide)
    assert [row.text for row in rows(wide, encoding="utf-16")] == ["hello"]
    with pytest.raises(EvaluationError, match="no such encoding"):
        rows(wide, encoding="klingon")


def test_a_parquet_file_that_was_cut_off_is_told(tmp_path: Path) -> None:
    whole = tmp_path / "whole.parquet"
    pq.write_table(pa.table({"text": [f"post {n}" for n in range(5000)]}), whole)
    cut = tmp_path / "cut.parquet"
    cut.write_bytes(whole.read_bytes()[:-100])
    with pytest.raises(EvaluationError, match="was cut off"):
        rows(cut)
    packed = tmp_path / "cut.csv.gz"
    packed.write_bytes(gzip.compress(b"text\n" + b"hello there\n" * 5000)[:-20])
    with pytest.raises(EvaluationError, match="cut off or damaged"):
        rows(packed)
