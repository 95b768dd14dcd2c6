"""A vocabulary that is cut: what is kept is read as before, and nobody writes special tokens."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import datasets
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer, pre_tokenizers
from tokenizers.models import Unigram
from tokenizers.normalizers import NFKC
from tokenizers.processors import TemplateProcessing
from transformers import BertConfig, BertModel

from upstander.training.base_choice import BaseModelChoice, Vocabulary
from upstander.training.base_model import base_of, load_tokenizer, resolve
from upstander.training.encoding import EncodedRows
from upstander.training.errors import BaseModelError, RecipeError
from upstander.training.example import Example
from upstander.training.heads import all_heads
from upstander.training.recipe import Recipe, load_recipe
from upstander.training.steps.encode import encode
from upstander.training.steps.prepare import to_table
from upstander.training.steps.refine import take_network
from upstander.training.vocabulary import chosen, cut

MARK = "\u2581"
SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]
WORDS = [
    f"{MARK}{word}" for word in ("they", "are", "here", "there", "\u0442\u0430\u043c", "hello")
]
PARTS = ["th", "er", "ey", "ell", "\u0442\u0430", "\u4f60\u597d"]
SINGLE = [MARK, *"aehlorty<>s/", "\u0442", "\u0430", "\u043c", "\u4f60", "\u597d"]
PIECES = [*SPECIAL, *WORDS, *PARTS, *SINGLE, "<mask>"]
TEXTS = ["they are here", "they are there", "hello hello"]
HEADS = all_heads(["contrast"])


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small encoder with a tokenizer as that of XLM-R."""
    folder = tmp_path_factory.mktemp("whole")
    scores = [0.0] * 4 + [-2.0 - 0.1 * n for n in range(len(PIECES) - 5)] + [0.0]
    tokenizer = Tokenizer(Unigram(list(zip(PIECES, scores, strict=True)), unk_id=3))
    tokenizer.normalizer = NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.add_special_tokens([*SPECIAL, "<mask>"])
    tokenizer.post_processor = TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    config = BertConfig(
        vocab_size=len(PIECES) + 2,
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=64,
        pad_token_id=1,
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder


def small(base: Path, out: Path, pieces: int = 28, **choice: object) -> Tokenizer:
    """The tokenizer with so many pieces."""
    wanted = Vocabulary.model_validate({"pieces": pieces, **choice})
    cut(base, load_tokenizer(base), TEXTS, wanted, out)
    return load_tokenizer(out)


@pytest.fixture(scope="module")
def after(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same encoder with the pieces of its Latin letters and of the texts."""
    out = tmp_path_factory.mktemp("cut")
    small(base, out)
    return out


def kept(after: Path) -> list[str]:
    vocabulary = json.loads((after / "tokenizer.json").read_text())["model"]["vocab"]
    return [piece.removeprefix("\u0002") for piece, _ in vocabulary]


def test_what_is_special_single_or_seen_is_kept(after: Path) -> None:
    pieces = kept(after)
    assert pieces[:4] == SPECIAL
    assert {f"{MARK}they", f"{MARK}are", f"{MARK}hello", MARK, *"aehlorty<>s/"} <= {*pieces}
    assert "<mask>" not in pieces
    assert not {"\u4f60\u597d", "\u4f60", "\u0442", f"{MARK}\u0442\u0430\u043c"} & {*pieces}


def test_scripts_that_are_served_keep_their_characters(base: Path, tmp_path: Path) -> None:
    small(base, tmp_path, scripts=["LATIN", "CJK"])
    assert {"\u4f60", "\u597d"} <= {*kept(tmp_path)}
    assert "\u0442" not in kept(tmp_path)


@settings(max_examples=60)
@given(st.lists(st.sampled_from(["they", "are", "here", "there", "hello", "hey", "yes"])))
def test_texts_of_kept_pieces_have_the_tokens_they_had(
    base: Path, after: Path, words: list[str]
) -> None:
    text = " ".join(words)
    whole, ours = load_tokenizer(base).encode(text), load_tokenizer(after).encode(text)
    if {*whole.tokens} <= {*kept(after)}:
        assert [token.removeprefix("\u0002") for token in ours.tokens] == whole.tokens
        assert ours.offsets == whole.offsets
        assert ours.special_tokens_mask == whole.special_tokens_mask


def test_a_token_has_the_embedding_it_had(base: Path, after: Path) -> None:
    name = "embeddings.word_embeddings.weight"
    whole, ours = (load_file(folder / "model.safetensors") for folder in (base, after))
    pieces = kept(after)
    assert ours[name].shape == (len(pieces), 8)
    for number, piece in enumerate(pieces):
        np.testing.assert_array_equal(ours[name][number], whole[name][PIECES.index(piece)])
    for other in whole.keys() - {name}:
        np.testing.assert_array_equal(ours[other], whole[other])
    model = BertModel.from_pretrained(after, add_pooling_layer=False)
    assert model.config.vocab_size == len(pieces)
    assert model.config.pad_token_id == 1


def test_nobody_writes_a_special_token_by_its_name(base: Path, after: Path) -> None:
    text = "<s>hello</s> <pad> <mask>"
    assert load_tokenizer(base).encode(text).ids.count(0) == 2
    ids = load_tokenizer(after).encode(text).ids
    assert (ids[0], ids[-1]) == (0, 2)
    assert not {0, 1, 2} & {*ids[1:-1]}


def test_offsets_do_not_touch_the_space_before_a_word(base: Path, after: Path) -> None:
    for folder in (base, after):
        text = "they are here"
        offsets = load_tokenizer(folder).encode(text).offsets[1:-1]
        assert [text[a:b] for a, b in offsets] == ["they", "are", "here"]
        saved = Tokenizer.from_str(load_tokenizer(folder).to_str())
        assert saved.encode(text).offsets[1:-1] == offsets


def test_windows_begin_and_end_with_special_tokens(after: Path) -> None:
    tokenizer = load_tokenizer(after)
    tokenizer.enable_truncation(6, stride=2)
    encoding = tokenizer.encode("they are here " * 4)
    windows = [encoding, *encoding.overflowing]
    assert len(windows) > 2
    assert all((part.ids[0], part.ids[-1]) == (0, 2) for part in windows)
    assert windows[0].ids[-3:-1] == windows[1].ids[1:3]


def test_words_of_a_language_come_before_what_is_seen() -> None:
    pieces = ["<s>", "a", "\u2581rare", "\u2581word", "\u2581seen", "\u2581often", "\u4f60\u4eec"]
    counts = np.array([0, 9, 0, 0, 2, 7, 1])
    ranks = np.array([99, 99, 99, 3, 99, 99, 99])

    def names(number: int) -> list[str]:
        choice = Vocabulary(pieces=max(number, 16), words=10).model_copy(update={"pieces": number})
        return [pieces[n] for n in chosen(pieces, counts, ranks, {0}, choice)]

    assert names(3) == ["<s>", "a", "\u2581word"]
    assert names(4) == ["<s>", "a", "\u2581word", "\u2581often"]
    assert names(5) == ["<s>", "a", "\u2581word", "\u2581seen", "\u2581often"]
    assert names(16) == pieces[:6]  # seen once, of no script that is served


def test_pieces_of_frequent_words_are_kept_with_a_capital_or_without(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lists are those of a stand-in: the package is large, and needed by this step alone."""
    lists = {"zh": ["\u4f60\u597d", "\u0442\u0430\u043c"]}
    package = SimpleNamespace(top_n_list=lambda language, number: lists[language][:number])
    monkeypatch.setitem(sys.modules, "wordfreq", package)
    small(base, tmp_path / "one", languages=["zh"], words=1)
    assert "\u4f60\u597d" in kept(tmp_path / "one")
    assert f"{MARK}\u0442\u0430\u043c" not in kept(tmp_path / "one")
    small(base, tmp_path / "two", languages=["zh"], words=2)
    assert f"{MARK}\u0442\u0430\u043c" in kept(tmp_path / "two")
    with pytest.raises(BaseModelError, match="no list has words of 'xx': leave it out"):
        small(base, tmp_path / "none", languages=["xx"])
    monkeypatch.setitem(sys.modules, "wordfreq", None)
    with pytest.raises(BaseModelError, match=r"-c constraints\.txt wordfreq"):
        small(base, tmp_path / "none", languages=["zh"])


def test_a_vocabulary_of_another_kind_is_refused(tmp_path: Path) -> None:
    whole = resolve(load_recipe(Path("tiny")).base)
    with pytest.raises(BaseModelError, match="has a WordPiece tokenizer, and only Unigram ones"):
        small(whole, tmp_path)


def recipe_of(base: Path) -> Recipe:
    choice = BaseModelChoice(name=str(base), licence="MIT", vocabulary=Vocabulary(pieces=28))
    return load_recipe(Path("tiny")).model_copy(update={"base": choice})


def prepared(folder: Path) -> Path:
    rows = [
        Example(text, "contrast", str(n), "train", {"hate": 0.0}) for n, text in enumerate(TEXTS)
    ]
    table = to_table(rows, HEADS)
    datasets.DatasetDict({"train": table, "validation": table}).save_to_disk(str(folder / "data"))
    (folder / "heads.json").write_text(json.dumps(HEADS))
    return folder


def test_a_run_encodes_with_the_cut_vocabulary_and_keeps_it(base: Path, tmp_path: Path) -> None:
    recipe = recipe_of(base)
    with pytest.raises(BaseModelError, match="--until encode"):
        base_of(recipe.base, tmp_path)
    (tmp_path / "encode").mkdir()
    report = encode(recipe, prepared(tmp_path / "prepare"), tmp_path / "encode")
    folder = base_of(recipe.base, tmp_path)
    assert report["vocabulary"]["pieces"] == len(kept(folder))
    rows = EncodedRows.load(tmp_path / "encode" / "train.safetensors")
    assert rows.ids[: rows.starts[1]].tolist() == load_tokenizer(folder).encode(TEXTS[0]).ids


def test_a_network_of_other_pieces_does_not_take_the_place_of_a_trained_one(
    after: Path, tmp_path: Path
) -> None:
    start, out = tmp_path / "other" / "train", tmp_path / "run" / "train"
    for step in (start, out):
        step.mkdir(parents=True)
        (step.parent / "encode" / "base").mkdir(parents=True)
        (step.parent / "encode" / "base" / "tokenizer.json").write_text(step.parent.name)
    save_file({"a": np.zeros(1, np.float32)}, start / "model.safetensors")
    (start / "heads.json").write_text("[]")
    (start / "step.json").write_text(json.dumps({"report": {}}))
    with pytest.raises(RecipeError, match="reads other pieces than this run"):
        take_network(start, out)
    for step in (start, out):
        (step.parent / "encode" / "base" / "tokenizer.json").write_text("the same")
    assert "continued_from" in take_network(start, out)
