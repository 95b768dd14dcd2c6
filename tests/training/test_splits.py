"""No text of a dev set, a test set or a suite is trained on, however it is spelt."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_data import write_hatecheck, write_jsonl

from upstander.evaluation.suites import hatecheck
from upstander.evaluation.suites.case import folded, key, read_jsonl
from upstander.training.errors import LeakError
from upstander.training.example import Example, Split
from upstander.training.recipe import Splits
from upstander.training.seeded_random import uniform
from upstander.training.splits import Assigned, assign, near_duplicates, refuse_leaks
from upstander.training.withheld import template_matcher

HALVES = Splits(validation=0.25, calibration=0.25)
LONG = "we met the whole family at the market on Saturday morning and had a very good time"


def row(text: str, split: Split = "train", source: str = "a", number: int = 0) -> Example:
    return Example(text, source, f"{source}:{number}", split)


def rows(texts: Sequence[str], split: Split, source: str = "a") -> list[Example]:
    return [row(text, split, source, number) for number, text in enumerate(texts)]


def keys_of(texts: Sequence[str]) -> set[str]:
    return {key(text) for text in texts}


def split_of(
    examples: Sequence[Example], withheld: Sequence[str] = (), shares: Splits = HALVES
) -> tuple[Assigned | None, ...]:
    return assign(examples, keys_of(withheld), lambda _: False, shares, seed=1).splits


def test_a_key_ignores_case_white_space_punctuation_and_invisible_characters() -> None:
    assert key("  Good  Morning,\tall!\u200b ") == key("good-morning ALL") == "goodmorningall"
    assert key("good morning \U0001f642") != key("good morning")


def test_official_splits_are_kept() -> None:
    texts = [f"text number {number} of a quiet day" for number in range(60)]
    splits = split_of(
        [*rows(texts[:20], "train"), *rows(texts[20:40], "dev"), *rows(texts[40:], "test")],
        shares=Splits(similarity=0.96),
    )
    assert set(splits[:20]) == {"train"}
    assert set(splits[20:40]) == {"validation", "calibration"}
    assert set(splits[40:]) == {"test"}


def test_rows_without_a_split_are_shared_out() -> None:
    counts = Counter(split_of(rows([f"{number}" for number in range(2000)], "unsplit")))
    assert counts["train"] == pytest.approx(1000, abs=100)
    assert counts["validation"] == pytest.approx(500, abs=100)
    assert counts["calibration"] == pytest.approx(500, abs=100)


def test_a_source_can_have_a_held_out_share_of_its_own() -> None:
    texts = [f"{number}" for number in range(2000)]
    examples = [*rows(texts, "unsplit", "a"), *rows([f"b{text}" for text in texts], "unsplit", "b")]
    splits = assign(
        examples, [], lambda _: False, HALVES, seed=1, held_out_shares={"a": 0.1}
    ).splits
    own, other = Counter(splits[:2000]), Counter(splits[2000:])
    assert own["validation"] == pytest.approx(200, abs=50)
    assert own["calibration"] == pytest.approx(200, abs=50)
    assert other["validation"] == pytest.approx(500, abs=100)
    nothing = assign(
        rows(texts, "unsplit"), [], lambda _: False, HALVES, 1, held_out_shares={"a": 0}
    )
    assert set(nothing.splits) == {"train"}
    official = assign(rows(texts, "dev"), [], lambda _: False, HALVES, 1, held_out_shares={"a": 0})
    assert set(official.splits) == {"validation", "calibration"}


def test_the_draw_depends_on_its_arguments_only() -> None:
    assert uniform(1, "a", 2) == uniform(1, "a", 2)
    assert len({uniform(1, "a"), uniform(2, "a"), uniform(1, "b")}) == 3
    assert 0 <= uniform(1, "a") < 1


def test_near_duplicates_stay_together() -> None:
    families = [
        [f"{LONG} in place {family} of it", f"{LONG.upper()} in place {family} of it!", unlike]
        for family in range(40)
        for unlike in [" ".join(f"word{family}x{n}" for n in range(20))]
    ]
    texts = [text for family in families for text in family]
    groups = near_duplicates([folded(text) for text in texts], similarity=0.8)
    for number in range(0, len(texts), 3):
        assert groups[number] == groups[number + 1] != groups[number + 2]
    splits = split_of(rows(texts, "unsplit", "a")[::3] + rows(texts, "unsplit", "b")[1::3])
    assert splits[:40] == splits[40:]


def test_friends_of_friends_share_a_group() -> None:
    words = LONG.split()
    chain = [" ".join([*words[:n], *(f"new{m}" for m in range(n, len(words)))]) for n in (17, 16)]
    groups = near_duplicates([LONG, *chain, "something else that is long enough"], similarity=0.7)
    assert groups[0] == groups[1] == groups[2] != groups[3]


def test_short_texts_are_compared_exactly() -> None:
    assert len(set(near_duplicates(["a b c d", "a b c e", "a b c d!"], similarity=0.1))) == 2


@pytest.mark.parametrize("kind", ["train", "unsplit"])
@pytest.mark.parametrize("held_out", ["dev", "test", "suite"])
def test_a_held_out_text_is_never_trained_on(kind: Split, held_out: str) -> None:
    spelt_otherwise = LONG.upper().replace(" ", "  ") + "!"
    examples = [row(spelt_otherwise, kind, "a")]
    withheld = [LONG] if held_out == "suite" else []
    if held_out in ("dev", "test"):
        examples.append(row(LONG, "dev" if held_out == "dev" else "test", "b"))
    assignment = assign(examples, keys_of(withheld), lambda _: False, HALVES, seed=1)
    assert assignment.splits[0] is None
    assert assignment.left_out == {"equals a dev, test or suite text": 1}


def test_nearly_a_held_out_text_of_another_data_set_is_left_out() -> None:
    nearly = f"{LONG} indeed"
    examples = [row(LONG, "test", "b"), row(nearly, "train", "a"), row(nearly + "!", "train", "b")]
    assignment = assign(examples, [], lambda _: False, HALVES, seed=1)
    assert assignment.splits == ("test", None, "train")  # its own authors meant it so
    assert assignment.left_out == {"nearly equals a dev or test text": 1}
    unsplit = split_of([row(LONG, "test", "b"), row(nearly, "unsplit", "b")])
    assert unsplit == ("test", None)


def test_a_repeated_row_is_left_out_but_no_test_row_is() -> None:
    assert split_of(rows(["one", "One!", "two"], "train")) == ("train", None, "train")
    assert split_of(rows(["one", "One!", "two"], "test")) == ("test", "test", "test")


def test_training_yields_to_a_text_that_another_set_calibrates_on() -> None:
    texts = [str(number) for number in range(50)]
    splits = split_of([*rows(texts, "unsplit", "a"), *rows(texts, "train", "b")])
    assert {"train", "validation", "calibration"} == set(splits[:50])
    for carved, train in zip(splits[:50], splits[50:], strict=True):
        assert train == ("train" if carved == "train" else None)


@pytest.mark.parametrize("similarity", [0.0, 0.5, 0.96, 1.0])
def test_every_similarity_that_a_recipe_allows_can_be_used(similarity: float) -> None:
    groups = near_duplicates([LONG, f"{LONG}!", "word " * 20], similarity)
    assert groups[0] == groups[1] != groups[2]


def test_progress_is_told_of_every_row() -> None:
    seen: list[int] = []
    assign(rows(["one", "One", "two"], "train"), [], lambda _: False, HALVES, 1, seen.append)
    assert sum(seen) == 3


@pytest.mark.parametrize(
    ("text", "fills"),
    [
        ("[IDENTITY_P] are simply a plague on us.", False),
        ("Neighbours are simply a plague on us.", True),
        ("  the people next door ARE simply a  plague on us. ", True),
        ("Neighbours make our city better.", True),
        ("Neighbours are simply a plague on us, he said", False),
        ("Neighbours are a joy to us.", False),
        ("simply", False),
    ],
)
def test_a_text_that_fills_a_template_is_caught(made_up: Path, text: str, fills: bool) -> None:
    is_templated = template_matcher(hatecheck.templates(made_up))
    assert is_templated(text) is fills
    assignment = assign([row(text)], [], is_templated, HALVES, seed=1)
    assert assignment.splits == (None if fills else "train",)


def test_the_article_of_a_template_goes_with_what_fills_it(tmp_path: Path) -> None:
    write_hatecheck(tmp_path)
    columns = ("functionality", "case_id", "test_case", "label_gold", "target_ident")
    template = "I had tea with a [IDENTITY_S] today."
    case = {**dict.fromkeys(columns, ""), "case_templ": template}
    write_jsonl(tmp_path / "hatecheck/all_cases.jsonl.gz", [case])
    is_templated = template_matcher(hatecheck.templates(tmp_path))
    assert is_templated("I had tea with an immigrant today.")
    assert is_templated("I had tea with a woman today.")
    assert not is_templated("I had tea with any woman today.")


@pytest.mark.data
def test_the_cases_of_the_real_suite_fill_its_templates(real_data: Path) -> None:
    is_templated = template_matcher(hatecheck.templates(real_data))
    cases = [
        row["test_case"]
        for _, row in read_jsonl(real_data / "hatecheck/all_cases.jsonl.gz", "case_templ")
        if "[" in row["case_templ"]
    ]
    assert len(cases) == 3495
    assert sum(not is_templated(case) for case in cases) == 0


def test_a_leak_is_refused_and_its_text_not_shown() -> None:
    training = [("a", f"a:{n}", f"{LONG} {n}") for n in range(30)]
    held_out = {key(f"{LONG} {n}!"): "the test split" for n in range(5, 30)}
    with pytest.raises(LeakError) as error:
        refuse_leaks(training, held_out)
    message = str(error.value)
    assert message.startswith("25 training rows are in a dev or test set:")
    assert "a a:5 equals the test split" in message
    assert "a a:4 " not in message
    assert message.endswith("and 5 more")
    assert "market" not in message


def test_nothing_is_refused_if_nothing_leaks() -> None:
    held_out = {key("another text"): "the test split"}
    refuse_leaks([("a", "a:1", LONG)], held_out)
    with pytest.raises(LeakError):
        refuse_leaks([("a", "a:1", "Another text.")], held_out)


WORDS = st.sampled_from(["sun", "Sun", "rain", "sun!", "wind", "rain, wind", "a b c d e f g", ""])
EXAMPLES = st.lists(
    st.builds(
        row,
        text=st.lists(WORDS, min_size=1, max_size=3).map(" ".join),
        split=st.sampled_from(["train", "dev", "test", "unsplit"]),
        source=st.sampled_from(["a", "b", "c"]),
    ),
    max_size=25,
)


@settings(max_examples=150)
@given(examples=EXAMPLES, withheld=st.lists(WORDS, max_size=3), seed=st.integers(0, 1000))
def test_no_held_out_text_is_in_train(
    examples: list[Example], withheld: list[str], seed: int
) -> None:
    assignment = assign(examples, keys_of(withheld), lambda _: False, HALVES, seed)
    keys: dict[str | None, set[str]] = {split: set() for split in (None, "train")}
    for example, split in zip(examples, assignment.splits, strict=True):
        keys.setdefault(split, set()).add(key(example.text))
        if example.split in ("train", "test"):
            assert split in (example.split, None)
    held_out = {key(text) for text in withheld}.union(
        *(keys.get(split, set()) for split in ("validation", "calibration", "test"))
    )
    assert not keys["train"] & held_out
    refuse_leaks(
        (
            (e.source, e.id, e.text)
            for e, split in zip(examples, assignment.splits, strict=True)
            if split == "train"
        ),
        dict.fromkeys(held_out, "held out"),
    )
    assert len(assignment.splits) == len(examples)
    assert sum(assignment.left_out.values()) == assignment.splits.count(None)
