"""Nothing that only Linux has is needed to serve or to score."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

from upstander.models import cores
from upstander.models.cores import usable_cores

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
    monkeypatch.setattr(cores, "_OWN", Path("/nowhere"))
    assert usable_cores() == len(os.sched_getaffinity(0))
    monkeypatch.delattr(os, "sched_getaffinity")
    assert usable_cores() == os.cpu_count()
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert usable_cores() == 1


@pytest.mark.parametrize(
    ("own", "files", "expected"),
    [
        ("0::/\n", {"cpu.max": "150000 100000"}, 2),  # a share of a core is a thread too
        ("0::/\n", {"cpu.max": "max 100000"}, 8),
        ("0::/\n", {"cpu.max": "10000 100000"}, 1),
        ("0::/a/b\n", {"a/b/cpu.max": "max 100000", "a/cpu.max": "300000 100000"}, 3),
        ("0::/a\n", {"a/cpu.max": "nonsense"}, 8),
        (
            "4:memory:/a\n3:cpu,cpuacct:/a\n",
            {"cpu,cpuacct/a/cpu.cfs_quota_us": "400000", "cpu,cpuacct/a/cpu.cfs_period_us": "1e5"},
            8,
        ),
        (
            "3:cpu,cpuacct:/a\n0::/\n",
            {"cpu,cpuacct/a/cpu.cfs_quota_us": "400000",
             "cpu,cpuacct/a/cpu.cfs_period_us": "100000"},
            4,
        ),
        ("3:cpu:/\n", {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, 8),
    ],
)  # fmt: skip
def test_a_limit_of_a_container_counts_and_not_the_cores_of_its_host(
    own: str,
    files: dict[str, str],
    expected: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "own").write_text(own)
    for name, content in files.items():
        (tmp_path / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tree" / name).write_text(content + "\n")
    monkeypatch.setattr(cores, "_OWN", tmp_path / "own")
    monkeypatch.setattr(cores, "_CGROUPS", tmp_path / "tree")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    assert usable_cores() == expected


def test_no_other_file_calls_what_only_linux_has() -> None:
    rooms = ("benchmarks", "evaluation", "models", "serving", "training", "upstander")
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
        "from upstander.serving.settings import Settings\n"
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
