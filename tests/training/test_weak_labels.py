"""The lexicon of weak labels: every mechanism has its words, and only whole words count."""

import pytest

from upstander.models.labels import MECHANISMS
from upstander.training.weak_labels import weak_mechanisms


def found(text: str) -> set[str]:
    return {mechanism for mechanism, value in weak_mechanisms(text).items() if value}


@pytest.mark.parametrize(
    ("text", "mechanisms"),
    [
        ("they are vermin", {"vermin"}),
        ("they infested the town", {"vermin"}),
        ("he called them DOGS", {"animal"}),
        ("they keep breeding", {"animal"}),
        ("a plague on us", {"disease"}),
        ("filthy, all of them", {"filth"}),
        ("they are demons", {"demon"}),
        ("baby-making machines", {"object"}),
        ("they are not really people", {"denial_of_humanity"}),
        ("those people aren't even human", {"denial_of_humanity"}),
        ("they have no feelings", {"denial_of_mind"}),
        ("rats with the plague", {"vermin", "disease"}),
        ("send them home", set()),
        ("", set()),
    ],
)
def test_a_word_of_the_lexicon_gives_its_mechanism(text: str, mechanisms: set[str]) -> None:
    assert found(text) == mechanisms


@pytest.mark.parametrize(
    "text", ["the pirates met", "a categorical no", "the capes are far", "they scatter", "heapsort"]
)
def test_a_part_of_a_word_is_not_the_word(text: str) -> None:
    assert found(text) == set()


def test_every_mechanism_is_said_to_be_there_or_not() -> None:
    said = weak_mechanisms("they are rats")
    assert list(said) == list(MECHANISMS)
    assert set(said.values()) == {0.0, 1.0}
