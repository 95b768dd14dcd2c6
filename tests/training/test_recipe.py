"""Recipes: the shipped ones load, `--set` overrides one key, and what is wrong is named."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upstander.models.labels import LABELS
from upstander.training.errors import RecipeError
from upstander.training.heads import all_heads
from upstander.training.recipe import RECIPES, Recipe, _apply, load_recipe
from upstander.training.sources import SOURCES

SHIPPED = sorted(path.stem for path in RECIPES.glob("*.toml"))
TINY = Path("tiny")


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_recipe_loads(name: str) -> None:
    recipe = load_recipe(Path(name))
    assert recipe == load_recipe(RECIPES / f"{name}.toml")
    assert len(recipe.base.sha256) == 64
    heads = set(all_heads(recipe.sources))
    for label, fusion in recipe.labels.items():
        assert set(fusion.heads) <= heads, label
        families = {head.partition(".")[2] for head in fusion.heads}
        for name in fusion.families:
            # The name of a source stands for a part of its family.
            family = SOURCES[name].heads[label] if name in recipe.sources else name
            assert family in families, label
        assert sum(fusion.families.values()) == pytest.approx(1), label
    assert {*recipe.rationale.sources, recipe.rationale.calibrate} <= set(recipe.sources)
    known = {*heads, *(head.partition(".")[0] for head in heads), "rationale"}
    assert set(recipe.training.head_weights) <= known


def test_the_shipped_model_has_every_label() -> None:
    assert set(load_recipe(Path("minilm")).labels) == set(LABELS)


def test_a_source_can_be_left_out(tmp_path: Path) -> None:
    with_it = load_recipe(TINY)
    without = load_recipe(TINY, ["sources.davidson.use=false"])
    assert set(with_it.sources) - set(without.sources) == {"davidson"}
    assert without.model_copy(update={"sources": with_it.sources}) == with_it
    path = written(tmp_path, "[sources.edos]\nuse = false\n")
    assert load_recipe(path) == with_it
    assert set(load_recipe(path, ["sources.edos.use=true"]).sources) == {*with_it.sources, "edos"}


def test_what_was_tried_stands_beside_the_recipe(tmp_path: Path) -> None:
    path = written(tmp_path, "")
    assert load_recipe(path).tried == ""
    path.with_suffix(".md").write_text("Nothing helped.\n", encoding="utf-8")
    assert load_recipe(path).tried == "Nothing helped.\n"


def test_an_unknown_name_lists_the_shipped_recipes() -> None:
    with pytest.raises(RecipeError) as error:
        load_recipe(Path("tinny"))
    assert "tinny is not a recipe" in str(error.value)
    assert ", ".join(SHIPPED) in str(error.value)


def written(folder: Path, text: str) -> Path:
    path = folder / "own.toml"
    path.write_text((RECIPES / "tiny.toml").read_text(encoding="utf-8") + text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("golden_row = 3\n", "export.golden_row: Extra inputs are not permitted"),
        ("[optimiser]\nname = 'own'\n", "optimiser: Extra inputs are not permitted"),
        ("[sources.davidsn]\nlimit = 3\n", "sources.davidsn is unknown: 'upstander data list'"),
        ("window_length = 0\n", "export.window_length: Input should be greater than or equal to 8"),
        ("window_length = \n", "Invalid value"),
    ],
)
def test_what_is_wrong_in_a_recipe_is_named(tmp_path: Path, text: str, named: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(RecipeError) as error:
        load_recipe(path)
    assert str(error.value).startswith(f"{path}: ")
    assert named in str(error.value)


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text('name = "own"\n')
    with pytest.raises(RecipeError, match="version: Field required"):
        load_recipe(path)


@pytest.mark.parametrize(
    ("override", "read"),
    [
        ("training.epochs=2", lambda r: r.training.epochs == 2),
        ("training.learning_rate=1e-3", lambda r: r.training.learning_rate == 0.001),
        ("name=my-own name", lambda r: r.name == "my-own name"),
        ('name="quoted"', lambda r: r.name == "quoted"),
        ("training.precision=bf16", lambda r: r.training.precision == "bf16"),
        ("verify=true", lambda r: r.verify is True),
        ('rationale.sources=["davidson"]', lambda r: r.rationale.sources == ("davidson",)),
        ("rationale.calibrate=davidson", lambda r: r.rationale.calibrate == "davidson"),
        ("sources.davidson.limit=5", lambda r: r.sources["davidson"].limit == 5),
        ("sources.dynahate.repeat=2", lambda r: r.sources["dynahate"].repeat == 2),
        (
            "training.head_weights.target=0.5",
            lambda r: r.training.head_weights == {"target": 0.5},
        ),
        (" training.epochs =2", lambda r: r.training.epochs == 2),
    ],
)
def test_set_overrides_one_key(override: str, read: Any) -> None:
    before, after = load_recipe(TINY), load_recipe(TINY, [override])
    assert read(after)
    assert not read(before)


def test_the_last_override_wins() -> None:
    recipe = load_recipe(TINY, ["seed=1", "seed=2"])
    assert recipe == load_recipe(TINY).model_copy(update={"seed": 2})


@pytest.mark.parametrize(
    ("override", "named"),
    [
        ("training.epochs=two", "training.epochs: Input should be a valid number"),
        ("training.epochs=-1", "training.epochs: Input should be greater than 0"),
        ("version=0.2", "version: Input should be a valid string"),
        ("training.epoch=2", "training.epoch: Extra inputs are not permitted"),
        ("sources.nowhere.limit=2", "sources.nowhere is unknown"),
        ("sources.davidson.use=perhaps", "sources.davidson.use: Input should be a valid boolean"),
        ('suites=["hatecheck"]', "suites: Extra inputs are not permitted"),
        ("epochs", "--set epochs: write it as key=value"),
        ("name.first=own", "--set name.first=own: name is a value, not a table"),
    ],
)
def test_what_is_wrong_in_an_override_is_named(override: str, named: str) -> None:
    with pytest.raises(RecipeError) as error:
        load_recipe(TINY, [override])
    assert named in str(error.value)


def test_a_recipe_is_frozen() -> None:
    recipe = load_recipe(TINY)
    with pytest.raises(ValueError, match="frozen"):
        recipe.seed = 3
    assert Recipe.model_validate(recipe.model_dump()) == recipe


@given(value=st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.booleans())
def test_numbers_come_back_as_they_were_written(value: float) -> None:
    raw: dict[str, Any] = {}
    _apply(raw, f"training.value={str(value).lower()}")
    assert raw == {"training": {"value": value}}
    assert type(raw["training"]["value"]) is type(value)


@given(value=st.from_regex(r"[A-Za-z_][A-Za-z_ -]*[a-z]", fullmatch=True))
def test_bare_words_are_strings(value: str) -> None:
    raw: dict[str, Any] = {"other": 1}
    _apply(raw, f"value={value}")
    numbers = {"true": True, "false": False, "inf": float("inf")}
    if value != "nan":
        assert raw == {"other": 1, "value": numbers.get(value, value)}


@pytest.mark.parametrize(
    "override",
    ["rationale.calibrate=edos", 'rationale.sources=["edos"]', "sources.contrast.use=false"],
)
def test_marks_that_no_source_gives_are_refused_before_anything_runs(override: str) -> None:
    with pytest.raises(RecipeError, match="is not among the sources that are used"):
        load_recipe(Path("tiny"), [override])


def test_a_share_that_nobody_gave_changes_no_run() -> None:
    """What a recipe says is hashed, and a changed hash repeats the step."""
    sources = load_recipe(TINY, ["sources.davidson.share=0.5"]).model_dump()["sources"]
    assert sources["davidson"]["share"] == 0.5
    assert "share" not in sources["dynahate"]
    with pytest.raises(RecipeError, match=r"sources\.davidson\.share: "):
        load_recipe(TINY, ["sources.davidson.share=0"])
