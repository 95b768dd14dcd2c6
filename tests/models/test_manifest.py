"""The manifest refuses what it does not know and what cannot be."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from models.bundle import Bundle
from models.manifest import Manifest


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
    ],
)
def test_it_refuses(bundle: Bundle, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Manifest.model_validate_json(json.dumps(changed(bundle, **changes)))


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
