"""What a recipe says of languages is checked at once, and comes into the manifest."""

from pathlib import Path

import pytest

from upstander.models.manifest import Calibration, Output
from upstander.training.errors import RecipeError
from upstander.training.pipeline import hash_of
from upstander.training.recipe import Points, load_recipe
from upstander.training.served import Served, languages_of

_TINY = Path("tiny")
_LABELS = tuple(
    Output(name=name, calibration=Calibration(slope=1.0, intercept=0.0))
    for name in ("dehumanization", "hate")
)


def test_a_recipe_without_languages_serves_english_with_every_label() -> None:
    (only,) = languages_of({}, _LABELS)
    assert (only.code, only.measured) == ("en", ("dehumanization", "hate"))


def test_languages_come_into_the_manifest_in_the_order_of_their_codes() -> None:
    told = languages_of({"fr": Served(), "de": Served(measured=("hate",))}, _LABELS)
    assert [(one.code, one.measured) for one in told] == [("de", ("hate",)), ("fr", ())]


def test_a_recipe_may_serve_any_language() -> None:
    recipe = load_recipe(_TINY, ['languages.de.measured=["hate"]', "languages.ru.measured=[]"])
    assert recipe.languages["de"].measured == ("hate",)
    assert recipe.languages["ru"].measured == ()


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ('languages.de.measured=["threat"]', "languages: the language de has measured"),
        ("languages.german.measured=[]", r"languages\.german"),
        ('points.languages=["cold"]', "points.languages: cold is not among the sources"),
    ],
)
def test_what_cannot_be_is_refused_at_once(override: str, told: str) -> None:
    with pytest.raises(RecipeError, match=told):
        load_recipe(_TINY, [override])


def test_a_recipe_that_names_no_language_is_hashed_as_before() -> None:
    assert Points().model_dump(mode="json") == {"ordinary": [], "adversarial": []}
    assert "languages" not in load_recipe(_TINY).model_dump(mode="json")
    assert hash_of(Points()) != hash_of(Points(languages=("cold",)))


def test_the_multilingual_recipe_measures_what_its_suites_ask() -> None:
    recipe = load_recipe(Path("multilingual"))
    for code in ("ar", "de", "es", "fr", "hi", "it", "nl", "pl", "pt", "zh"):
        assert {"dehumanization", "hate"} <= set(recipe.languages[code].measured)
    assert set(recipe.languages["en"].measured) == set(recipe.labels)
    assert {"gahd", "toldbr", "cold", "contrast_languages"} <= set(recipe.sources)
