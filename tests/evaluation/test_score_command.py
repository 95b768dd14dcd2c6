"""`upstander score` and `upstander evaluate`, as a person runs them."""

import json
import subprocess
from pathlib import Path

import forked

from upstander.models.bundle import Bundle


def upstander(*arguments: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return forked.run("tools", *arguments, stdin=stdin)


def test_standard_input_to_standard_output(bundle: Bundle) -> None:
    done = upstander("score", stdin="Good morning\nThose immigrants are vermin\n")
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["row"] for answer in answers] == [1, 2]
    expected = bundle.scorer.score("Those immigrants are vermin").scores
    assert answers[1]["scores"] == dict(expected)
    assert answers[1]["model"]["sha256"] == bundle.sha256


def test_a_bad_row_keeps_its_place_on_standard_output(tmp_path: Path) -> None:
    posts = tmp_path / "posts.jsonl"
    posts.write_text('{"id": "a", "text": "hello"}\nnope\n{"id": "c", "text": " "}\n')
    done = upstander("score", posts)
    assert done.returncode == 3
    assert "2 rows could not be scored" in done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer.get("error", {}).get("code") for answer in answers] == [
        None,
        "invalid_row",
        "empty_text",
    ]
    assert [answer.get("id") for answer in answers] == ["a", None, "c"]


def test_an_unusable_input_is_one_clear_line(tmp_path: Path) -> None:
    done = upstander("score", tmp_path / "missing.csv")
    assert done.returncode == 1
    assert done.stderr == f"upstander: {tmp_path / 'missing.csv'} is not a file\n"


def test_evaluate_prints_and_writes_the_numbers(made_up: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = upstander("evaluate", "--suite", "hatecheck", "--data", made_up, "--out", out)
    assert done.returncode == 0, done.stderr
    assert "macro_f1" in done.stdout
    assert "95 % interval" in done.stdout
    assert json.loads((out / "report.json").read_text())["suites"][0]["rows"] == 8


def test_evaluate_without_data_says_what_to_do(tmp_path: Path) -> None:
    done = upstander("evaluate", "--data", tmp_path / "nowhere")
    assert done.returncode == 2
    assert "is not a folder: give the folder of the data sets" in done.stderr
