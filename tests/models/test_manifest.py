"""The manifest refuses what it does not know and what cannot be."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from upstander.models.bundle import Bundle
from upstander.models.manifest import Manifest


def changed(bundle: Bundle, **changes: Any) -> dict[str, Any]:
    return {**json.loads(bundle.manifest.model_dump_json()), **changes}


def test_it_survives_a_round_trip(bundle: Bundle) -> None:
    again = Manifest.model_validate_json(bundle.manifest.model_dump_json())
    assert again == bundle.manifest


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"surprise": 1}, "Extra inputs are not permitted"),
        ({"schema_version": 3}, "Input should be 2"),
        ({"activation": "softmax"}, "Input should be 'sigmoid'"),
        ({"version": "1.0"}, "should match pattern"),
        ({"labels": []}, "at least one label"),
        ({"operating_points": {}}, "'balanced' is missing"),
        ({"window": {"length": 32, "overlap": 30}}, "never advance"),
        ({"languages": []}, "at least one language"),
        ({"languages": [{"code": "de", "measured": []}] * 2}, "a language stands twice"),
        ({"languages": [{"code": "de", "measured": ["rudeness"]}]}, "no label of the bundle"),
        ({"languages": [{"code": "German", "measured": []}]}, "should match pattern"),
    ],
)
def test_it_refuses(bundle: Bundle, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Manifest.model_validate_json(json.dumps(changed(bundle, **changes)))


def test_a_bundle_that_names_no_language_serves_english(bundle: Bundle) -> None:
    raw = changed(bundle)
    del raw["languages"]
    (english,) = Manifest.model_validate_json(json.dumps(raw)).languages
    assert english.code == "en"
    assert english.measured == tuple(label.name for label in bundle.manifest.labels)


def test_it_says_which_labels_were_measured_in_a_language(bundle: Bundle) -> None:
    languages = [{"code": "de", "measured": ["hate"]}, {"code": "ur", "measured": []}]
    manifest = Manifest.model_validate_json(json.dumps(changed(bundle, languages=languages)))
    assert [(one.code, one.measured) for one in manifest.languages] == [
        ("de", ("hate",)),
        ("ur", ()),
    ]


def test_it_refuses_an_unknown_label(bundle: Bundle) -> None:
    raw = changed(bundle)
    raw["labels"][0]["name"] = "rudeness"
    with pytest.raises(ValidationError, match="unknown label: rudeness"):
        Manifest.model_validate_json(json.dumps(raw))


def test_it_refuses_a_label_without_a_threshold(bundle: Bundle) -> None:
    raw = changed(bundle)
    del raw["operating_points"]["balanced"]["hate"]
    with pytest.raises(ValidationError, match="'balanced' lacks hate"):
        Manifest.model_validate_json(json.dumps(raw))


def test_it_refuses_a_calibration_that_turns_the_order_round(bundle: Bundle) -> None:
    raw = changed(bundle)
    raw["labels"][0]["calibration"]["slope"] = -1.0
    with pytest.raises(ValidationError, match="greater than 0"):
        Manifest.model_validate_json(json.dumps(raw))


OLDER = {"high-precision": "quiet", "high-recall": "watchful"}


def with_names(bundle: Bundle, *, newer: bool) -> Manifest:
    """The shipped manifest, its operating points by their names or by their older ones."""
    names = OLDER if newer else {new: old for old, new in OLDER.items()}
    raw = changed(bundle)
    points = {names.get(name, name): point for name, point in raw["operating_points"].items()}
    return Manifest.model_validate_json(json.dumps({**raw, "operating_points": points}))


@pytest.mark.parametrize("newer", [False, True])
def test_an_operating_point_answers_to_its_older_and_its_newer_name(
    bundle: Bundle, newer: bool
) -> None:
    manifest = with_names(bundle, newer=newer)
    assert set(manifest.operating_points) == {"balanced", *(OLDER.values() if newer else OLDER)}
    assert manifest.point_names == ("quiet", "balanced", "watchful")
    for old, new in OLDER.items():
        own = manifest.operating_points[new if newer else old]["hate"]
        assert manifest.has_point(old)
        assert manifest.has_point(new)
        assert manifest.point("hate", old) == manifest.point("hate", new) == own
        assert manifest.threshold("hate", old) == manifest.threshold("hate", new) == own.threshold


def test_a_point_that_a_bundle_lacks_is_an_error(bundle: Bundle) -> None:
    raw = changed(bundle)
    balanced = raw["operating_points"]["balanced"]
    raw["operating_points"] = {"balanced": balanced, "own": balanced}
    manifest = Manifest.model_validate_json(json.dumps(raw))
    assert manifest.point_names == ("balanced", "own")
    assert not manifest.has_point("quiet")
    assert not manifest.has_point("high-precision")
    for name in ("quiet", "high-precision", "perfect"):
        with pytest.raises(KeyError, match=name):
            manifest.threshold("hate", name)
    with pytest.raises(KeyError, match="rudeness"):
        manifest.threshold("rudeness")
