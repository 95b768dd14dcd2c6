"""A swapped row is the same sentence about another group."""

import pytest

from training.contrast.groups import GROUPS
from training.example import Example
from training.swaps import swapped


def row(text: str, own_id: str = "1") -> Example:
    return Example(text=text, source="dynahate", id=own_id, split="train", labels={"hate": 1.0})


def test_the_group_and_its_category_change_and_nothing_else() -> None:
    before = row("I say that immigrants ruin it all. Immigrants!")
    after = swapped(before, seed=1)
    assert after is not None
    group = next(g for g in GROUPS if after.text.startswith(f"I say that {g.plural.lower()} ruin"))
    name = group.plural.lower()
    assert after.text == f"I say that {name} ruin it all. {name[0].upper()}{group.plural[1:]}!"
    assert {t for t, value in after.targets.items() if value} == set(group.categories)
    assert "targets" in after.weak
    assert after.labels == before.labels


def test_letter_case_is_kept() -> None:
    after = swapped(row("WHY DO IMMIGRANTS COME"), seed=1)
    assert after is not None
    assert after.text.isupper()


@pytest.mark.parametrize(
    "text", ["nobody is named here", "women and immigrants", "a gay man", "black coffee"]
)
def test_only_one_group_in_the_plural_is_swapped(text: str) -> None:
    assert swapped(row(text), seed=1) is None


def test_different_rows_get_different_groups() -> None:
    texts = {swapped(row("women", str(number)), seed=1).text for number in range(50)}  # type: ignore[union-attr]
    assert len(texts) > 20
