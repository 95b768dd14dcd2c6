"""Rows with a harmless post beside them: what is said of the whole, and what nobody was asked."""

from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from upstander.training.base_model import load_tokenizer, resolve
from upstander.training.batches import Collator, Taught
from upstander.training.encoding import EncodedRows, encode
from upstander.training.example import Example
from upstander.training.heads import all_heads
from upstander.training.recipe import Concatenation, Training, load_recipe
from upstander.training.steps.prepare import to_table

HEADS = ("hate.exact", "toxicity.comments", "dehumanization.exact")
SOURCES = ["contrast", "ordinary", "jigsaw_toxic"]
BESIDE = Training(concatenate=Concatenation(share=1.0, sources=("ordinary",), max_length=32))


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return load_tokenizer(resolve(load_recipe(Path("minilm")).base))


@pytest.fixture(scope="module")
def rows(tokenizer: Tokenizer) -> EncodedRows:
    heads = all_heads(SOURCES)
    examples = [
        Example(
            *("those sikhs are vermin", "contrast", "1", "train"),
            {"hate": 1.0, "dehumanization": 1.0},
            spans=((12, 22),),
        ),
        Example("the bus is late", "ordinary", "2", "train", {"hate": 0.0, "dehumanization": 0.0}),
        Example(
            "it rains on sunday", "ordinary", "3", "train", {"hate": 0.0, "dehumanization": 0.0}
        ),
        Example("you are an idiot", "jigsaw_toxic", "4", "train", {"toxicity": 1.0}),
        Example("word " * 29, "contrast", "5", "train", {"hate": 0.0}),
    ]
    return encode(to_table(examples, heads), tokenizer, heads, ["contrast"])


def test_a_harmless_post_stands_before_or_after(rows: EncodedRows, tokenizer: Tokenizer) -> None:
    seen = set()
    for n in range(40):
        batch = Collator(0, rows, HEADS, BESIDE)([np.array([0])] * (n + 1))
        seen |= {tokenizer.decode(ids.tolist()) for ids in batch["input_ids"]}
    post = {"the bus is late", "it rains on sunday"}
    own = "those sikhs are vermin"
    assert seen == {f"{p} {own}" for p in post} | {f"{own} {p}" for p in post}


def test_the_label_is_that_of_the_row_and_its_words_alone_are_marked(
    rows: EncodedRows, tokenizer: Tokenizer
) -> None:
    batch = Collator(0, rows, HEADS, BESIDE)([np.array([0])])
    assert batch["labels"][0, 0] == batch["labels"][0, 2] == 1
    marked = batch["input_ids"][0][batch["rationale"][0] == 1]
    assert tokenizer.decode(marked.tolist()) == "are vermin"
    asked = batch["input_ids"][0][~batch["rationale"][0].isnan()]
    assert tokenizer.decode(asked.tolist()) == "those sikhs are vermin"
    assert int(batch["attention_mask"].sum()) == batch["input_ids"].shape[1]


def test_what_nobody_was_asked_of_the_whole_is_unknown(rows: EncodedRows) -> None:
    said = np.full((5, 2), 3.0, dtype=np.float16)
    marks = np.ones(len(rows.ids), dtype=np.float16)
    taught = Taught(said, marks, ("hate.exact", "toxicity.comments"))
    batch = Collator(0, rows, HEADS, BESIDE, taught)([np.array([0])])
    assert batch["taught"][0].tolist()[0] == 3
    assert batch["taught"][0, 1:].isnan().all()
    own = int(rows.lengths[0])
    assert int((batch["taught_rationale"] == 1).sum()) == own
    assert int(batch["taught_rationale"].isnan().sum()) == batch["input_ids"].shape[1] - own


def test_rows_of_another_definition_and_long_ones_stay_alone(rows: EncodedRows) -> None:
    for number in (3, 4):
        batch = Collator(0, rows, HEADS, BESIDE)([np.array([number])])
        begin, end = rows.starts[number], rows.starts[number + 1]
        assert batch["input_ids"][0].tolist() == rows.ids[begin:end].tolist()
    rude = Collator(0, rows, HEADS, BESIDE)([np.array([3])])
    assert rude["labels"][0, 1] == 1


def test_a_share_of_the_batches_is_joined_the_same_at_every_call(rows: EncodedRows) -> None:
    some = Training(concatenate=BESIDE.concatenate.model_copy(update={"share": 0.5}))  # type: ignore[union-attr]
    collator, again = Collator(0, rows, HEADS, some), Collator(0, rows, HEADS, some)
    widths = []
    for n in range(1, 60):
        units = [np.array([0])] * n
        first = collator(units)["input_ids"]
        assert first.tolist() == again(units)["input_ids"].tolist()
        widths.append(first.shape[1] > rows.lengths[0])
    assert 15 < sum(widths) < 45
    alone = Collator(0, rows, HEADS, Training())([np.array([0])])
    assert alone["input_ids"].shape[1] == rows.lengths[0]
