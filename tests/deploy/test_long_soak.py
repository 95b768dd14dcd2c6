"""The long soak goes on where it was cut short, and finds what grows."""

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

SCRIPT = ROOT / "deploy/long_soak.py"


@pytest.fixture
def soak(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(ROOT / "deploy"))
    return importlib.import_module("long_soak")


@pytest.mark.slow
def test_parts_make_a_whole(tmp_path: Path) -> None:
    file = tmp_path / "soak.jsonl"
    command = [sys.executable, str(SCRIPT), str(file), "--hours", "3", "--hour-seconds", "2"]
    for part, expected in ((2, 2), (2, 3), (2, 3)):
        done = subprocess.run(
            [*command, "--part", str(part)], capture_output=True, text=True, check=False, timeout=90
        )
        assert f"{expected} of 3 hours" in done.stdout, done.stderr
        with file.open("a") as cut:
            cut.write('{"hour": 9, "pa')  # as a kill leaves it
    hours = [json.loads(line) for line in file.read_text().splitlines()[:-1]]
    assert [(one["hour"], one["part"]) for one in hours] == [(1, 1), (2, 1), (3, 2)]
    assert all(one["posts"] > 10 and one["failed"] == 0 for one in hours)


@pytest.mark.parametrize(
    ("last", "told"),
    [
        ({}, []),
        ({"megabytes": 430.0}, ["part 1: memory grew to 430.0 MB of 400.0"]),
        ({"files": 80}, ["part 1: 80 files are open of 60"]),
        ({"p99_ms": 21.0}, ["part 1: p99 grew to 21.0 ms of 10.0"]),
        ({"failed": 1}, ["1 posts failed"]),
    ],
)
def test_what_grows_is_told(soak: Any, last: dict[str, Any], told: list[str]) -> None:
    usual = {
        "part": 1, "posts": 9, "refused": 0, "failed": 0, "p50_ms": 5.0, "p99_ms": 10.0,
        "megabytes": 400.0, "files": 60, "ended": "",
    }  # fmt: skip
    hours = [soak.Hour(hour=n, **usual) for n in (1, 2, 3)]
    hours.append(soak.Hour(hour=4, **{**usual, **last}))
    assert soak.problems(hours) == told
