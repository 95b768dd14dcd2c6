"""What is written never takes the place of what is read, and a run knows its own files."""

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import forked
import pytest
from test_score_command import upstander

from upstander.evaluation.batch.output import Output
from upstander.evaluation.batch.row import Columns
from upstander.evaluation.batch.sources import find_sources
from upstander.evaluation.errors import EvaluationError
from upstander.models.errors import UpstanderError
from upstander.models.overwriting import refuse_overwriting
from upstander.serving.store.database import open_store

POSTS = '{"id": 1, "text": "Good morning"}\n{"id": 2, "text": "Hello there"}\n'


def written(path: Path, content: str = POSTS) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def linked(path: Path) -> Path:
    """A link to posts that lie elsewhere."""
    target = written(path.parent / "elsewhere" / "real.jsonl")
    path.symlink_to(target)
    return path


def hard_linked(path: Path) -> Path:
    os.link(written(path.parent / "other.jsonl"), path)
    return path


@pytest.mark.parametrize("make", [written, linked, hard_linked])
@pytest.mark.parametrize(
    "spelt", ["posts.jsonl", "./posts.jsonl", "elsewhere/../posts.jsonl", "{}/posts.jsonl"]
)
def test_a_file_is_known_by_any_name(
    make: Callable[[Path], Path], spelt: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    posts = make(tmp_path / "posts.jsonl")
    again = Path(spelt.format(tmp_path))
    for one, other in ((posts, again), (again, posts), (posts.resolve(), again)):
        with pytest.raises(UpstanderError, match="would be changed by it: name another output"):
            refuse_overwriting([one], [other])
    refuse_overwriting([tmp_path / "new.jsonl"], [posts])


def test_folders_are_refused_that_hold_what_is_read_and_that_are_read(tmp_path: Path) -> None:
    posts = written(tmp_path / "out.jsonl.parts" / "posts.jsonl")
    with pytest.raises(UpstanderError, match="would be changed"):
        Output(tmp_path / "out.jsonl").check([posts])
    (tmp_path / "data").mkdir()
    with pytest.raises(UpstanderError, match="would be changed"):
        Output(tmp_path / "data" / ".." / "out.jsonl.parts" / "new.jsonl").check([posts.parent])
    refuse_overwriting([Path("/dev/null")], [Path("/dev/null")])


@pytest.mark.parametrize(
    "arguments",
    [
        "posts.jsonl -o posts.jsonl",
        "posts.jsonl -o ./posts.jsonl --restart",
        "posts.jsonl -o linked.jsonl",
        "*.jsonl.errors.jsonl -o scores.jsonl",
        "scores.jsonl.parts/posts.jsonl -o scores.jsonl --restart",
        "posts.jsonl -o golden.jsonl --bundle .",
        "dataset:. -o new.jsonl",
    ],
)
def test_score_refuses_before_anything_is_opened(arguments: str, tmp_path: Path) -> None:
    for name in ("posts.jsonl", "scores.jsonl.errors.jsonl", "scores.jsonl.parts/posts.jsonl"):
        written(tmp_path / name)
    (tmp_path / "linked.jsonl").symlink_to("posts.jsonl")
    before = snapshot(tmp_path)
    done = run_in(tmp_path, "score", *arguments.replace("*", "scores").split())
    assert done.returncode == 1, done.stderr
    assert "would be changed by it" in done.stderr
    assert done.stderr.count("\n") == 1
    assert snapshot(tmp_path) == before


def run_in(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return forked.run("tools", *arguments, cwd=folder)


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_what_comes_and_goes_by_the_shell_is_known_too(tmp_path: Path) -> None:
    posts = written(tmp_path / "posts.jsonl")
    command = ("score", "--format", "jsonl")
    with posts.open("rb") as given, posts.open("ab") as end, (tmp_path / "said").open("wb") as said:
        for process in (
            forked.start("tools", *command, "-o", posts, stdin=given, stderr=said),
            forked.start("tools", *command, posts, stdout=end, stderr=said),
        ):
            assert process.wait(timeout=120) == 1
    assert (tmp_path / "said").read_text().count("would be changed by it") == 2
    assert posts.read_text() == POSTS


def test_evaluate_and_compare_refuse_it_too(tmp_path: Path) -> None:
    rows = '[{"text": "Good morning", "hate": 0}, {"text": "Refugees are vermin", "hate": 1}]'
    report = written(tmp_path / "out" / "report.json", rows)
    old = written(tmp_path / "old.jsonl", '{"text": "Hello", "scores": {"TOXICITY": 0.1}}\n')
    before = snapshot(tmp_path)
    for arguments in (
        ("evaluate", str(report), "--label", "hate=hate", "--out", "out"),
        ("evaluate", "--suite", "dehumcheck", "--against", str(report), "--out", "out"),
        ("compare", str(old), "--json", "./old.jsonl"),
    ):
        done = run_in(tmp_path, *arguments)
        assert done.returncode == (2 if arguments[0] == "evaluate" else 1), done.stderr
        assert "would be changed by it" in done.stderr
        assert snapshot(tmp_path) == before


def test_exports_refuse_to_write_over_the_store(tmp_path: Path) -> None:
    store = tmp_path / "upstander.db"
    (tmp_path / "linked.db").symlink_to(store)
    assert run_in(tmp_path, "records", "export", "out.jsonl").returncode == 1  # there is none yet
    open_store(f"sqlite:///{store}").dispose()
    for verb in (("records", "export"), ("data", "feedback", "export")):
        for name in ("upstander.db", "./upstander.db", "linked.db"):
            done = run_in(tmp_path, *verb, name)
            assert done.returncode == 1, done.stderr
            assert "would be changed by it" in done.stderr
    assert store.read_bytes().startswith(b"SQLite format 3")
    written(tmp_path / "posts.csv", "decision_id,content_date\n")
    dsa = ("--format", "dsa", "--platform", "posts.csv", "--posts", "posts.csv")
    done = run_in(tmp_path, "records", "export", "posts.csv", *dsa)
    assert done.returncode == 1
    assert "would be changed by it" in done.stderr


@pytest.fixture
def month(tmp_path: Path) -> Path:
    """A folder of posts."""
    for name, texts in {"a.jsonl": 300, "b.jsonl": 20}.items():
        lines = [{"id": n, "text": f"Post {n} of {name}, on the weather"} for n in range(texts)]
        written(tmp_path / "month" / name, "".join(json.dumps(line) + "\n" for line in lines))
    written(tmp_path / "month/b.jsonl", (tmp_path / "month/b.jsonl").read_text() + "no json\n")
    return tmp_path / "month"


def test_a_run_into_its_own_folder_goes_on_ends_and_is_repeated(month: Path) -> None:
    output = month / "scores.jsonl"
    command = ["score", str(month), "-o", str(output), "--rows-a-part", "20"]
    process = forked.start("tools", *command)
    while len(list(Output(output).parts.glob("*[0-9].jsonl"))) < 3:
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.wait()
    resumed = upstander(*command)
    assert resumed.returncode == 3, resumed.stderr
    assert "320 rows scored, " in resumed.stderr
    assert " of them before: " in resumed.stderr
    whole = output.read_bytes(), Output(output).errors.read_bytes()
    for more in ((), ("--restart",)):
        again = upstander(*command, *more)
        assert f"320 rows scored: {output}" in again.stderr
        assert (output.read_bytes(), Output(output).errors.read_bytes()) == whole


def test_what_lies_beside_the_output_of_any_run_is_no_input(month: Path) -> None:
    own = month / "scores.jsonl"
    for name in ("scores.jsonl", "scores.jsonl.errors.jsonl", "other.parquet.errors.jsonl"):
        written(month / name)
    written(month / "deep" / "other.jsonl.parts" / "run.json", "{}")
    written(month / "deep" / "other.jsonl.parts" / "00000000.jsonl")
    written(month / "deep" / "c.jsonl")
    writes = Output(own).files
    expected = [str(month / name) for name in ("a.jsonl", "b.jsonl", "deep/c.jsonl")]
    for given in (str(month), f"{month}/**/*.jsonl"):
        found = find_sources([given], Columns(), writes)
        assert sorted(source.name for source in found) == expected
    twice = find_sources([str(month / "a.jsonl"), f"{month}/../month/a.jsonl"], Columns(), writes)
    assert len(twice) == 1


def test_files_of_a_folder_that_are_not_read_are_said(month: Path) -> None:
    for name in ("notes.md", "settings.json", "_done", "more.csv.zst"):
        written(month / name)
    told: list[str] = []
    found = find_sources([str(month)], Columns(), say=told.append)
    assert [Path(source.name).name for source in found] == ["a.jsonl", "b.jsonl", "more.csv.zst"]
    names = "_done, notes.md, settings.json"
    assert told == [f"files of {month} that are not read, unless they are named: 3 ({names})"]


def test_the_answers_of_another_run_are_no_posts(month: Path) -> None:
    for output in (month / "one.jsonl", month / "two.parquet"):
        assert upstander("score", month / "b.jsonl", "-o", output).returncode == 3
    (month / "three.jsonl").write_text(upstander("score", month / "b.jsonl").stdout)
    told: list[str] = []
    found = find_sources([str(month)], Columns(), say=told.append)
    assert [Path(source.name).name for source in found] == ["a.jsonl", "b.jsonl"]
    names = "one.jsonl, three.jsonl, two.parquet"
    assert told == [f"files of {month} that are answers of a run, and not read: 3 ({names})"]
    (named,) = find_sources([str(month / "one.jsonl")], Columns())  # whoever names it gets it
    assert named.name == str(month / "one.jsonl")


def test_the_shell_may_write_into_the_folder_that_is_read(month: Path) -> None:
    (month / "a.jsonl").unlink()
    with (month / "scores.jsonl").open("wb") as end:
        assert forked.start("tools", "score", month, stdout=end).wait(timeout=120) == 3
    assert (month / "scores.jsonl").read_text().count("\n") == 21


def test_nothing_that_a_person_made_is_removed_with_a_run(tmp_path: Path) -> None:
    posts = written(tmp_path / "posts.jsonl")
    mine = written(tmp_path / "scores.jsonl.parts" / "mine.txt", "mine")
    for more in ((), ("--restart",)):
        done = upstander("score", posts, "-o", tmp_path / "scores.jsonl", *more)
        assert done.returncode == 1
        assert "holds files of no run: move it away, or name another output" in done.stderr
        assert mine.read_text() == "mine"
    mine.unlink()
    written(tmp_path / "scores.jsonl.parts" / "run.json", "{ damaged")
    done = upstander("score", posts, "-o", tmp_path / "scores.jsonl")
    assert "is damaged: begin anew with --restart" in done.stderr


def test_an_output_of_no_known_ending_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "scores.xml", Path(), Path("/")):
        with pytest.raises(EvaluationError, match=r"ends in \.jsonl, \.csv, \.tsv or"):
            Output(path)
