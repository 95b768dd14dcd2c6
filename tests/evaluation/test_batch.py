"""Scoring whole files: each text once, what was stopped goes on, and nothing half-written."""

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import datasets
import forked
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from upstander.evaluation.batch.pipeline import answered
from upstander.evaluation.batch.result_cache import ResultCache
from upstander.evaluation.batch.row import Columns, Row
from upstander.evaluation.batch.sources import find_sources
from upstander.evaluation.errors import EvaluationError
from upstander.models.bundle import Bundle


def score(*arguments: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return forked.run("tools", "score", *arguments, stdin=stdin)


def write_posts(path: Path, count: int, distinct: int) -> Path:
    texts = (
        f"Post {n % distinct} about the weather in {n % distinct} towns." for n in range(count)
    )
    path.write_text("".join(json.dumps({"id": n, "text": t}) + "\n" for n, t in enumerate(texts)))
    return path


def test_rows_are_answered_in_order_and_each_text_once() -> None:
    asked: Counter[str] = Counter()

    def answer(texts: Sequence[str]) -> list[bytes | str]:
        asked.update(texts)
        return ["nothing in it" if text == "bad" else text.encode() for text in texts]

    texts = [["one", "two", "bad", f"{n}"][n % 4] for n in range(100)]
    rows = [Row(n, None, text) for n, text in enumerate(texts)]
    found = [
        one for piece in answered(rows, answer, ResultCache(), size=7, threads=3) for one in piece
    ]
    assert [one.row for one in found] == rows
    assert [one.answer for one in found] == [None if t == "bad" else t.encode() for t in texts]
    assert {one.problem for one in found if one.answer is None} == {"nothing in it"}
    del asked["bad"]
    assert set(asked.values()) == {1}


def test_what_is_known_outlives_a_process_and_damage(tmp_path: Path) -> None:
    path = tmp_path / "known.db"
    known = ResultCache(path)
    known.keep({f"text {n}": f"{n}".encode() for n in range(1200)})
    known.close()
    again = ResultCache(path)
    assert again.find(["text 7", "text 1199", "never"]) == {"text 7": b"7", "text 1199": b"1199"}
    again.close()
    path.write_bytes(b"no database at all, and long enough to be looked at" * 100)
    fresh = ResultCache(path)
    assert fresh.find(["text 7"]) == {}


def test_jsonl_and_parquet_say_the_same_and_bad_rows_are_listed(
    bundle: Bundle, tmp_path: Path
) -> None:
    posts = tmp_path / "posts.csv"
    posts.write_text('key,comment\na,Migrants are vermin.\nb,"two\nlines"\nc,\nd,Good morning\n')
    options = ("--text-column", "comment", "--id-column", "key")
    lines, table = tmp_path / "scores.jsonl", tmp_path / "scores.parquet"
    for output in (lines, table):
        done = score(posts, "-o", output, *options)
        assert done.returncode == 3, done.stderr
        assert f"1 rows could not be scored; {output}.errors.jsonl says" in done.stderr
    answers = [json.loads(line) for line in lines.read_text().splitlines()]
    assert [(a["file"], a["row"], a["id"]) for a in answers] == [
        (str(posts), 1, "a"),
        (str(posts), 2, "b"),
        (str(posts), 4, "d"),
    ]
    assert answers[0]["scores"] == dict(bundle.scorer.score("Migrants are vermin.").scores)
    assert answers[0]["decision"]["band"] == "review"
    assert answers[0]["decision"]["policy"]["id"] == "hate"
    for told, row in zip(answers, pq.read_table(table).to_pylist(), strict=True):
        assert without_nothing(row) == without_nothing(told)
    errors = [json.loads(line) for line in Path(f"{lines}.errors.jsonl").read_text().splitlines()]
    assert errors == [
        {
            "file": str(posts),
            "line": 5,
            "row": 3,
            "id": "c",
            "reason": "The text is empty: send at least one visible character.",
        }
    ]
    assert not list(tmp_path.glob("*.parts"))
    assert not list(tmp_path.glob("*.unfinished"))


def without_nothing(value: object) -> object:
    """Without the fields that are null: JSON leaves them out, a table cannot."""
    if isinstance(value, dict):
        return {name: without_nothing(v) for name, v in value.items() if v is not None}
    return [without_nothing(one) for one in value] if isinstance(value, list) else value


def all_texts(*names: str) -> list[list[str]]:
    return [
        [row.text for row in source.rows(Columns())] for source in find_sources(names, Columns())
    ]


def test_folders_patterns_and_data_sets(tmp_path: Path) -> None:
    folder = tmp_path / "month"
    folder.mkdir()
    (folder / "b.txt").write_text("two\n")
    (folder / "a.jsonl").write_text('{"text": "one"}\n')
    (folder / "notes.md").write_text("not read")
    pq.write_table(pa.table({"text": ["three"]}), folder / "c.parquet")
    datasets.Dataset.from_dict({"text": ["four", "five"]}).to_parquet(folder / "d.parquet")
    texts = all_texts(str(folder), str(folder / "*.txt"))
    assert texts == [["one"], ["two"], ["three"], ["four", "five"]]
    named = tmp_path / "own"
    named.mkdir()
    (named / "train.csv").write_text("id,text\n1,six\n2,seven\n")
    (source,) = find_sources([f"dataset:{named}:train"], Columns())
    assert [(row.id, row.text) for row in source.rows(Columns())] == [("1", "six"), ("2", "seven")]
    assert source.count(Columns()) == 2
    for missing, told in {
        str(tmp_path / "none"): "is not a file",
        str(tmp_path / "*.csv"): "no file has a name of this pattern",
        f"dataset:{named}:validation": "validation",
    }.items():
        with pytest.raises(EvaluationError, match=told):
            all_texts(missing)


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_a_kill_loses_nothing_and_doubles_nothing(tmp_path: Path, ending: str) -> None:
    posts = write_posts(tmp_path / "posts.jsonl", count=600, distinct=500)
    with posts.open("a") as file:
        file.write("not json\n")
    whole = tmp_path / f"whole.{ending}"
    assert score(posts, "-o", whole, "--rows-a-part", "40").returncode == 3
    killed = tmp_path / f"killed.{ending}"
    process = forked.start("tools", "score", posts, "-o", killed, "--rows-a-part", "40")
    parts = tmp_path / f"killed.{ending}.parts"
    while len(list(parts.glob("*[0-9].jsonl"))) < 3:
        assert process.poll() is None
        time.sleep(0.005)
    process.kill()
    process.wait()
    assert not killed.exists()
    done = score(posts, "-o", killed, "--rows-a-part", "40")
    assert done.returncode == 3
    assert " of them before: " in done.stderr
    assert killed.read_bytes() == whole.read_bytes()
    errors = [Path(f"{path}.errors.jsonl").read_bytes() for path in (killed, whole)]
    assert errors[0] == errors[1]
    assert not parts.exists()


def test_an_interrupt_is_one_line_and_says_how_to_go_on(tmp_path: Path) -> None:
    posts = write_posts(tmp_path / "posts.jsonl", count=9000, distinct=9000)
    output = tmp_path / "scores.jsonl"
    said = tmp_path / "stderr"
    with said.open("wb") as stderr:
        command = ("score", posts, "-o", output, "--rows-a-part", "40")
        process = forked.start("tools", *command, stderr=stderr)
    while not (tmp_path / "scores.jsonl.parts/00000001.jsonl").exists():
        assert process.poll() is None
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 130
    told = said.read_text()
    lines = [line for line in told.splitlines() if not line.startswith("scoring: ")]
    assert lines == ["upstander: interrupted; the same command goes on where it was"]
    assert not output.exists()


@pytest.fixture
def stopped(tmp_path: Path) -> Path:
    """An output that a full disk stopped in mid-run."""
    posts = write_posts(tmp_path / "posts.jsonl", count=200, distinct=200)
    output = tmp_path / "scores.jsonl"
    limited = (
        "import resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (120_000, 120_000))\n"
        f"sys.argv = ['upstander', 'score', {str(posts)!r}, '-o', {str(output)!r}, "
        "'--rows-a-part', '20']\n"
        "from upstander.cli import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", limited], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 1, done.stderr
    assert "make room and run the same command again" in done.stderr
    assert "Traceback" not in done.stderr
    return output


def test_a_full_disk_leaves_nothing_that_looks_whole_and_the_run_goes_on(stopped: Path) -> None:
    assert not stopped.exists()
    done = score(stopped.parent / "posts.jsonl", "-o", stopped, "--rows-a-part", "20")
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line)["row"] for line in stopped.read_text().splitlines()]
    assert rows == list(range(1, 201))


def test_another_run_does_not_go_on_from_the_parts_of_this_one(stopped: Path) -> None:
    posts = stopped.parent / "posts.jsonl"
    other = score(posts, "-o", stopped, "--rows-a-part", "20", "--no-decision")
    assert other.returncode == 1
    assert "its policy was different" in other.stderr
    assert "--restart" in other.stderr
    anew = score(posts, "-o", stopped, "--rows-a-part", "20", "--no-decision", "--restart")
    assert anew.returncode == 0, anew.stderr
    assert "decision" not in json.loads(stopped.read_text().splitlines()[0])


def test_what_cannot_be_done_is_said_before_anything_is_scored(tmp_path: Path) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.write_text("")
    posts = write_posts(tmp_path / "posts.jsonl", count=3, distinct=3)
    for arguments, told in {
        (empty, "-o", tmp_path / "out.jsonl"): "no row, so there is nothing to score",
        (empty,): "no row, so there is nothing to score",
        (posts, "-o", tmp_path / "out.xml"): "ends in .jsonl, .csv, .tsv or .parquet",
        (posts, "-o", tmp_path / "no" / "out.jsonl"): "is not a folder: make it",
        (posts, "--policy", tmp_path / "no.toml"): "cannot be read",
    }.items():
        done = score(*arguments)
        assert done.returncode == 1, told
        assert told in done.stderr
        assert done.stderr.count("\n") == 1
    assert {path.name for path in tmp_path.iterdir()} == {"empty.jsonl", "posts.jsonl"}


def test_a_missing_extra_is_told_before_anything_is_scored(tmp_path: Path) -> None:
    posts = write_posts(tmp_path / "posts.jsonl", count=3, distinct=3)
    command = ["upstander", "score", str(posts), "-o", str(tmp_path / "scores.parquet")]
    without = (
        "import sys\n"
        "sys.modules['pyarrow'] = None\n"
        f"sys.argv = {command!r}\n"
        "from upstander.cli import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", without], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 1
    assert "'.[evaluate]'" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["posts.jsonl"]
