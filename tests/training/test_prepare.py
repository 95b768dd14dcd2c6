"""Preparing: marks follow the text through the normaliser, and rare rows are taken first."""

import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upstander.evaluation.suites import SUITES, dehumcheck
from upstander.evaluation.suites.case import key
from upstander.models.labels import LABELS
from upstander.models.normaliser import normalise
from upstander.training.errors import DataError
from upstander.training.example import Example
from upstander.training.heads import all_heads
from upstander.training.recipe import SourceChoice, load_recipe
from upstander.training.steps.prepare import normalised_spans, prepare, sample, share_of, to_table
from upstander.training.withheld import suite_texts
from upstander.training.world_groups import TRAIN, UNSEEN, world_groups

WORDS = (
    "they", "are", "vermin", "v3rm1n", "ver*min", "sooooo", "#NiceDay", "@someone",
    "https://example.org/a", "&amp;", "&lt;3", "\U0001f642", "\U0001f44d\U0001f3fd", "cafe\u0301",
    "\ufb01ne", "\uff46\uff55\uff4c\uff4c", "v e r m i n", "x" * 90,
)  # fmt: skip
GAPS = (" ", "  ", "\n\n", " \u200b", "\u00a0")


@settings(max_examples=300)
@given(st.data())
def test_a_marked_stretch_is_found_again_in_the_original(data: st.DataObject) -> None:
    words = data.draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=6))
    text = data.draw(st.sampled_from(("", *GAPS)))
    places = []
    for word in words:
        places.append((len(text), len(text) + len(word)))
        text += word + data.draw(st.sampled_from(GAPS))
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first, len(words) - 1))
    begin, end = places[first][0], places[last][1]

    source = normalise(text)
    ((low, high),) = normalised_spans(source, [(begin, end)])
    original = source.original_span(low, high)
    assert original[0] <= begin
    assert end <= original[1]


@settings(max_examples=300)
@given(st.text(), st.integers(0, 20), st.integers(1, 20))
def test_what_is_marked_is_every_character_that_the_stretch_touches(
    text: str, begin: int, length: int
) -> None:
    source = normalise(text)
    end = begin + length
    touched = [
        index
        for index in range(len(source.text))
        if source.begins[index] < end and source.ends[index] > begin
    ]
    found = normalised_spans(source, [(begin, end)])
    assert [index for low, high in found for index in range(low, high)] == touched


@pytest.mark.parametrize(
    ("text", "marked", "expected"),
    [
        ("they  are   vermin", "are   vermin", "are vermin"),
        ("\U0001f642\U0001f642 they are vermin", "vermin", "vermin"),
        ("salt &amp; vermin &lt;3", "vermin", "vermin"),
        ("ver\u00admin it is", "ver\u00admin", "vermin"),
        ("v3rm1n it is", "v3rm1n", "vermin"),
        ("cafe\u0301 of vermin", "cafe\u0301", "caf\u00e9"),
    ],
)
def test_the_words_that_were_marked_stay_marked(text: str, marked: str, expected: str) -> None:
    source = normalise(text)
    begin = text.index(marked)
    ((low, high),) = normalised_spans(source, [(begin, begin + len(marked))])
    assert source.text[low:high] == expected


def test_a_stretch_that_vanishes_is_left_out() -> None:
    source = normalise("\u200b they are")
    assert source.text == "they are"
    assert normalised_spans(source, [(0, 2), (2, 6)]) == [(0, 4)]


def row(number: int, source: str = "jigsaw_toxic", **labels: float) -> Example:
    return Example(f"text {number}", source, f"{source}:{number}", "train", labels)


MANY = [
    *(row(n, toxicity=1.0, threat=1.0) for n in range(10)),
    *(row(n, toxicity=1.0) for n in range(10, 50)),
    *(row(n, toxicity=0.0) for n in range(50, 200)),
]


def drawn(limit: int, rows: list[Example] = MANY, repeat: int = 1) -> list[Example]:
    return sample(rows, {"jigsaw_toxic": SourceChoice(limit=limit, repeat=repeat)}, seed=1)


def kinds(rows: list[Example]) -> Counter[str]:
    return Counter(
        "rare" if "threat" in r.labels else "toxic" if r.labels["toxicity"] else "harmless"
        for r in rows
    )


def test_rare_rows_come_first_and_the_rest_are_shared_out() -> None:
    assert kinds(drawn(limit=40)) == {"rare": 10, "toxic": 15, "harmless": 15}
    assert kinds(drawn(limit=8)) == {"rare": 8}
    # There are only 40 toxic ones, and then only 150 harmless ones.
    assert kinds(drawn(limit=150)) == {"rare": 10, "toxic": 40, "harmless": 100}
    assert kinds(drawn(limit=195)) == {"rare": 10, "toxic": 40, "harmless": 145}
    few_harmless = MANY[:60]
    assert kinds(drawn(limit=50, rows=few_harmless)) == {"rare": 10, "toxic": 30, "harmless": 10}


def test_no_limit_takes_all_and_repeats_are_whole() -> None:
    assert drawn(limit=0) == drawn(limit=200) == MANY
    twice = drawn(limit=30, repeat=2)
    assert len(twice) == 60
    assert set(Counter(r.id for r in twice).values()) == {2}


def test_each_copy_is_about_another_group_and_keeps_its_id(tmp_path: Path) -> None:
    (tmp_path / "groups").mkdir()
    header = "plural,singular,adjective,category,region,aliases,common\n"
    for path, line in (
        (TRAIN, "Tutsis,Tutsi,Tutsi,ethnicity,East Africa,,1\n"),
        (UNSEEN, "Bretons,Breton,Breton,ethnicity,Western Europe,,0\n"),
    ):
        (tmp_path / path).write_text(header + line, encoding="utf-8")
    groups = world_groups(tmp_path)
    rows = [Example(f"Muslims ruin it {n}", "edos", str(n), "train", {"hate": 1.0}) for n in (1, 2)]
    choices = {"edos": SourceChoice(repeat=3, swap=True)}
    copies = sample(rows, choices, seed=1, groups=groups)
    assert Counter(r.id for r in copies) == {"1": 3, "2": 3}
    assert len({r.text for r in copies}) == 6
    assert sample(rows, choices, seed=1, groups=None) == rows * 3
    held_out = {key(r.text) for r in copies[2:]}
    assert sample(rows, choices, seed=1, held_out=held_out, groups=groups) == rows * 3


def test_the_same_rows_are_drawn_whatever_their_order() -> None:
    shuffled = random.Random(0).sample(MANY, len(MANY))
    assert drawn(limit=70, rows=shuffled) == drawn(limit=70)
    others = sample(MANY, {"jigsaw_toxic": SourceChoice(limit=70)}, seed=2)
    assert {r.id for r in others} != {r.id for r in drawn(limit=70)}


@pytest.mark.parametrize(
    ("rare", "is_rare"),
    [
        (Example("x", "edos", "x", "train", {"hate": 1.0, "dehumanization": 1.0}), True),
        (Example("x", "edos", "x", "train", {"toxicity": 1.0, "severe_toxicity": 1.0}), True),
        (Example("x", "edos", "x", "train", {"toxicity": 1.0, "identity_attack": 1.0}), True),
        (Example("x", "edos", "x", "train", {"hate": 1.0}, spans=((0, 1),)), True),
        (Example("x", "edos", "x", "train", {"hate": 1.0}, spans=()), False),
        (
            Example(
                *("x", "edos", "x", "train"),
                {"hate": 1.0, "dehumanization": 1.0},
                weak=frozenset({"dehumanization"}),
            ),
            False,
        ),
        (Example("x", "edos", "x", "train", {"hate": 1.0, "dehumanization": 0.0}), False),
    ],
)
def test_what_is_rare(rare: Example, is_rare: bool) -> None:
    """A rare row is in every draw of one; another is not, beside a hundred like it."""
    rows = [rare, *(row(n, source="edos", hate=1.0) for n in range(100))]
    choices = {"edos": SourceChoice(limit=1)}
    draws = [sample(rows, choices, seed, marked=["edos"]) for seed in range(10)]
    assert (sum(rare in chosen for chosen in draws) == 10) is is_rare


def test_marks_that_nothing_learns_from_make_no_row_rare() -> None:
    marked = Example("x", "edos", "x", "train", {"hate": 1.0}, spans=((0, 1),))
    rows = [marked, *(row(n, source="edos", hate=1.0) for n in range(100))]
    draws = [sample(rows, {"edos": SourceChoice(limit=1)}, seed) for seed in range(10)]
    assert sum(marked in chosen for chosen in draws) < 10


def test_a_source_that_the_recipe_leaves_out_is_not_sampled() -> None:
    rows = [row(1, source="dynahate", hate=1.0), row(2, source="davidson", hate=1.0)]
    recipe = load_recipe(Path("tiny"))
    without = load_recipe(Path("tiny"), ["sources.davidson.use=false"])
    assert {r.source for r in sample(rows, recipe.sources, 1)} == {"dynahate", "davidson"}
    assert {r.source for r in sample(rows, without.sources, 1)} == {"dynahate"}
    assert "hate.tweets" in all_heads(recipe.sources)
    assert "hate.tweets" not in all_heads(without.sources)


def test_a_table_holds_what_is_known_and_says_what_was_guessed() -> None:
    heads = all_heads(["dynahate", "contrast"])
    guessed = Example(
        *("they  are vermin", "dynahate", "1", "train"),
        {"hate": 1.0, "dehumanization": 1.0},
        weak=frozenset({"dehumanization"}),
        targets={"religion": 1.0},
        mechanisms={"vermin": 1.0, "animal": 0.0},
    )
    marked = Example(
        *("they  are vermin", "contrast", "2", "dev"),
        {"hate": 1.0, "dehumanization": 1.0},
        mechanisms={"vermin": 1.0},
        spans=((6, 16),),
    )
    nothing = Example("\u200b", "contrast", "3", "dev", {"hate": 0.0})
    table = to_table([guessed, marked, nothing], heads)
    assert table["id"] == ["1", "2"]  # of the third nothing visible is left
    assert table["text"] == ["they are vermin"] * 2
    assert (table["marked"], table["spans"]) == ([False, True], [[], [[5, 15]]])
    weak = [
        {head for head, value in zip(heads, row, strict=True) if value} for row in table["weak"]
    ]
    assert weak == [{"dehumanization.exact", "mechanism.vermin", "mechanism.animal"}, set()]
    said = {
        head: value
        for head, value in zip(heads, table["heads"][0], strict=True)
        if not np.isnan(value)
    }
    assert said == {
        "hate.exact": 1,
        "dehumanization.exact": 1,
        "target.religion": 1,
        "mechanism.vermin": 1,
        "mechanism.animal": 0,
    }
    column = list(LABELS).index("dehumanization")
    assert np.isnan(table["labels"][0][column])  # nothing is measured against a guess
    assert table["labels"][1][column] == 1


def test_a_row_that_is_harmless_by_every_label_is_presumed_so_by_our_definition() -> None:
    """As a weak label: the data set has other definitions, and says nothing by ours."""
    heads = all_heads(["gab_hate_corpus"])
    assert {"hate.exact", "hate.dignity"} < set(heads)
    labels = {"hate": 0.0, "toxicity": 0.0, "dehumanization": 0.0}
    rows = [
        Example("harmless", "gab_hate_corpus", "1", "train", labels),
        Example("rude", "gab_hate_corpus", "2", "train", {**labels, "toxicity": 1.0}),
        Example("a label is missing", "gab_hate_corpus", "3", "train", {"hate": 0.0}),
    ]
    table = to_table(rows, heads)
    place = heads.index("hate.exact")
    values = [row[place] for row in table["heads"]]
    assert values[0] == 0
    assert np.isnan(values[1:]).all()
    assert [row[place] for row in table["weak"]] == [1, 0, 0]
    assert table["weak"][0][heads.index("hate.dignity")] == 0  # what its annotators said
    assert "hate.exact" not in all_heads(["davidson"])


def test_every_suite_is_withheld_but_the_one_that_leaves_training_rows_out(made_up: Path) -> None:
    keys, patterns = suite_texts(made_up)
    for name in ("hatecheck", "dynahate", "dehumcheck", "hatemoji"):
        assert {key(case.text) for case in SUITES[name](made_up)} <= keys, name
    assert {pattern.pattern for pattern in dehumcheck.templates()} < {p.pattern for p in patterns}


@pytest.mark.data
def test_every_real_suite_is_withheld(real_data: Path) -> None:
    keys, _ = suite_texts(real_data)
    for name, load in SUITES.items():
        if name != "hatemoderate":
            assert {key(case.text) for case in load(real_data)[::10]} <= keys, name


def test_a_share_of_the_rows_keeps_those_of_one_id_together() -> None:
    rows = [Example("text", "contrast", f"{number // 2}", "train") for number in range(4000)]
    assert list(share_of(rows, 1, seed=7)) == rows
    some, fewer = (Counter(row.id for row in share_of(rows, share, 7)) for share in (0.5, 0.1))
    assert set(some.values()) == {2}
    assert 900 < len(some) < 1100
    assert set(fewer) < set(some)


def test_a_recipe_without_rows_to_test_on_is_refused(made_up: Path, tmp_path: Path) -> None:
    others = ("dynahate", "hatemoji_build", "davidson")
    without = [f"sources.{name}.use=false" for name in others]
    recipe = load_recipe(Path("tiny"), ["sources.contrast.share=0.01", *without])
    with pytest.raises(DataError, match="no row is for test: give the recipe more rows"):
        prepare(recipe, made_up, tmp_path)
    assert not list(tmp_path.iterdir())
