"""Rows as batches: which tokens are marked, which are unknown, and how rows are padded."""

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from upstander.training.base_model import load_tokenizer, resolve
from upstander.training.batches import Collator, Taught, Units, padded
from upstander.training.encoding import UNKNOWN, EncodedRows, encode, number_type, token_labels
from upstander.training.example import Example
from upstander.training.heads import all_heads
from upstander.training.recipe import Training, load_recipe
from upstander.training.steps.prepare import to_table

HEADS = ("hate.exact", "dehumanization.exact", "hate.tweets", "mechanism.vermin")
EVERY_HEAD = (*HEADS, "hate.posts")


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


@pytest.fixture(scope="module")
def encoded(tokenizer: Tokenizer, rows: list[Example]) -> EncodedRows:
    return encode(to_table(rows, EVERY_HEAD), tokenizer, EVERY_HEAD, ["contrast"])


def numbers(*rows: int) -> np.ndarray:
    return np.array(rows, dtype=np.int64)


def marks_of(rows: EncodedRows, row: int) -> list[int]:
    return rows.marks[rows.starts[row] : rows.starts[row + 1]].tolist()


def test_a_mark_is_known_only_where_asked_and_wanted(
    tokenizer: Tokenizer, rows: list[Example], encoded: EncodedRows
) -> None:
    assert len(encoded) == 6
    assert encoded.lengths.tolist() == [len(tokenizer.encode(row.text.strip()).ids) for row in rows]
    first, second, *others = (marks_of(encoded, row) for row in range(5))
    assert first == [UNKNOWN, 0, *[1] * (len(first) - 3), UNKNOWN]
    assert second == [UNKNOWN, *[0] * (len(second) - 2), UNKNOWN]
    # Of another source than the wanted ones, and of rows that nobody was asked about: nothing.
    assert {mark for other in others for mark in other} == {UNKNOWN}
    both = encode(to_table(rows, EVERY_HEAD), tokenizer, EVERY_HEAD, ["contrast", "hatexplain"])
    assert marks_of(both, 3) == marks_of(both, 0)


def test_an_unknown_mark_is_nan_in_a_batch(encoded: EncodedRows) -> None:
    batch = Collator(0, encoded, HEADS, Training())([numbers(1), numbers(2)])
    known = torch.tensor(marks_of(encoded, 1), dtype=torch.float32)
    known[[0, -1]] = torch.nan
    length = int(encoded.lengths[1])
    torch.testing.assert_close(batch["rationale"][0, :length], known, equal_nan=True)
    assert batch["rationale"][1].isnan().all()


def test_a_guess_counts_less_and_a_head_counts_as_the_recipe_says(encoded: EncodedRows) -> None:
    options = Training(
        weak_weight=0.25, head_weights={"hate": 0.5, "hate.exact": 2.0, "mechanism": 0.8}
    )
    batch = Collator(0, encoded, HEADS, options)([numbers(0), numbers(4)])
    nan = np.nan
    np.testing.assert_allclose(batch["weights"], [[2, 1, 0.5, 0.8], [2, 0.25, 0.5, 0.2]])
    np.testing.assert_array_equal(batch["labels"], [[1, 1, nan, nan], [1, 1, nan, 1]])
    # The heads come in the order of the network, which may lack some of the table.
    batch = Collator(0, encoded, ("mechanism.vermin", "hate.exact"), options)([numbers(4)])
    np.testing.assert_array_equal(batch["labels"], [[1, 1]])
    np.testing.assert_allclose(batch["weights"], [[0.2, 2]])


def repeated(tokenizer: Tokenizer, seed: int = 0) -> EncodedRows:
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
    heads = all_heads(["contrast"])
    return encode(to_table(examples, heads), tokenizer, heads, [], seed)


def test_the_same_sentence_about_two_groups_is_one_unit(tokenizer: Tokenizer) -> None:
    rows = repeated(tokenizer)
    units = Units(rows, max_length=32)
    assert sorted(unit.tolist() for unit in units) == [[0, 1], [2], [3], [4], [5]]
    assert units.lengths == sorted(units.lengths)
    batch = Collator(0, rows, rows.heads, Training())([units[0], units[2], units[4]])
    assert len(batch["input_ids"]) == 4
    assert batch["pairs"].tolist() == [[1, 2]]
    first, second = batch["input_ids"][batch["pairs"][0]]
    assert [tokenizer.decode(row.tolist()) for row in (first, second)] == [
        "sikhs came late",
        "turks came late",
    ]
    assert Collator(0, rows, rows.heads, Training())([units[1]])["pairs"].shape == (0, 2)


def test_a_draw_is_of_a_unit_and_of_a_seed(tokenizer: Tokenizer) -> None:
    draws = repeated(tokenizer).draws
    assert draws[0] == draws[1]
    assert len({*draws.tolist()}) == 5
    assert ((draws >= 0) & (draws < 1)).all()
    np.testing.assert_array_equal(repeated(tokenizer).draws, draws)
    assert not (repeated(tokenizer, seed=1).draws == draws).any()


def test_a_text_that_would_be_cut_and_a_row_that_is_not_wanted_are_no_unit(
    tokenizer: Tokenizer, encoded: EncodedRows
) -> None:
    units = Units(encoded, max_length=32)
    assert (units.rows, len(units)) == (5, 5)
    assert units.lengths == sorted(encoded.lengths[:5].tolist())
    rows = repeated(tokenizer)
    half = Units(rows, max_length=32, wanted=np.arange(6) % 2 == 1)
    assert sorted(unit.tolist() for unit in half) == [[1], [3], [5]]
    nothing = Units(rows, max_length=32, wanted=np.zeros(6, dtype=np.bool_))
    assert (len(nothing), nothing.rows, nothing.lengths) == (0, 0, [])


def test_a_batch_is_padded_with_what_is_unknown(encoded: EncodedRows) -> None:
    batch = Collator(7, encoded, HEADS, Training())([numbers(0), numbers(5), numbers(1)])
    lengths = encoded.lengths[[0, 5, 1]].tolist()
    assert batch["input_ids"].shape == batch["rationale"].shape == (3, max(lengths))
    assert batch["attention_mask"].sum(dim=1).tolist() == lengths
    for place, length in enumerate(lengths):
        assert batch["attention_mask"][place, :length].all()
        assert (batch["input_ids"][place, length:] == 7).all()
        assert batch["rationale"][place, length:].isnan().all()


@settings(max_examples=40)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=8))
def test_a_batch_holds_the_rows_that_were_asked_for(
    encoded: EncodedRows, wanted: list[int]
) -> None:
    collator = Collator(0, encoded, HEADS, Training())
    batch = collator([numbers(row) for row in wanted])
    for place, row in enumerate(wanted):
        own = encoded.ids[encoded.starts[row] : encoded.starts[row + 1]].tolist()
        assert batch["input_ids"][place, : len(own)].tolist() == own
        alone = collator([numbers(row)])
        for name in ("labels", "weights"):
            torch.testing.assert_close(batch[name][place], alone[name][0], equal_nan=True)


def test_what_a_teacher_says_lands_at_its_rows_heads_and_tokens(encoded: EncodedRows) -> None:
    heads = ("hate.tweets", "other", "hate.exact")  # in another order, one of its own
    logits = np.arange(18).reshape(6, 3).astype(np.float16)
    marks = (np.arange(len(encoded.ids)) % 1000).astype(np.float16)
    taught = Taught(logits, marks, heads)
    batch = Collator(0, encoded, HEADS, Training(), taught)([numbers(4), numbers(1)])
    nan = np.nan
    # The teacher has neither dehumanization nor mechanisms.
    np.testing.assert_array_equal(batch["taught"], [[14, nan, 12, nan], [5, nan, 3, nan]])
    for place, row in enumerate((4, 1)):
        begin, end = encoded.starts[row : row + 2]
        said = batch["taught_rationale"][place]
        np.testing.assert_array_equal(said[: end - begin], marks[begin:end])
        assert said[end - begin :].isnan().all()
    only_heads = Collator(0, encoded, HEADS, Training(), Taught(logits, None, heads))
    assert "taught_rationale" not in only_heads([numbers(0)])
    assert "taught" not in Collator(0, encoded, HEADS, Training())([numbers(0)])


def test_rows_are_read_as_they_were_written(encoded: EncodedRows, tmp_path: Path) -> None:
    encoded.save(tmp_path / "rows.safetensors")
    read = EncodedRows.load(tmp_path / "rows.safetensors")
    for field in fields(EncodedRows):
        before, after = getattr(encoded, field.name), getattr(read, field.name)
        if isinstance(before, tuple):
            assert after == before
        else:
            assert after.dtype == before.dtype
            np.testing.assert_array_equal(after, before)


def test_a_table_without_rows_is_encoded(tokenizer: Tokenizer) -> None:
    nothing = encode(to_table([], EVERY_HEAD), tokenizer, EVERY_HEAD, [])
    assert len(nothing) == len(Units(nothing, max_length=32)) == 0


def test_a_vocabulary_that_two_bytes_cannot_number_takes_four() -> None:
    large = Tokenizer(WordLevel({f"w{n}": n for n in range(65_537)}, unk_token="w0"))
    row = Example("w65536", "contrast", "1", "train", {"hate": 0.0}, spans=())
    rows = encode(to_table([row], EVERY_HEAD), large, EVERY_HEAD, [])
    assert rows.ids.tolist() == [65_536]
    assert number_type(65_536) is np.uint16


def test_rows_of_tokens_alone_are_padded() -> None:
    batch = padded([[1, 2, 3], [4]], padding=7)
    assert batch["input_ids"].tolist() == [[1, 2, 3], [4, 7, 7]]
    assert batch["attention_mask"].tolist() == [[1, 1, 1], [1, 0, 0]]
