"""Misspelt training texts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.misspell import misspell

TEXT = "these people deserve better neighbours than that"


def test_one_seed_gives_one_text_and_many_seeds_many() -> None:
    texts = [misspell(TEXT, np.random.default_rng(seed)) for seed in range(100)]
    again = [misspell(TEXT, np.random.default_rng(seed)) for seed in range(100)]
    assert texts == again
    assert len(set(texts)) > 50


@pytest.mark.parametrize(
    "expected",
    ["neghbours", "nieghbours", "n31ghb0ur5", "n e i g h b o u r s"],
)
def test_every_way_occurs(expected: str) -> None:
    texts = {misspell("my neighbours", np.random.default_rng(seed)) for seed in range(3000)}
    assert f"my {expected}" in texts
    assert "goodneighbours" in {
        misspell("good neighbours", np.random.default_rng(seed)) for seed in range(100)
    }


def test_one_word_in_five_changes() -> None:
    text = " ".join(["people"] * 20)
    changed = [misspell(text, np.random.default_rng(seed)) for seed in range(50)]
    assert text not in changed
    assert min(each.count("people") for each in changed) >= 16


@given(st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF)), st.integers(0, 99))
def test_any_text_is_taken(text: str, seed: int) -> None:
    changed = misspell(text, np.random.default_rng(seed))
    assert bool(changed) == bool(text)


def test_short_words_stay() -> None:
    assert misspell("it is on us", np.random.default_rng(0)) == "it is on us"
