"""Rows as batches: which tokens are marked, which are unknown, and how rows are padded."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from training.base import load_tokenizer, resolve
from training.encoding import Collator, encode, token_labels
from training.example import Example
from training.heads import all_heads
from training.recipe import Training, load_recipe
from training.steps.prepare import to_table

HEADS = ("hate.adversarial", "dehumanization.exact", "hate.tweets", "mechanism.vermin")


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return load_tokenizer(resolve(load_recipe(Path("tiny")).base))


def marked_tokens(tokenizer: Tokenizer, text: str, spans: Sequence[Sequence[int]]) -> list[str]:
    encoding = tokenizer.encode(text)
    labels = token_labels(encoding, spans)
    return [token for token, label in zip(encoding.tokens, labels, strict=True) if label == 1]


def test_a_token_is_marked_where_a_stretch_touches_it(tokenizer: Tokenizer) -> None:
    text = "they are vermin, all of them"
    (begin, end) = (text.index("vermin"), text.index(","))
    assert "".join(marked_tokens(tokenizer, text, [(begin, end)])).replace("##", "") == "vermin"
    assert marked_tokens(tokenizer, text, [(0, 4), (end + 2, end + 5)]) == ["they", "all"]
    # One letter of a word is enough, and a stretch that ends where a token begins is not.
    assert marked_tokens(tokenizer, text, [(1, 2)]) == ["they"]
    assert marked_tokens(tokenizer, text, [(4, 5)]) == []
    assert marked_tokens(tokenizer, text, []) == []


def test_special_tokens_are_neither_marked_nor_unmarked(tokenizer: Tokenizer) -> None:
    encoding = tokenizer.encode("they are")
    assert encoding.tokens == ["[CLS]", "they", "are", "[SEP]"]
    labels = token_labels(encoding, [(0, 100)])
    np.testing.assert_array_equal(labels, [np.nan, 1, 1, np.nan])


@settings(max_examples=60)
@given(
    st.text(alphabet="abz ,.!\u00e9\u4e2d", max_size=40),
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 10)), max_size=3),
)
def test_what_is_marked_is_what_is_touched(
    tokenizer: Tokenizer, text: str, stretches: list[tuple[int, int]]
) -> None:
    spans = [(begin, begin + length) for begin, length in stretches]
    encoding = tokenizer.encode(text)
    labels = token_labels(encoding, spans)
    marked = {position for begin, end in spans for position in range(begin, end)}
    for (begin, end), special, label in zip(
        encoding.offsets, encoding.special_tokens_mask, labels, strict=True
    ):
        if special:
            assert np.isnan(label)
        else:
            assert label == bool(marked & set(range(begin, end)))


@pytest.fixture(scope="module")
def rows() -> list[Example]:
    hateful = {"hate": 1.0, "dehumanization": 1.0}
    text = "they are vermin"
    return [
        Example(text, "contrast", "1", "train", hateful, spans=((5, 15),)),
        Example("we had dinner", "contrast", "2", "train", {"hate": 0.0}, spans=()),
        Example("nobody was asked", "contrast", "3", "train", {"hate": 1.0}),
        Example(text, "hatexplain", "4", "train", {"hate": 1.0}, spans=((5, 15),)),
        Example(
            text,
            "dynahate",
            "5",
            "train",
            hateful,
            weak=frozenset({"dehumanization"}),
            mechanisms={"vermin": 1.0},
        ),
        Example("word " * 200, "contrast", "6", "train", {"hate": 0.0}, spans=()),
    ]


def test_the_rationale_is_known_only_where_asked_and_wanted(
    tokenizer: Tokenizer, rows: list[Example]
) -> None:
    every_head = [*HEADS, "hate.posts"]
    table = to_table(rows, every_head)
    options = Training(max_length=32)
    encoded = encode(table, tokenizer, every_head, HEADS, options, ["contrast"])
    assert len(encoded) == 5  # the last is longer than max_length
    rationales = [np.array(unit[0]) for unit in encoded["rationale"]]
    assert [len(r) for r in rationales] == encoded["length"]
    known = [sum(~np.isnan(r)) for r in rationales]
    tokens = [length - 2 for length in encoded["length"]]
    # Of another source than the wanted ones, and of rows that nobody was asked about: nothing.
    assert known == [tokens[0], tokens[1], 0, 0, 0]
    assert rationales[0][1] == 0
    assert set(rationales[0][2:-1]) == {1}
    assert set(rationales[1][1:-1]) == {0}
    both = encode(table, tokenizer, every_head, HEADS, options, ["contrast", "hatexplain"])
    assert np.nansum(both["rationale"][3][0]) == np.nansum(rationales[0]) > 0


def test_a_guess_counts_less_and_a_head_counts_as_the_recipe_says(
    tokenizer: Tokenizer, rows: list[Example]
) -> None:
    every_head = [*HEADS, "hate.posts"]
    options = Training(
        max_length=32,
        weak_weight=0.25,
        head_weights={"hate": 0.5, "hate.adversarial": 2.0, "mechanism": 0.8},
    )
    encoded = encode(to_table(rows, every_head), tokenizer, every_head, HEADS, options, [])
    np.testing.assert_allclose(encoded["weights"][0][0], [2.0, 1.0, 0.5, 0.8])
    np.testing.assert_allclose(encoded["weights"][4][0], [2.0, 0.25, 0.5, 0.2])
    np.testing.assert_array_equal(encoded["labels"][0][0], [1, 1, np.nan, np.nan])
    np.testing.assert_array_equal(encoded["labels"][4][0], [1, 1, np.nan, 1])


def test_the_same_sentence_about_two_groups_is_one_unit(tokenizer: Tokenizer) -> None:
    texts = {
        "a": ["Sikhs came late", "Turks came late", "Sikhs came late"],  # two, and one repeated
        "b": ["it rained", "it rained"],
        "c": ["a longer one"],
    }
    examples = [
        Example(text, "contrast", own_id, "train", {"hate": 0.0})
        for own_id, own in texts.items()
        for text in own
    ]
    every_head = all_heads(["contrast"])
    encoded = encode(
        to_table(examples, every_head), tokenizer, every_head, every_head, Training(), []
    )
    assert [len(unit) for unit in encoded["input_ids"]] == [2, 1, 1, 1, 1]
    for column in ("labels", "weights", "rationale"):
        assert [len(unit) for unit in encoded[column]] == [2, 1, 1, 1, 1]
    batch = Collator(padding=0)([encoded[2], encoded[0], encoded[4]])
    assert len(batch["input_ids"]) == 4
    assert batch["pairs"].tolist() == [[1, 2]]
    first, second = batch["input_ids"][batch["pairs"][0]]
    assert [tokenizer.decode(row.tolist()) for row in (first, second)] == [
        "sikhs came late",
        "turks came late",
    ]


def test_a_batch_is_padded_with_what_is_unknown() -> None:
    one = {"input_ids": [1, 2, 3], "labels": [1.0], "weights": [1.0], "rationale": [0.0, 1.0, 0]}
    other = {"input_ids": [4], "labels": [np.nan], "weights": [0.5], "rationale": [1.0]}
    batch = Collator(padding=7)(
        [{name: [value] for name, value in row.items()} for row in (one, other)]
    )
    assert batch["pairs"].shape == (0, 2)
    nan = torch.nan
    assert batch["input_ids"].tolist() == [[1, 2, 3], [4, 7, 7]]
    assert batch["attention_mask"].tolist() == [[1, 1, 1], [1, 0, 0]]
    torch.testing.assert_close(
        batch["rationale"], torch.tensor([[0.0, 1.0, 0.0], [1.0, nan, nan]]), equal_nan=True
    )
    torch.testing.assert_close(batch["labels"], torch.tensor([[1.0], [nan]]), equal_nan=True)
    assert batch["weights"].tolist() == [[1.0], [0.5]]
