"""A graph that is too large for one file: its weights lie beside it, and nothing else changes."""

import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import ROOT

from upstander.models.bundle import (
    Bundle,
    open_bundle,
    read_golden,
    sha256_of,
    verify,
    write_bundle,
)
from upstander.models.checksums import CHECKSUMS
from upstander.models.errors import BundleCorrupt, BundleMissing
from upstander.training.errors import TrainingError
from upstander.training.onnx_export import LARGEST_FILE, divide

LARGEST = 12_000_000  # the largest table of the shipped graph has 11.7 MB


@pytest.fixture(scope="module")
def divided(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The shipped bundle, its weights in several files."""
    folder = tmp_path_factory.mktemp("divided")
    graph = folder / "model.onnx"
    shutil.copyfile(bundle.path / "model.onnx", graph)
    (folder / "weights-1.bin").write_bytes(b"of a run before")
    names = divide(graph, LARGEST)
    manifest = bundle.manifest.model_copy(update={"weights": names})
    return write_bundle(
        folder / "divided" / "1.0.0",
        manifest=manifest,
        model=graph,
        tokenizer=bundle.path / "tokenizer.json",
        golden=read_golden(bundle.path, bundle.manifest),
        card="# A card\n",
    )


def test_it_scores_the_same_to_the_bit(bundle: Bundle, divided: Bundle) -> None:
    assert len(divided.manifest.weights) > 1
    assert divided.golden_difference == bundle.golden_difference
    for text in ("Good morning!", "Those refugees are vermin."):
        assert divided.scorer.score(text).scores == bundle.scorer.score(text).scores


def test_no_file_is_too_large_and_nothing_is_twice_there(bundle: Bundle, divided: Bundle) -> None:
    sizes = {
        name: (divided.path / name).stat().st_size
        for name in ("model.onnx", *divided.manifest.weights)
    }
    assert max(sizes.values()) <= LARGEST
    assert sum(sizes.values()) < 1.01 * (bundle.path / "model.onnx").stat().st_size


def test_its_files_are_checked_as_the_graph_is(divided: Bundle, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(divided.path, tmp_path / "copy"))
    name = divided.manifest.weights[-1]
    file = copy / name
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(BundleCorrupt, match=f"{name} does not match"):
        verify(copy)
    file.unlink()
    with pytest.raises(BundleMissing, match=f"{name} is missing"):
        open_bundle(copy)
    sums = copy / CHECKSUMS
    kept = [line for line in sums.read_text().splitlines(True) if name not in line]
    sums.write_text("".join(kept))
    with pytest.raises(BundleMissing, match=f"does not list {name}"):
        open_bundle(copy)


def test_a_graph_that_is_small_enough_is_left_alone(bundle: Bundle, tmp_path: Path) -> None:
    graph = tmp_path / "model.onnx"
    shutil.copyfile(bundle.path / "model.onnx", graph)
    assert divide(graph) == ()
    assert sha256_of(graph) == sha256_of(bundle.path / "model.onnx")
    assert LARGEST_FILE < 100_000_000
    with pytest.raises(TrainingError, match="smaller vocabulary"):
        divide(graph, 1_000_000)


@pytest.mark.parametrize("name", ["model.onnx", "weights-1.bin", "cascade.json"])
def test_what_a_bundle_holds_is_committed_and_comes_with_the_wheel(name: str) -> None:
    """Wheels hold what git does not ignore; the image is built of the folders that are named."""
    path = f"models/bundles/upstander-base/1.0.0/{name}"
    done = subprocess.run(["git", "check-ignore", "-q", path], cwd=ROOT, check=False)
    assert done.returncode == 1
    docker = (ROOT / ".dockerignore").read_text().splitlines()
    assert "!models" in docker
    assert not any(line.endswith(Path(name).suffix) for line in docker)


def test_no_file_that_is_committed_is_too_large_for_code_hosts() -> None:
    command = ["git", "ls-files", "-z", "models"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    files = [ROOT / name for name in listed.split("\0") if name]
    assert files
    sizes = {file.name: file.stat().st_size for file in files if file.exists()}
    assert {name: size for name, size in sizes.items() if size > LARGEST_FILE} == {}
