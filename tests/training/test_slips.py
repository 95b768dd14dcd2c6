"""Misspelt rows: other letters, the same label, the marks where they were."""

import re

import pytest

from upstander.training.example import Example
from upstander.training.typos import misspelt

TEXT = "Nobody should ever invite those people to our @council.house meetings again"


def row(text: str = TEXT, own_id: str = "1") -> Example:
    return Example(text, "dynahate", own_id, "train", {"hate": 1.0}, spans=((26, 38), (39, 41)))


def test_every_kind_of_slip_is_made_and_the_first_letter_stays() -> None:
    texts = {misspelt(row(own_id=str(n)), 1).text for n in range(400)}
    every = " ".join(texts)
    for slip in (
        "(?:peopple|peoople|peeople|peoplle)",
        "invte",
        "shouldever",
        "shld",
        "(?:p eople|pe ople|peo ple)",
        "pepole",
    ):
        assert re.search(rf"\b{slip}\b", every), slip
    assert all(text[0] == "N" for text in texts)
    assert all("@council.house" in text for text in texts)


def test_the_marks_move_with_the_words() -> None:
    for n in range(100):
        found = misspelt(row(own_id=str(n)), 1)
        assert found.spans is not None
        (begin, end), (next_begin, next_end) = found.spans
        # A word that was joined to a marked one is marked with it.
        marked = found.text[begin:end].replace(" ", "").removeprefix("invite").removesuffix("to")
        assert marked[0] == "t"
        assert abs(len(marked) - len("thosepeople")) <= 4
        assert "o" in found.text[next_begin:next_end]


def test_it_says_the_same_at_every_call_and_another_thing_for_another_seed() -> None:
    assert misspelt(row(), 1) == misspelt(row(), 1)
    assert len({misspelt(row(), seed).text for seed in range(20)}) > 10


@pytest.mark.parametrize("text", ["", "Go on, you", "\U0001f400\U0001f400", "#vermin @someone"])
def test_a_text_without_a_longer_word_stays(text: str) -> None:
    plain = Example(text, "dynahate", "1", "train", {"hate": 0.0})
    assert misspelt(plain, 1) == plain
