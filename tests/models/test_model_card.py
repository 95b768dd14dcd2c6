"""The model card for programs: complete, and never empty."""

import json
from typing import Any

import httpx
import pytest
from conftest import Server
from pydantic import ValidationError

from upstander.models.bundle import Bundle
from upstander.models.card import SECTIONS, CardFile


@pytest.fixture(scope="module")
def card(bundle: Bundle) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(bundle.card or b"")
    return found


def test_the_service_gives_the_card_of_its_bundle(server: Server, card: dict[str, Any]) -> None:
    response = httpx.get(f"{server.url}/v1/model-card")
    assert response.headers["content-type"] == "application/json"
    assert response.json() == card
    assert set(card) == {"modelName", "version", "releaseDate", "sections"}
    assert [section["id"] for section in card["sections"]] == list(SECTIONS)
    for section in card["sections"]:
        assert set(section) <= {"id", "title", "fields", "subsections"}
        assert section["fields"]
        for field in section["fields"]:
            assert set(field) == {"label", "value"}
            assert field["label"]
            assert field["value"]


def test_a_section_that_is_empty_or_missing_is_refused(card: dict[str, Any]) -> None:
    sections = card["sections"]
    for number, section in enumerate(sections):
        empty = {"id": section["id"], "title": section["title"], "fields": []}
        changed = [*sections[:number], empty, *sections[number + 1 :]]
        with pytest.raises(ValidationError, match=f"section {section['id']} is empty"):
            CardFile.model_validate(card | {"sections": changed})
        with pytest.raises(ValidationError, match="sections are trainingData, "):
            CardFile.model_validate(card | {"sections": sections[:number] + sections[number + 1 :]})
    inner = {"id": "x", "title": "X", "fields": []}
    first = sections[0] | {"subsections": [inner]}
    with pytest.raises(ValidationError, match="section x is empty"):
        CardFile.model_validate(card | {"sections": [first, *sections[1:]]})
    blank = sections[0] | {"fields": [{"label": " ", "value": "x"}]}
    with pytest.raises(ValidationError, match="label"):
        CardFile.model_validate(card | {"sections": [blank, *sections[1:]]})
