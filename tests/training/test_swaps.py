"""A swapped row is the same sentence about another group."""

import re

import pytest

from training.contrast.groups import GROUPS, Group
from training.example import Example
from training.swaps import SPOKEN_OF, swapped

ANY: tuple[Group, ...] = (*SPOKEN_OF, *GROUPS)


def row(text: str, own_id: str = "1") -> Example:
    return Example(text=text, source="dynahate", id=own_id, split="train", labels={"hate": 1.0})


def test_the_group_and_its_category_change_and_nothing_else() -> None:
    before = row("I say that immigrants ruin it all. Immigrants!")
    after = swapped(before, seed=1)
    assert after is not None
    group = next(g for g in ANY if after.text.startswith(f"I say that {g.plural.lower()} ruin"))
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
    ("text", "pattern"),
    [
        ("A gay man sat there", "An? {} sat there"),
        ("he is an immigrant, so what", "he is an? {}, so what"),
        ("I know a muslim who cooks", "I know an? {} who cooks"),
    ],
)
def test_one_person_becomes_one_person_of_another_group(text: str, pattern: str) -> None:
    for number in range(30):
        after = swapped(row(text, str(number)), seed=1)
        assert after is not None
        names = "|".join(re.escape(group.singular.lower()) for group in ANY)
        assert re.fullmatch(pattern.format(f"({names})").lower(), after.text.lower())
        assert not re.search(r"\ba [aeio]", after.text.lower())


@pytest.mark.parametrize(
    "text",
    ["nobody is named here", "women and immigrants", "a gay man and women", "a muslim school"],
)
def test_only_one_group_that_is_named_once_is_swapped(text: str) -> None:
    assert swapped(row(text), seed=1) is None


def test_different_rows_get_different_groups() -> None:
    texts = {swapped(row("women", str(number)), seed=1).text for number in range(50)}  # type: ignore[union-attr]
    assert len(texts) > 20
