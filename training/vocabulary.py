"""An encoder with fewer pieces: those that the languages served are written with.

Most of a multilingual encoder is the table of its pieces, and most pieces belong to languages that
nobody asks about. A text whose pieces are all kept has the tokens that it had before, because the
most probable cut of a Unigram model stays the most probable one when others are gone; any other
text is cut into shorter pieces.
"""

import json
import unicodedata
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer

from upstander.training.base_choice import Vocabulary
from upstander.training.errors import BaseModelError

_WORD_TABLE: Final = "word_embeddings.weight"
_MARK: Final = "\u2581"
"""Stands at the begin of a word."""

_CHUNK: Final = 10_000

UNSPELT: Final = "\u0002"
"""Before the names of special pieces: no normalised text has a control character, so that nobody
writes one by its name. `<s>` is HTML for what is struck through."""


def cut(
    base: Path, tokenizer: Tokenizer, texts: Sequence[str], choice: Vocabulary, out: Path
) -> dict[str, Any]:
    """Write the encoder with the pieces that are kept, as a model folder; what was kept.

    base: its folder. tokenizer: its own, without truncation. texts: of training, normalised.
    Raises BaseModelError if its tokenizer is no Unigram model, or the lists of words are not there.
    """
    described: dict[str, Any] = json.loads(tokenizer.to_str())
    model = described["model"]
    if model["type"] != "Unigram":
        raise BaseModelError(
            f"base.vocabulary: {base.name} has a {model['type']} tokenizer, and only Unigram ones "
            "can be cut: leave it out"
        )
    special = _used_by_the_template(described, model["unk_id"])
    pieces = [piece for piece, _ in model["vocab"]]
    counts = _counts(tokenizer, sorted(set(texts)))
    kept = chosen(pieces, counts, _ranks(tokenizer, choice), special, choice)
    out.mkdir(parents=True, exist_ok=True)
    smaller = json.dumps(_renumbered(described, kept, special), ensure_ascii=False)
    (out / "tokenizer.json").write_text(smaller, encoding="utf-8")
    config = json.loads((base / "config.json").read_text(encoding="utf-8"))
    config |= {"vocab_size": len(kept)}
    if (padding := config.get("pad_token_id")) is not None:
        config["pad_token_id"] = kept.index(padding) if padding in kept else 0
    (out / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    weights = load_file(base / "model.safetensors")
    for name in [name for name in weights if name.endswith(_WORD_TABLE)]:
        weights[name] = np.ascontiguousarray(weights[name][kept])
    save_file(weights, out / "model.safetensors", metadata={"format": "pt"})
    total = int(counts.sum())
    return {
        "pieces": len(kept),
        "of": len(pieces),
        "seen": int((counts >= choice.seen).sum()),
        "tokens_kept": round(float(counts[kept].sum()) / max(1, total), 5),
    }


def chosen(
    pieces: Sequence[str],
    counts: npt.NDArray[np.int64],
    ranks: npt.NDArray[np.int64],
    special: set[int],
    choice: Vocabulary,
) -> list[int]:
    """The ids of the pieces that are kept, in their order.

    pieces: by id, the most frequent ones first. counts: (pieces,), how often each is in the texts.
    ranks: (pieces,), how frequent the most frequent word is that has it; from 0.
    """
    scripts = frozenset(choice.scripts)
    native = np.array([_scripts(piece) <= scripts for piece in pieces])
    single = np.array([len(piece.removeprefix(_MARK)) <= 1 for piece in pieces])
    is_special = np.isin(np.arange(len(pieces)), list(special))
    named = np.array([_is_named(piece) for piece in pieces]) & ~is_special
    reasons = [
        is_special,
        single & native & ~named,
        (ranks < choice.words) & ~named,
        (counts >= choice.seen) & ~named,
        native & ~named,
    ]
    reason = np.select(reasons, range(len(reasons)), default=len(reasons))
    within = np.where(reason == 2, ranks, np.where(reason == 3, -counts, 0))
    order = np.lexsort((np.arange(len(pieces)), within, reason))
    return sorted(int(n) for n in order[: choice.pieces] if reason[n] < len(reasons))


def _counts(tokenizer: Tokenizer, texts: Sequence[str]) -> npt.NDArray[np.int64]:
    """(pieces,), how often each occurs in the texts."""
    size = tokenizer.get_vocab_size()
    counts = np.zeros(size, dtype=np.int64)
    for begin in range(0, len(texts), _CHUNK):
        chunk = list(texts[begin : begin + _CHUNK])
        encodings = tokenizer.encode_batch(chunk, add_special_tokens=False)
        ids = list(chain.from_iterable(encoding.ids for encoding in encodings))
        counts += np.bincount(ids, minlength=size)
    return counts


def _ranks(tokenizer: Tokenizer, choice: Vocabulary) -> npt.NDArray[np.int64]:
    """(pieces,), the rank of the most frequent word with each, with a capital or without one."""
    ranks = np.full(tokenizer.get_vocab_size(), np.iinfo(np.int64).max)
    if not choice.languages:
        return ranks
    try:
        from wordfreq import top_n_list
    except ImportError as error:
        raise BaseModelError(
            "base.vocabulary.languages: the lists of words are not installed: pip install "
            "-c constraints.txt wordfreq"
        ) from error
    for language in choice.languages:
        try:
            words = top_n_list(language, choice.words)
        except LookupError as error:
            raise BaseModelError(
                f"base.vocabulary.languages: no list has words of {language!r}: leave it out"
            ) from error
        for forms in (words, [word.capitalize() for word in words]):
            for rank, encoding in enumerate(
                tokenizer.encode_batch(forms, add_special_tokens=False)
            ):
                ranks[encoding.ids] = np.minimum(ranks[encoding.ids], rank)
    return ranks


def _scripts(piece: str) -> frozenset[str]:
    """The first words of the names of its letters and of the marks that belong to one script."""
    names = (
        unicodedata.name(character, "UNKNOWN").partition(" ")[0]
        for character in piece
        if unicodedata.category(character)[0] in "LM"
    )
    return frozenset(names) - {"COMBINING", "VARIATION"}


def _is_named(piece: str) -> bool:
    """Whether it is one like `<mask>`, which means something only by its name."""
    return len(piece) > 2 and piece[0] == "<" and piece[-1] == ">"


def _used_by_the_template(described: dict[str, Any], unknown: int) -> set[int]:
    """The ids that no text is meant to have: those put around one, padding and the unknown."""
    template = described["post_processor"]["special_tokens"].values()
    found = {number for token in template for number in token["ids"]} | {unknown}
    return found | {
        token["id"] for token in described["added_tokens"] if token["content"] == "<pad>"
    }


def _renumbered(
    described: dict[str, Any], kept: Sequence[int], special: set[int]
) -> dict[str, Any]:
    """The tokenizer with these pieces, whose special ones cannot be written."""
    numbers = {old: new for new, old in enumerate(kept)}
    vocabulary = [
        [f"{UNSPELT}{piece}" if old in special else piece, score]
        for old, (piece, score) in ((old, described["model"]["vocab"][old]) for old in kept)
    ]
    model = described["model"] | {
        "vocab": vocabulary,
        "unk_id": numbers[described["model"]["unk_id"]],
    }
    template = described["post_processor"]
    tokens = {
        name: token
        | {
            "ids": [numbers[old] for old in token["ids"]],
            "tokens": [f"{UNSPELT}{text}" for text in token["tokens"]],
        }
        for name, token in template["special_tokens"].items()
    }
    return described | {
        "added_tokens": [],
        "model": model,
        "post_processor": template | {"special_tokens": tokens},
    }
