"""The model card for programs: complete, never empty, and the same as the card for people."""

import json
from typing import Any

import httpx
import pytest
from conftest import Server
from pydantic import ValidationError

from models.bundle import Bundle
from models.card import SECTIONS, ModelCard
from training.card.structure import structure


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


def test_it_says_what_the_markdown_says(bundle: Bundle, card: dict[str, Any]) -> None:
    text = (bundle.path / "README.md").read_text(encoding="utf-8").partition("\n---\n\n")[2]
    again = structure(text, bundle.manifest, card["releaseDate"])
    assert json.loads(again.model_dump_json(by_alias=True, exclude_none=True)) == card
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    tables = sum(line.startswith("| ---") for line in rows)
    told = sum(count_fields(section) for section in card["sections"])
    assert told > len(rows) - 2 * tables  # every row is a field, and so is every paragraph


def count_fields(section: dict[str, Any]) -> int:
    return len(section["fields"]) + sum(map(count_fields, section.get("subsections", ())))


def test_a_row_without_a_number_says_so(bundle: Bundle) -> None:
    sections = "\n\n".join(f"## {title}\n\nSomething." for title in SECTIONS.values())
    table = "\n\n### Goals\n\n| what | value | must |\n| --- | --- | --- |\n| a number |  |  |\n"
    card = structure(sections + table, bundle.manifest, "2026-11-24")
    goals = (card.sections[-1].subsections or ())[0]
    assert [(field.label, field.value) for field in goals.fields] == [("a number", "not measured")]


def test_a_section_that_is_empty_or_missing_is_refused(card: dict[str, Any]) -> None:
    sections = card["sections"]
    for number, section in enumerate(sections):
        empty = {"id": section["id"], "title": section["title"], "fields": []}
        changed = [*sections[:number], empty, *sections[number + 1 :]]
        with pytest.raises(ValidationError, match=f"section {section['id']} is empty"):
            ModelCard.model_validate(card | {"sections": changed})
        with pytest.raises(ValidationError, match="sections are trainingData, "):
            ModelCard.model_validate(
                card | {"sections": sections[:number] + sections[number + 1 :]}
            )
    inner = {"id": "x", "title": "X", "fields": []}
    first = sections[0] | {"subsections": [inner]}
    with pytest.raises(ValidationError, match="section x is empty"):
        ModelCard.model_validate(card | {"sections": [first, *sections[1:]]})
    blank = sections[0] | {"fields": [{"label": " ", "value": "x"}]}
    with pytest.raises(ValidationError, match="label"):
        ModelCard.model_validate(card | {"sections": [blank, *sections[1:]]})
