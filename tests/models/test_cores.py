"""Nothing that only Linux has is needed to serve or to score."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

from models.cores import usable_cores

ONLY_LINUX = {
    "copy_file_range",
    "eventfd",
    "memfd_create",
    "pidfd_open",
    "posix_fadvise",
    "posix_fallocate",
    "sched_getaffinity",
    "sched_setaffinity",
    "setns",
    "splice",
    "unshare",
}
"""Functions of `os` that a Mac does not have."""


def test_the_cores_are_counted_where_no_process_is_bound_to_some(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert usable_cores() == len(os.sched_getaffinity(0))
    monkeypatch.delattr(os, "sched_getaffinity")
    assert usable_cores() == os.cpu_count()
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert usable_cores() == 1


def test_no_other_file_calls_what_only_linux_has() -> None:
    rooms = ("evaluation", "models", "serving", "training", "upstander")
    files = [file for room in rooms for file in (ROOT / room).rglob("*.py")]
    found = [
        (file.name, node.attr)
        for file in files
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr) in {("os", name) for name in ONLY_LINUX}
    ]
    assert found == [("cores.py", "sched_getaffinity")]


@pytest.mark.parametrize(
    "command",
    [
        ["score", "posts.txt", "--output", "scores.jsonl"],
        ["serve", "--port", "0", "--store", "nothing://"],  # refused once its settings are read
    ],
    ids=lambda command: command[0],
)
def test_the_commands_run_as_on_a_mac(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "posts.txt").write_text("Good morning.\nMigrants are vermin.\n")
    code = (
        "import os, sys\n"
        f"for name in {sorted(ONLY_LINUX)}:\n"
        "    if hasattr(os, name):\n"
        "        delattr(os, name)\n"
        f"sys.argv = ['upstander', *{command}]\n"
        "from serving.settings import Settings\n"
        "assert Settings().permits >= 32\n"
        "from upstander.cli import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    if command[0] == "score":
        assert done.returncode == 0, done.stderr
        assert len((tmp_path / "scores.jsonl").read_text().splitlines()) == 2
    else:
        assert done.returncode == 1
        assert "nothing" in done.stderr
        assert "Traceback" not in done.stderr
