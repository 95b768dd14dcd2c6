"""The worked example of docs/retraining.md, followed in a copy of the rooms."""

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from conftest import ROOT

from upstander.training.fetch import ORIGINALS
from upstander.training.recipe import load_recipe
from upstander.training.sources import SOURCES

PAGE = (ROOT / "docs/retraining.md").read_text()
CHECKS = "ours and (rows_become_examples or missing_column or missing_file) or every_declared_file"
"""What `test_sources.py` and `test_fetch.py` ask of a new source; the others are tested there."""


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def patched(file: Path, difference: str) -> None:
    """Add the marked lines of each part of a difference, which has to fit in one place alone."""
    text = file.read_text()
    for part in re.split(r"^@@\n", difference, flags=re.MULTILINE):
        lines = part.splitlines(keepends=True)
        before = "".join(line[1:] or line for line in lines if not line.startswith("+"))
        after = "".join(line[1:] or line for line in lines)
        assert text.count(before) == 1, part
        text = text.replace(before, after)
    file.write_text(text)


def run(checkout: Path, *command: str) -> str:
    """What a command says that succeeds in the copy, whose rooms it finds before the others."""
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=checkout,
        env={
            **os.environ,
            "PYTHONPATH": str(checkout),
            "HF_DATASETS_CACHE": str(checkout / "cache"),
            "UPSTANDER_DATA": str(checkout / "data"),
        },
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what is changed, with the source of the page in it, its rows and its recipes."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("evaluation", "models", "policies", "serving", "pyproject.toml"):
        (folder / name).symlink_to(ROOT / name)
    for name in ("training", "tests", "upstander"):  # its links to the rooms stay links
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, folder / name, symlinks=True, ignore=ignored)
    for template in (folder / "training/contrast/templates").rglob("*.toml"):
        if template.stem not in ("plain", "mechanisms"):
            template.unlink()  # fewer sentences to prepare: seconds in place of half a minute
    (folder / "data/ours").mkdir(parents=True)
    for name, rows in zip(("rows", "test"), blocks("json"), strict=True):
        (folder / f"data/ours/{name}.jsonl.gz").write_bytes(gzip.compress(rows.encode()))
    (module,) = blocks("python")
    (folder / "training/sources/ours.py").write_text(module)
    register, sample = blocks("diff")
    patched(folder / "training/sources/__init__.py", register)
    patched(folder / "tests/training/source_samples.py", sample)
    missing, ours, public = blocks("toml")
    with (folder / "training/sources/originals.toml").open("a") as file:
        file.write(f"\n{missing}")
    (folder / "ours.toml").write_text(ours)
    (folder / "public.toml").write_text(public)
    return folder


def test_the_source_of_the_page_is_listed_and_passes_the_tests_of_sources(checkout: Path) -> None:
    listed = run(checkout, "upstander", "data", "list")
    assert re.search(r"^ours +10 ", listed, re.MULTILINE), listed
    tests = ("tests/training/test_sources.py", "tests/training/test_fetch.py")
    said = run(checkout, "pytest", "-q", "-p", "no:cacheprovider", *tests, "-k", CHECKS)
    assert "passed" in said


PREPARE = """
import sys

sys.path[:0] = ["tests", "tests/training"]
from pathlib import Path

from made_up_data import write_jsonl
from source_samples import SAMPLES

from upstander.cli import app
from upstander.training.recipe import load_recipe

recipe = load_recipe(Path("public.toml"))
for name in sorted({*recipe.sources} - {"contrast"}):
    for path, rows in SAMPLES[name].files.items():
        write_jsonl(Path("samples") / path, rows)
until = ("--until", "prepare")
app(["train", "ours.toml", *until], standalone_mode=False)
app(["train", "public.toml", "--set", "verify=false", "--data", "samples", *until],
    standalone_mode=False)
"""
"""Prepares the rows of both recipes: of ours, and samples of what can be fetched."""


@pytest.fixture(scope="module")
def prepared(checkout: Path) -> Path:
    """The folder of the runs; one process imports what both need."""
    (checkout / "prepare.py").write_text(PREPARE)
    run(checkout, "prepare")
    return checkout / "runs"


def test_its_rows_are_prepared_by_its_recipe(prepared: Path) -> None:
    report = json.loads((prepared / "ours/prepare/step.json").read_text())["report"]
    counts = {split: rows.get("ours", 0) for split, rows in report["rows"].items()}
    assert counts["test"] == 2
    assert counts["train"] // 2 + counts["validation"] + counts["calibration"] == 8


@pytest.mark.slow
def test_its_run_ends_in_a_bundle(checkout: Path) -> None:
    run(checkout, "upstander", "train", "ours.toml", "--bundles", "runs/bundles")
    said = run(checkout, "upstander", "model", "verify", "runs/bundles/ours/0.1.0")
    assert "0.1.0" in said


def test_the_recipe_of_public_data_reads_all_that_can_be_fetched_and_nothing_else(
    checkout: Path,
) -> None:
    originals = tomllib.loads(ORIGINALS.read_text())
    english = {n: s for n, s in SOURCES.items() if s.languages == ("en",)}
    files = {n: [f.path for f in (*s.files, *s.extra_files)] for n, s in english.items()}
    others = {f.path for s in SOURCES.values() if s.name not in english for f in s.files}
    missing = [p for p, original in originals.items() if "missing" in original and p not in others]
    assert len(missing) == 32
    assert "because 32 files have no single public original" in PAGE
    can = {name for name, paths in files.items() if not set(paths) & set(missing)}
    assert set(load_recipe(checkout / "public.toml").sources) == can
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) == set(english) - can


def test_the_recipe_of_public_data_prepares_rows_of_every_source(
    checkout: Path, prepared: Path
) -> None:
    loaded = load_recipe(checkout / "public.toml")
    report = json.loads((prepared / "public/prepare/step.json").read_text())["report"]
    for label, fusion in loaded.labels.items():
        assert set(fusion.heads) <= set(report["heads"])
        families = {SOURCES[name].heads.get(label) for name in loaded.sources}
        assert set(fusion.families) <= {*families, "contrast"}
