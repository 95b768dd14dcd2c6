"""What `upstander score` writes: every format says the same, with the columns that were kept."""

import csv
import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from backports import zstd
from typer.testing import CliRunner

from upstander.cli import app
from upstander.evaluation.batch.output import Output
from upstander.evaluation.batch.pipeline import answered
from upstander.evaluation.batch.result_cache import ResultCache
from upstander.evaluation.batch.row import Columns, Row
from upstander.evaluation.batch.run import Task, score_to_file
from upstander.evaluation.batch.shape import flat_kinds, flattened, shape_of
from upstander.evaluation.batch.sources import find_sources
from upstander.evaluation.errors import EvaluationError
from upstander.models.bundle import Bundle
from upstander.models.errors import UpstanderError
from upstander.predictor import answer_with, languages_of
from upstander.score import SHIPPED_POLICY
from upstander.serving.settings import UnservedLanguage

KEPT: dict[str, Any] = {"author": "=1+1", "likes": 3, "row": 7, "tags": ["a", {"b": None}]}
ROWS: list[dict[str, Any]] = [
    {"id": "a", "text": "Migrants are vermin.", **KEPT},
    {"id": "b", "text": "Good morning", "author": 5, "likes": 4.5, "big": 2**70},
    {"id": "c", "text": "You fool,\nyou liar", "author": None, "likes": None, "is_new": True},
]
EVERYTHING = Columns(everything=True)
GERMAN = "Das ist ein sehr schöner Morgen, und wir gehen alle zusammen in den Wald."


def score(
    rows: Sequence[Mapping[str, Any]],
    output: Output,
    bundle: Bundle,
    columns: Columns = EVERYTHING,
    *languages: str,
) -> tuple[int, int, int]:
    """Score rows into a file; the rows, and how many are bad and how many in other languages."""
    posts = output.path.parent / "posts.jsonl"
    posts.write_text("".join(json.dumps(row) + "\n" for row in rows))
    wanted = languages_of(languages)
    answer, decides = answer_with(bundle, SHIPPED_POLICY, wanted)
    sources = find_sources([str(posts)], columns)
    task = Task(sources, columns, answer, bundle.manifest, decides)
    done = score_to_file(task, output)
    return done.rows, done.bad, done.unwanted


def rows_of(path: Path) -> list[dict[str, Any]]:
    """What a file holds, by what other programs read it with."""
    name = path.name
    if name.endswith(".parquet"):
        found: list[dict[str, Any]] = pq.read_table(path).to_pylist()
        return found
    content = path.read_bytes()
    if name.endswith(".gz"):
        content = gzip.decompress(content)
    elif name.endswith(".zst"):
        content = zstd.decompress(content)
    text = content.decode()
    if "json" in name:
        return [json.loads(line) for line in text.splitlines()]
    return [
        *csv.DictReader(text.splitlines(keepends=True), delimiter="\t" if ".tsv" in name else ",")
    ]


@pytest.fixture(scope="module")
def nested(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    output = Output(tmp_path_factory.mktemp("nested") / "scores.jsonl")
    assert score(ROWS, output, bundle) == (3, 0, 0)
    return rows_of(output.path)


def test_kept_columns_stand_before_the_answer(nested: list[dict[str, Any]]) -> None:
    assert [*nested[0]][:6] == ["file", "row", "id", "kept", "language", "model"]
    assert nested[0]["kept"] == {"text": "Migrants are vermin.", **KEPT}
    assert nested[1]["kept"]["big"] == 2**70


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.ndjson.zst", "a.parquet"])
def test_nested_files_say_the_same(
    name: str, nested: list[dict[str, Any]], bundle: Bundle, tmp_path: Path
) -> None:
    output = Output(tmp_path / name)
    score(ROWS, output, bundle)
    found = rows_of(output.path)
    for own, expected in zip(found, nested, strict=True):
        assert {**own, "kept": None, "file": None, "decision": None} == {
            **expected, "kept": None, "file": None, "decision": None,
        }  # fmt: skip
        assert own["decision"]["reason"] == expected["decision"]["reason"]
    if name == "a.parquet":  # a column has one type: what is mixed is text
        authors = [row["kept"]["author"] for row in found]
        assert authors == ["=1+1", "5", None]
        assert [row["kept"]["likes"] for row in found] == [3.0, 4.5, None]
        assert [row["kept"]["is_new"] for row in found] == [None, None, True]
        assert [row["kept"]["big"] for row in found] == [None, str(2**70), None]
        assert json.loads(found[0]["kept"]["tags"]) == KEPT["tags"]


@pytest.mark.parametrize("name", ["a.csv", "a.tsv.gz", "a.csv.zst", "a.jsonl", "a.parquet"])
def test_flat_files_have_a_column_for_each_value(
    name: str, nested: list[dict[str, Any]], bundle: Bundle, tmp_path: Path
) -> None:
    output = Output(tmp_path / name, "flat")
    score(ROWS, output, bundle)
    found = rows_of(output.path)
    assert len(found) == len(ROWS)
    first, second, third = found
    scores = nested[0]["scores"]
    assert {label: float(first[f"scores.{label}"]) for label in scores} == scores
    assert float(first["targets.immigration_status"]) == nested[0]["targets"][0]["score"]
    assert not second.get("targets.immigration_status")
    assert json.loads(first["spans"]) == nested[0]["spans"]
    assert nested[0]["decision"]["spans"] == nested[0]["spans"]  # as over HTTP
    assert json.loads(first["decision.spans"]) == nested[0]["spans"]
    assert not second.get("decision.spans")
    assert first["decision.policy.sha256"] == nested[0]["decision"]["policy"]["sha256"]
    assert third["text"] == "You fool,\nyou liar"
    # The answer has a `row` of its own; a spreadsheet would run the author.
    assert (str(first["row"]), str(first["kept.row"])) == ("1", "7")
    assert first["author"] == ("'=1+1" if ".csv" in name or ".tsv" in name else "=1+1")


def test_names_and_values_of_flat_tables_agree(
    nested: list[dict[str, Any]], bundle: Bundle
) -> None:
    shape = shape_of(bundle.manifest, has_language=True)
    assert len(flat_kinds(shape)) == len(flattened(nested[0], shape)) == len(flattened({}, shape))


def test_the_same_posts_make_the_same_bytes(bundle: Bundle, tmp_path: Path) -> None:
    for name in ("a.jsonl.gz", "a.csv.zst"):
        output = Output(tmp_path / name)
        contents = set()
        for _ in range(2):
            score(ROWS[:1], output, bundle)
            contents.add(output.path.read_bytes())
        assert len(contents) == 1


def test_named_columns_are_kept_and_no_others(bundle: Bundle, tmp_path: Path) -> None:
    output = Output(tmp_path / "a.jsonl")
    score(ROWS, output, bundle, Columns(others=("likes", "is_new")))
    assert [row.get("kept") for row in rows_of(output.path)] == [
        {"likes": 3},
        {"likes": 4.5},
        {"likes": None, "is_new": True},
    ]


def test_a_kept_column_that_cannot_be_written_is_a_bad_row(bundle: Bundle, tmp_path: Path) -> None:
    rows = [*ROWS[:1], {"text": "Hello", "tags": [{"a": "\ud83d"}]}]
    output = Output(tmp_path / "a.jsonl")
    assert score(rows, output, bundle) == (2, 1, 0)
    assert "column 'tags' is not utf-8" in output.errors.read_text()


def test_texts_in_other_languages_are_listed_and_no_failure(bundle: Bundle, tmp_path: Path) -> None:
    output = Output(tmp_path / "a.csv")
    rows = [{"text": GERMAN}, {"text": "Good morning"}, {"text": "\u200b"}]
    assert score(rows, output, bundle, Columns(), "en-GB") == (3, 1, 1)
    (row,) = rows_of(output.path)
    assert (row["row"], row["language.code"], row["language.is_sure"]) == ("2", "en", "False")
    listed = [json.loads(line) for line in output.errors.read_text().splitlines()]
    assert [(one["row"], one.get("other_language")) for one in listed] == [(1, True), (3, None)]
    assert listed[0]["reason"] == "the language is de"
    with pytest.raises(UpstanderError, match="--only-language English: give the code"):
        languages_of(["English"])


@pytest.mark.parametrize(("unserved", "scored"), [("refuse", 1), ("pass", 2), ("decide", 2)])
def test_what_becomes_of_a_language_that_is_not_served(
    unserved: UnservedLanguage, scored: int, bundle: Bundle, tmp_path: Path
) -> None:
    posts = tmp_path / "posts.jsonl"
    posts.write_text(json.dumps({"text": GERMAN}) + "\n" + json.dumps({"text": "Good morning"}))
    answer, decides = answer_with(bundle, SHIPPED_POLICY, languages_of((), unserved=unserved))
    sources = find_sources([str(posts)], Columns())
    task = Task(sources, Columns(), answer, bundle.manifest, decides)
    for name in ("a.jsonl", "a.csv", "a.parquet"):
        output = Output(tmp_path / name)
        done = score_to_file(task, output)
        assert (done.rows, done.bad, done.unwanted) == (2, 0, 2 - scored)
        assert len(rows_of(output.path)) == scored
    if unserved == "refuse":
        (listed,) = map(json.loads, output.errors.read_text().splitlines())
        assert listed["reason"] == "the language is de, which is not served"
        return
    german, _ = rows_of(tmp_path / "a.jsonl")
    language = german["language"]
    assert (language["code"], language["is_served"]) == ("de", False)
    assert ("decision" in german) is bool(german["scores"]) is (unserved == "decide")


def test_outputs_that_cannot_be_are_refused(tmp_path: Path) -> None:
    for name in ("a.parquet.gz", "a.xml.gz", "a.gz", "a.csv.bz2"):
        with pytest.raises(EvaluationError, match="name an output that ends in"):
            Output(tmp_path / name)
    with pytest.raises(EvaluationError, match="CSV has one value in a cell"):
        Output(tmp_path / "a.csv", "nested")


def test_answers_in_every_format_are_no_posts_of_a_folder(bundle: Bundle, tmp_path: Path) -> None:
    for name in ("a.csv", "a.tsv.gz", "b.jsonl.zst", "c.parquet"):
        score(ROWS[:1], Output(tmp_path / name, "flat"), bundle)
    (found,) = find_sources([str(tmp_path)], Columns())
    assert Path(found.name).name == "posts.jsonl"


def test_progress_is_told_long_before_a_piece_of_many_rows_is_done() -> None:
    told: list[int] = []

    def answer(texts: Sequence[str]) -> list[bytes | str]:
        return [text.encode() for text in texts]

    rows = [Row(n, None, f"{n % 100}", problem="bad" * (n % 10 == 0)) for n in range(1000)]
    pieces = answered(rows, answer, ResultCache(), size=1000, threads=2, tick=told.append)
    assert [len(piece) for piece in pieces] == [1000]
    assert sum(told) == 1000
    assert len(told) == 4  # 90 texts, 32 at a time, and then the rows that repeat them


def test_the_command_takes_these_options(tmp_path: Path) -> None:
    posts = tmp_path / "posts.csv"
    posts.write_text("text,author\nGood morning,anna\n")
    output = tmp_path / "a.csv"
    done = CliRunner().invoke(
        app, ["score", str(posts), "-o", str(output), "--keep", "author", "--only-language", "en"]
    )
    assert done.exit_code == 0, done.output
    (row,) = rows_of(output)
    assert row["author"] == "anna"
    plain = CliRunner().invoke(app, ["score", str(posts), "-o", "-", "--keep", "all"])
    assert plain.exit_code == 0, plain.output
    answer = json.loads(plain.stdout)
    assert answer["kept"] == {"text": "Good morning", "author": "anna"}
    assert answer["language"]["code"] == "en"
    none = CliRunner().invoke(app, ["score", str(posts), "-o", str(output), "--keep", "forum"])
    assert "no column 'forum' (found: text, author)" in str(none.exception)
