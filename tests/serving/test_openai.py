"""OpenAI's moderation endpoint: its form, its errors, and no number that nobody computed."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import Server, StartServer

from upstander.models.bundle import Bundle
from upstander.serving.keys import create_key

THIRTEEN = {
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/intent",
    "self-harm/instructions",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
}
VERMIN = "Migrants are vermin and should be driven out."


def moderate(server: Server, body: Any, **headers: str) -> httpx.Response:
    return httpx.post(f"{server.url}/v1/moderations", json=body, headers=headers, timeout=30)


def test_one_text_has_all_thirteen_categories_and_the_native_ones(
    server: Server, bundle: Bundle
) -> None:
    response = moderate(server, {"input": VERMIN, "model": "omni-moderation-latest"})
    assert response.status_code == 200
    body = response.json()
    assert body["id"].startswith("modr-")
    assert body["model"] == f"upstander-minilm-{bundle.manifest.version}"
    (result,) = body["results"]
    scores = bundle.scorer.score(VERMIN).scores
    assert set(result["categories"]) == THIRTEEN | set(scores)
    assert result["flagged"] is True
    assert result["categories"]["dehumanization"] is True
    for name, value in scores.items():
        assert result["category_scores"][name] == pytest.approx(value)
    for name in THIRTEEN - {"hate"}:
        assert result["categories"][name] is False
        assert result["category_scores"][name] == 0.0
        assert result["category_applied_input_types"][name] == []
        assert name in response.headers["X-Upstander-Not-Modelled"].split(", ")
    assert result["category_applied_input_types"]["hate"] == ["text"]


def test_an_array_of_texts_has_a_result_each_and_parts_have_one(server: Server) -> None:
    results = moderate(server, {"input": [VERMIN, "Good morning."]}).json()["results"]
    assert [result["flagged"] for result in results] == [True, False]
    parts = [{"type": "text", "text": "Good morning."}, {"type": "text", "text": VERMIN}]
    (result,) = moderate(server, {"input": parts}).json()["results"]
    assert result["flagged"] is True


@pytest.mark.parametrize(
    ("body", "message", "param"),
    [
        ({}, "Missing required parameter: 'input'.", "input"),
        ({"input": 7}, "'input' must be a string", "input"),
        ({"input": [7] * 9_000}, "'input' must be a string", "input"),
        ({"input": [{}] * 20_000}, "'input' must be a string", "input"),
        ({"input": []}, "'input' must not be empty.", "input"),
        ({"input": ""}, "The text is empty", "input"),
        ({"input": "x" * 20_481}, "An input has over 20,480 bytes.", "input"),
        (
            {"input": [{"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}]},
            "Only parts of the type 'text' are scored, and one has the type 'image_url'.",
            "input",
        ),
    ],
)
def test_what_is_refused_has_openais_form(
    server: Server, body: dict[str, Any], message: str, param: str
) -> None:
    response = moderate(server, body)
    assert response.status_code == 400
    error = response.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["message"].startswith(message)
    assert error["type"] == "invalid_request_error"
    assert error["param"] == param


def test_keys_and_rates(start_server: StartServer, tmp_path: Path) -> None:
    key = create_key(tmp_path / "keys.json", "forum", "score", 1, 0)[1]
    with start_server(keys=tmp_path / "keys.json") as server:
        server.wait_ready()
        for headers in ({}, {"Authorization": "Bearer sk-wrong"}):
            response = moderate(server, {"input": "hello"}, **headers)
            assert response.status_code == 401
            assert response.json()["error"]["code"] == "invalid_api_key"
        bearer = {"Authorization": f"Bearer {key}"}
        assert moderate(server, {"input": "hello"}, **bearer).status_code == 200
        refused = moderate(server, {"input": "hello"}, **bearer)
        assert refused.status_code == 429
        assert refused.json()["error"]["code"] == "rate_limit_exceeded"
        assert int(refused.headers["retry-after"]) >= 1
