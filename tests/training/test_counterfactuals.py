"""A swapped row is the same sentence about another group."""

import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upstander.training.counterfactuals import SPOKEN_OF, replaced, swapped
from upstander.training.errors import DataError
from upstander.training.example import Example
from upstander.training.world_groups import FILES, WorldGroups, world_groups

HEADER = "plural,singular,adjective,category,region,aliases,common\n"
SEEN = """Tutsis,Tutsi,Tutsi,ethnicity,East Africa,Tutsi people,1
Turks,Turk,Turkish,national_origin,West Asia,,1
Karen people,Karen person,Karen,ethnicity,Southeast Asia,,0
Igbo people,Igbo person,Igbo,ethnicity,West Africa,Igbos,1
people with malaria,person with malaria,,serious_disease,world,,1
Meadow Bretons,Meadow Breton,Meadow Breton,ethnicity,Western Europe,,0
"""
UNSEEN = "Bretons,Breton,Breton,ethnicity,Western Europe,,0\nadults,adult,adult,age,world,,1\n"


@pytest.fixture(scope="module")
def groups(tmp_path_factory: pytest.TempPathFactory) -> WorldGroups:
    folder = tmp_path_factory.mktemp("data")
    write(folder, SEEN, UNSEEN)
    return world_groups(folder)


def write(folder: Path, seen: str, unseen: str) -> None:
    (folder / "groups").mkdir()
    for name, rows in zip(FILES, (seen, unseen), strict=True):
        (folder / name).write_text(HEADER + rows, encoding="utf-8")


def row(text: str, own_id: str = "1", spans: tuple[tuple[int, int], ...] | None = None) -> Example:
    return Example(
        text=text, source="dynahate", id=own_id, split="train", labels={"hate": 1.0}, spans=spans
    )


def many(text: str, groups: WorldGroups, count: int = 60) -> list[Example]:
    found = [swapped(row(text, str(number)), 1, groups) for number in range(count)]
    return [example for example in found if example is not None]


def test_the_group_and_its_category_change_and_nothing_else(groups: WorldGroups) -> None:
    before = row("I say that Muslims ruin it all. Muslims!")
    after = swapped(before, 1, groups)
    assert after is not None
    group = next(g for g in (*SPOKEN_OF, *groups.any) if after.text[11:].startswith(g.plural))
    assert after.text == f"I say that {group.plural} ruin it all. {group.plural}!"
    assert {t for t, value in after.targets.items() if value} == set(group.categories)
    assert "targets" in after.weak
    assert after.labels == before.labels
    assert after.id == before.id


@pytest.mark.parametrize("text", ["WHY DO JEWS COME", "why do jews come"])
def test_letter_case_is_kept(text: str, groups: WorldGroups) -> None:
    for after in many(text, groups):
        assert after.text.isupper() == text.isupper()
        assert after.text.islower() == text.islower()


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("he is an immigrant, so what", "he is an? {singular}, so what"),
        ("I know a Jew who sings", "I know an? {singular} who sings"),
        ("no gay person is bad", "no {singular} is bad"),
        ("All black people sing", "All {plural} sing"),
        ("Black folks sing", "{plural} sing"),
        ("I like Jewish doctors", "I like {adjective} doctors"),
        ("A Muslim man sat there", "An? {adjective} man sat there"),
    ],
)
def test_the_form_stays(text: str, pattern: str, groups: WorldGroups) -> None:
    pool = (*SPOKEN_OF, *groups.any)
    names = {
        form: "(?:" + "|".join(re.escape(n) for g in pool if (n := getattr(g, form))) + ")"
        for form in ("plural", "singular", "adjective")
    }
    found = many(text, groups)
    assert len({after.text for after in found}) > 4
    for after in found:
        assert re.fullmatch(pattern.format(**names), after.text, re.IGNORECASE), after.text
        assert not re.search(r"\b[Aa] [aeio]", after.text)


def test_a_gendered_noun_keeps_its_category(groups: WorldGroups) -> None:
    assert all(after.targets["gender"] for after in many("Muslim women ruin it", groups))


@pytest.mark.parametrize(
    "text",
    [
        "nobody is named here",
        "women and immigrants",  # two
        "a gay man and women",
        "Muslims and Karen",  # a name of people, or of a person
        "a muslim school",
        "the non-Muslims came",
        "#muslims came",
        "Muslims pray in a mosque",
        "the women stay in the kitchen",
        "Turks came from Turkey",
        "white trash",
        "Muslims and their adult sons",  # what is left would name an unseen group
    ],
)
def test_only_one_group_that_is_clear_and_not_told_otherwise_is_swapped(
    text: str, groups: WorldGroups
) -> None:
    assert many(text, groups) == []


def test_a_third_each_is_of_public_data_of_common_groups_and_of_any(groups: WorldGroups) -> None:
    found = many("Muslims ruin it", groups, 600)
    old = {group.plural.lower() for group in SPOKEN_OF}
    counts = Counter(after.text.removesuffix(" ruin it").lower() in old for after in found)
    assert counts[True] / len(found) == pytest.approx(1 / 3, abs=0.06)
    assert {a.text for a in found} >= {"Karen people ruin it", "Tutsis ruin it"}


def test_what_is_said_of_peoples_is_not_said_of_the_sick(groups: WorldGroups) -> None:
    for after in many("Jews should go back to their country", groups):
        assert not after.targets["serious_disease"]
        assert not after.targets["disability"]


def test_no_name_that_holds_an_unseen_one_is_written(groups: WorldGroups) -> None:
    assert "Meadow Bretons" in {group.plural for group in groups.listed}
    assert "Meadow Bretons" not in {group.plural for group in groups.any}
    assert groups.holds_unseen("two Bretons met")
    assert not groups.holds_unseen("two bretons or Bretonsfield")


def test_marks_move_with_the_text(groups: WorldGroups) -> None:
    text = "Look, Muslims are lice, every Muslim is."
    marks = ((14, 22), (6, 22))
    for number in range(40):
        after = swapped(row(text, str(number), marks), 1, groups)
        assert after is not None
        assert after.spans is not None
        (b, e), (begin, end) = after.spans
        assert after.text[b:e] == "are lice"
        assert after.text[begin:end].endswith(" are lice")
        assert after.text[:begin] == "Look, "


@given(st.data())
def test_marked_words_stay_unless_the_group_is_marked(data: st.DataObject) -> None:
    words = data.draw(st.lists(st.sampled_from(("they", "X", "go", "é")), min_size=1, max_size=8))
    new = data.draw(st.sampled_from(("", "Y", "long name of people")))
    text = " ".join(words)
    places = [(m.start(), m.end()) for m in re.finditer(r"\S+", text)]
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first, len(words) - 1))
    span = (places[first][0], places[last][1])
    changes = [(b, e, new) for (b, e), word in zip(places, words, strict=True) if word == "X"]
    after, ((begin, end),) = replaced(text, changes, [span])
    assert after == " ".join(new if word == "X" else word for word in words)
    expected = " ".join(new if word == "X" else word for word in words[first : last + 1])
    assert after[begin:end] == expected


def test_a_mark_inside_of_a_name_covers_the_new_one() -> None:
    assert replaced("a black man", [(2, 7, "Tutsi")], [(4, 11)]) == ("a Tutsi man", ((2, 11),))
    assert replaced("a black man", [(2, 7, "Tutsi")], [(0, 4)]) == ("a Tutsi man", ((0, 7),))


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        ("", "holds no rows"),
        ("Tutsis,Tutsi,Tutsi,tribe,Africa,,1\n", "line 2: unknown category"),
        ("Tutsis,,Tutsi,ethnicity,Africa,,1\n", "line 2: expected a plural"),
        ("Tutsis,Tutsi,Tutsi,ethnicity,Africa,,yes\n", "line 2: column 'common'"),
    ],
)
def test_a_broken_file_is_refused(seen: str, said: str, tmp_path: Path) -> None:
    write(tmp_path, seen, UNSEEN)
    with pytest.raises(DataError, match=said):
        world_groups(tmp_path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"unseen\.csv is missing"):
        world_groups(tmp_path)


@pytest.mark.data
def test_no_name_of_an_unseen_group_is_written(real_data: Path) -> None:
    groups = world_groups(real_data)
    assert len(groups.any) > 500
    for text in ("Muslims ruin it", "I know a Jew who sings", "I like Jewish doctors"):
        found = many(text, groups, 400)
        assert len(found) > 300
        assert not any(groups.holds_unseen(after.text) for after in found)
