"""The encoder that the shipped recipes start from, with its first layers and words only."""

import json
import re
from pathlib import Path

from safetensors.torch import load_file, save_file

from upstander.training.base_model import resolve
from upstander.training.recipe import RECIPES, load_recipe

LAYERS = 2
WORDS = 8000
"""The first ones of the vocabulary, which are the most frequent. A step of so small a network
spends most of its time on its words, whether a text has them or not."""


def write_base(folder: Path) -> Path:
    """Write it, and return its folder: what trains a network of six layers trains this one."""
    whole = resolve(load_recipe(Path("tiny")).base)
    folder.mkdir(parents=True)
    tokenizer = json.loads((whole / "tokenizer.json").read_text())
    vocabulary = tokenizer["model"]["vocab"]
    tokenizer["model"]["vocab"] = {word: n for word, n in vocabulary.items() if n < WORDS}
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    config = json.loads((whole / "config.json").read_text())
    config |= {"num_hidden_layers": LAYERS, "vocab_size": WORDS}
    (folder / "config.json").write_text(json.dumps(config))
    weights = {
        name: value[:WORDS].clone() if "word_embeddings" in name else value
        for name, value in load_file(whole / "model.safetensors").items()
        if not (found := re.search(r"layer\.(\d+)\.", name)) or int(found[1]) < LAYERS
    }
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def write_recipe(folder: Path) -> Path:
    """Write the shipped recipe `tiny` with that base, and return its file."""
    base = write_base(folder / "base")
    text = (RECIPES / "tiny.toml").read_text()
    for old, new in {
        r'^name = "gt-.*"$': f"name = {json.dumps(str(base))}",
        r'^sha256 = ".*"$': "",
        r"^layers = .*$": f"layers = [1, {LAYERS}]",
    }.items():
        text, found = re.subn(old, new, text, flags=re.MULTILINE)
        assert found == 1, old
    (folder / "tiny.toml").write_text(text)
    return folder / "tiny.toml"
