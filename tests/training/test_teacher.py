"""A teacher: what it says is read as it was written, and other rows than its own are refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertModel

from upstander.training.encoding import EncodedRows
from upstander.training.errors import RecipeError
from upstander.training.inference import logits_of
from upstander.training.model import HeadedEncoder
from upstander.training.recipe import Distil, load_recipe
from upstander.training.steps.teach import teach
from upstander.training.teacher import read_taught, write_taught

HEADS = ("hate.exact", "toxicity.posts")
LENGTHS = (5, 3, 8)


@pytest.fixture(scope="module")
def teacher() -> HeadedEncoder:
    """A network with random weights that reads ten tokens."""
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=50,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=12,
    )
    encoder = BertModel(config, add_pooling_layer=False)
    return HeadedEncoder(encoder, heads=2, dropout=0.0, layers=(1,)).eval()


def rows_of(lengths: tuple[int, ...] = LENGTHS, seed: int = 0) -> EncodedRows:
    """Rows of random tokens, without labels."""
    tokens = sum(lengths)
    count = len(lengths)
    random = np.random.default_rng(0)
    return EncodedRows(
        ids=random.integers(1, 50, tokens).astype(np.uint16),
        starts=np.cumsum([0, *lengths]).astype(np.int64),
        marks=np.full(tokens, -1, dtype=np.int8),
        label_starts=np.zeros(count + 1, dtype=np.int64),
        label_heads=np.zeros(0, dtype=np.uint8),
        label_values=np.zeros(0, dtype=np.float32),
        label_weak=np.zeros(0, dtype=np.uint8),
        units=np.arange(count),
        draws=np.random.default_rng(seed).random(count).astype(np.float32),
        sources=np.zeros(count, dtype=np.uint8),
        heads=HEADS,
        source_names=("dynahate",),
    )


def test_what_a_teacher_says_is_read_as_it_was_written(
    teacher: HeadedEncoder, tmp_path: Path
) -> None:
    rows = rows_of()
    assert write_taught(teacher, HEADS, rows, rows, tmp_path) == {"rows": 3, "tokens": 16}
    taught = read_taught(tmp_path)
    assert taught.heads == HEADS
    ids = [rows.ids[a:b].tolist() for a, b in zip(rows.starts, rows.starts[1:], strict=False)]
    logits, marks = logits_of(teacher, ids)
    np.testing.assert_allclose(taught.logits, logits, atol=1e-2)
    assert taught.marks is not None
    for own in marks:
        own[[0, -1]] = np.nan  # special tokens, which nobody is asked about
    np.testing.assert_allclose(taught.marks, np.concatenate(marks), atol=1e-2)


def test_a_row_that_is_too_long_for_the_teacher_is_cut(
    teacher: HeadedEncoder, tmp_path: Path
) -> None:
    rows = rows_of((4, 30))
    write_taught(teacher, HEADS, rows, rows, tmp_path)
    taught = read_taught(tmp_path)
    assert taught.marks is not None
    assert len(taught.marks) == 34
    assert np.isfinite(taught.logits).all()


def test_tokens_that_are_cut_in_another_way_are_not_taught(
    teacher: HeadedEncoder, tmp_path: Path
) -> None:
    assert write_taught(teacher, HEADS, rows_of(), rows_of((6, 3, 8)), tmp_path) == {
        "rows": 3,
        "tokens": 0,
    }
    taught = read_taught(tmp_path)
    assert taught.marks is None
    assert taught.logits.shape == (3, 2)


@pytest.mark.parametrize(
    "student",
    [rows_of((5, 3)), replace(rows_of(), source_names=("edos",)), rows_of(seed=1)],
    ids=["fewer", "of another source", "of another seed"],
)
def test_other_rows_than_the_students_are_refused(
    student: EncodedRows, teacher: HeadedEncoder, tmp_path: Path
) -> None:
    with pytest.raises(RecipeError, match="the teacher's rows are not the student's"):
        write_taught(teacher, HEADS, rows_of(), student, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_recipe_without_a_teacher_teaches_nothing(tmp_path: Path) -> None:
    assert teach(load_recipe(Path("tiny")), tmp_path, None, tmp_path) == {}
    assert not list(tmp_path.iterdir())


def test_a_teacher_that_is_not_trained_is_named(tmp_path: Path) -> None:
    recipe = load_recipe(Path("tiny")).model_copy(update={"distil": Distil(teacher="mpnet")})
    with pytest.raises(RecipeError, match="run 'upstander train mpnet --until refine' first"):
        teach(recipe, tmp_path, tmp_path / "mpnet", tmp_path)
