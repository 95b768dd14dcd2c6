"""How the tests ask for the score of a comment in Perspective's form, and read an error."""

import json
from pathlib import Path
from typing import Any

import httpx
from conftest import Server

CORAL: dict[str, Any] = json.loads((Path(__file__).parent / "coral.json").read_text())
"""What the comment system Coral sends, from its source (src/core/server, perspective)."""

PATH = "/v1alpha1/comments:analyze"
SIX = ["TOXICITY", "SEVERE_TOXICITY", "IDENTITY_ATTACK", "INSULT", "PROFANITY", "THREAT"]


def asked(text: str | None = "You are a fool.", **more: Any) -> dict[str, Any]:
    return {
        "comment": {"text": text},
        "requestedAttributes": {"TOXICITY": {}},
        "languages": ["en"],
        **more,
    }


def analyze(server: Server, body: Any, query: str = "") -> httpx.Response:
    return httpx.post(f"{server.url}{PATH}{query}", json=body, timeout=30)


def error(response: httpx.Response, status: int = 400) -> dict[str, Any]:
    found: dict[str, Any] = response.json()["error"]
    assert response.status_code == found["code"] == status
    assert found["details"]
    return found
