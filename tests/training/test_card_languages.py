"""The card of a bundle that serves several languages says what was measured in each."""

from upstander.models.bundle import Bundle
from upstander.models.languages import Language
from upstander.training.card import about, languages, render

_REPORT = {
    "suite": "multilingual_hatecheck",
    "label": "hate",
    "language": "de",
    "rows": 3645,
    "positives": 2550,
    "headline": {"macro_f1": {"value": 0.8, "low": 0.7, "high": 0.9, "rows": 3645}},
    "functionalities": {},
}
_CALIBRATED = {
    "outputs": [
        {"name": "hate", "ordinary_by_language": {"de": {"rows": 400, "flagged": 0.013}}},
        {"name": "toxicity"},
    ]
}


def test_every_language_says_what_was_measured_and_by_whom_it_was_labelled(bundle: Bundle) -> None:
    served = (
        Language(code="de", measured=("hate",)),
        Language(code="en", measured=("hate", "toxicity")),
        Language(code="ru", measured=()),
    )
    manifest = bundle.manifest.model_copy(update={"languages": served})
    (part,) = languages.languages(manifest, [_REPORT], _CALIBRATED)
    card = render.one(part)
    (german,) = [line for line in card.splitlines() if line.startswith("| German (de) |")]
    assert "| `hate` |" in german
    assert "Multilingual HateCheck (written by native speakers" in german
    assert "GAHD, test (annotators of its authors)" in german
    assert "\n| Russian (ru) | none | POLAR" in card
    assert "| German | multilingual_hatecheck | hate | 0.800 (0.700 to 0.900) |" in card
    assert "| hate | German | 400 | 1.3% |" in card
    use = render.one(about.intended_use(manifest))
    assert "or languages other than German, English and Russian." in use
    assert "language: [de, en, ru]\n" in render.markdown([], manifest, "2026-01-02")


def test_a_bundle_for_english_alone_has_no_such_part(bundle: Bundle) -> None:
    assert languages.languages(bundle.manifest, [], {"outputs": []}) == []
    assert "other than English." in render.one(about.intended_use(bundle.manifest))
    assert "English only." in about.limits(bundle.manifest)[0]


def test_every_served_language_has_a_name_and_rows() -> None:
    assert set(languages.NAMES) == set(languages._MEASURED_ON)
    named = {name for own in languages._MEASURED_ON.values() for name in own}
    assert named == set(languages._WHOM)
