"""The network that a bundle was exported from, in half precision: what fine-tuning begins with.

It lies beside the bundles of the repository, as `models/networks/NAME-VERSION.safetensors` with a
JSON of the same name, and is in no wheel and no image.
`python -m upstander.training.finetune.network RECIPE RUN BUNDLE` writes both from a finished run
and the bundle that it made.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModel

from upstander.models.bundle import read_manifest, sha256_of, verify
from upstander.models.files import replacing, write_whole
from upstander.models.labels import MECHANISMS, TARGETS
from upstander.models.manifest import Manifest
from upstander.models.provenance import BaseModelRecord
from upstander.models.shipped import BUNDLES
from upstander.training.base_model import base_of
from upstander.training.errors import BaseModelError
from upstander.training.model import HeadedEncoder
from upstander.training.onnx_export import Scale
from upstander.training.recipe import Recipe, Training, head_weight, load_recipe

NETWORKS: Final = BUNDLES.parent / "networks"

_CONFIG: Final = frozenset(
    {
        "attention_probs_dropout_prob", "hidden_act", "hidden_dropout_prob", "hidden_size",
        "initializer_range", "intermediate_size", "layer_norm_eps", "max_position_embeddings",
        "model_type", "num_attention_heads", "num_hidden_layers", "pad_token_id",
        "type_vocab_size", "vocab_size",
    }
)  # fmt: skip
"""What of a configuration makes the network."""

HEAD_WEIGHTS: Final = {
    "dehumanization": 1.0,
    "hate": 1.0,
    "toxicity": 0.4,
    "severe_toxicity": 0.4,
    "identity_attack": 0.4,
    "insult": 0.4,
    "profanity": 0.4,
    "threat": 0.4,
    "target": 0.1,
    "mechanism": 0.2,
    "rationale": 1.5,
}
"""What each output counts in the loss: as in the recipe of the shipped model."""


class Fused(BaseModel):
    """How the heads of a network become one output of the bundle."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    bias: float
    weights: dict[str, float]


class NetworkRecord(BaseModel):
    """What is known of a stored network.

    bundle_sha256: of the bundle that was exported from it. sha256: of the weights.
    encoder: its configuration, as `transformers` has it. layers: whose states the heads read.
    scale: how the graph is rounded. fusion: output of the bundle to what it is made of.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    version: str
    bundle_sha256: str
    sha256: str
    base: BaseModelRecord
    encoder: dict[str, int | float | str | bool]
    layers: tuple[int, ...]
    heads: tuple[str, ...]
    scale: Scale
    fusion: dict[str, Fused]


@dataclass(frozen=True, slots=True)
class Network:
    """A stored network whose bytes were checked."""

    weights: Path
    record: NetworkRecord

    def load(self, outputs: Sequence[str], options: Training, distil: float) -> HeadedEncoder:
        """The network with one head for each output of the bundle, in this order.

        The heads are linear, and so is their combination: they fold into the outputs.
        """
        state = {name: value.float() for name, value in load_file(self.weights).items()}
        record = self.record
        fusion = torch.zeros(len(outputs), len(record.heads), dtype=torch.float64)
        bias = torch.zeros(len(outputs), dtype=torch.float64)
        for row, output in enumerate(outputs):
            fused = record.fusion[output]
            bias[row] = fused.bias
            for head, weight in fused.weights.items():
                fusion[row, record.heads.index(head)] = weight
        matrix, old = state["heads.weight"].double(), state["heads.bias"].double()
        state["heads.weight"] = (fusion @ matrix).float()
        state["heads.bias"] = (fusion @ old + bias).float()
        model = new_network(record, outputs, options, distil)
        model.load_state_dict(state)
        return model


def new_network(
    record: NetworkRecord, outputs: Sequence[str], options: Training, distil: float
) -> HeadedEncoder:
    """A network of the same form whose weights say nothing yet."""
    settings: dict[str, Any] = dict(record.encoder)
    config = AutoConfig.for_model(**settings)
    encoder = AutoModel.from_config(config)  # type: ignore[no-untyped-call]
    encoder.pooler = None
    names = head_names(outputs)
    model = HeadedEncoder(
        encoder,
        len(outputs),
        options.dropout,
        record.layers,
        options.head_weights.get("rationale", 1.0),
        distil_weight=distil,
        head_weights=[head_weight(name, options) for name in names],
    )
    model.rounds_as_int8 = record.scale == "channel"
    return model


def head_names(outputs: Sequence[str]) -> list[str]:
    """The outputs of a bundle by the names that training gives heads: `target.race`."""
    kinds = {name: f"target.{name}" for name in TARGETS}
    kinds |= {name: f"mechanism.{name}" for name in MECHANISMS}
    return [kinds.get(name, name) for name in outputs]


def network_of(manifest: Manifest, bundle_sha256: str, folder: Path = NETWORKS) -> Network:
    """The network that a bundle was exported from.

    Raises BaseModelError if it is not there, or is damaged.
    """
    place = folder / f"{manifest.name}-{manifest.version}.json"
    there = sorted(path.stem for path in folder.glob("*.json"))
    if not place.is_file():
        raise BaseModelError(
            f"{manifest.name} {manifest.version} cannot be fine-tuned, because its network is not "
            f"in {folder}: begin with a bundle whose network is ("
            f"{', '.join(there) or 'none here: the repository has them, no wheel and no image'})"
        )
    try:
        record = NetworkRecord.model_validate_json(place.read_bytes())
    except ValidationError as error:
        raise BaseModelError(f"{place} is damaged: get it again from the repository") from error
    weights = place.with_suffix(".safetensors")
    if not weights.is_file() or sha256_of(weights) != record.sha256:
        raise BaseModelError(
            f"{weights} is missing or does not have the SHA-256 of {place.name}: get it again from "
            "the repository"
        )
    if record.bundle_sha256 != bundle_sha256:
        raise BaseModelError(
            f"the network of {place.stem} is that of another bundle of this name and version: "
            "begin with the bundle of the repository"
        )
    return Network(weights, record)


def load_state(path: Path) -> dict[str, torch.Tensor]:
    """The weights of a file. Raises BaseModelError if it cannot be read."""
    try:
        found: dict[str, torch.Tensor] = load_file(path)
    except (OSError, SafetensorError) as error:
        raise BaseModelError(f"{path} cannot be read: remove the folder and begin anew") from error
    return found


def write_network(recipe: Recipe, run: Path, bundle: Path, folder: Path = NETWORKS) -> Path:
    """Write the network of a finished run that ended in a bundle; the file of its weights."""
    bundle_sha256 = verify(bundle)
    manifest = read_manifest(bundle)
    calibration = json.loads((run / "calibrate" / "calibration.json").read_text())
    state = load_state(run / "refine" / "model.safetensors")
    config = json.loads((base_of(recipe.base, run) / "config.json").read_text())
    weights = folder / f"{manifest.name}-{manifest.version}.safetensors"
    with replacing(weights) as place:
        save_file({name: value.half() for name, value in state.items()}, place)
        place.chmod(0o644)  # safetensors writes for its owner alone
    heads = calibration["heads"]
    record = NetworkRecord(
        name=manifest.name,
        version=manifest.version,
        bundle_sha256=bundle_sha256,
        sha256=sha256_of(weights),
        base=manifest.base_model,
        encoder={name: value for name, value in config.items() if name in _CONFIG},
        layers=recipe.training.layers,
        heads=tuple(heads),
        scale=recipe.export.scale,
        fusion={
            output["name"]: Fused(
                bias=bias, weights={h: w for h, w in zip(heads, row, strict=True) if w}
            )
            for output, row, bias in zip(
                calibration["outputs"], calibration["fusion"], calibration["bias"], strict=True
            )
        },
    )
    write_whole(weights.with_suffix(".json"), (record.model_dump_json(indent=2) + "\n").encode())
    return weights


if __name__ == "__main__":
    recipe_name, run_folder, bundle_folder = sys.argv[1:]
    write_network(load_recipe(Path(recipe_name)), Path(run_folder), Path(bundle_folder))
