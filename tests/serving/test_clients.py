"""Clients that nobody here wrote, unmodified: their one change is the URL."""

from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
from comments import CORAL
from conftest import Server, StartServer
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError
from perspective import PerspectiveAPI

from upstander.serving.keys import create_key


@pytest.fixture(scope="module")
def keyed(start_server: StartServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that asks for the key in the file `key` beside its log."""
    folder = tmp_path_factory.mktemp("keys")
    key = create_key(folder / "keys.json", "clients", "score", 0, 0)[1]
    with start_server(keys=folder / "keys.json") as server:
        server.wait_ready()
        (server.log.parent / "key").write_text(key)
        yield server


def key_of(server: Server) -> str:
    return (server.log.parent / "key").read_text()


def google(server: Server, key: str) -> Any:
    return build(
        "commentanalyzer",
        "v1alpha1",
        developerKey=key,
        discoveryServiceUrl=f"{server.url}/$discovery/rest?version=v1alpha1",
        static_discovery=False,
    )


def asked(text: str) -> dict[str, Any]:
    return {
        "comment": {"text": text},
        "requestedAttributes": {"TOXICITY": {}},
        "languages": ["en"],
    }


def test_googles_python_client(keyed: Server) -> None:
    with google(keyed, key_of(keyed)) as client:
        reply = client.comments().analyze(body=asked("You are a fool.")).execute()
        assert 0 <= reply["attributeScores"]["TOXICITY"]["summaryScore"]["value"] <= 1
        assert reply["languages"] == ["en"]
        masked = client.comments().analyze(body=asked("hello"), fields="languages").execute()
        assert masked == {"languages": ["en"]}
        suggestion = {
            "comment": {"text": "You are a fool."},
            "attributeScores": {"TOXICITY": {"summaryScore": {"value": 0.9}}},
            "clientToken": "7",
        }
        reply = client.comments().suggestscore(body=suggestion).execute()
        assert reply["clientToken"] == "7"


def test_googles_python_client_reads_our_errors(keyed: Server) -> None:
    with google(keyed, key_of(keyed)) as client, pytest.raises(HttpError) as caught:
        client.comments().analyze(body=asked("")).execute()
    assert caught.value.status_code == 400
    assert caught.value.error_details[0]["errorType"] == "COMMENT_EMPTY"
    assert "Comment must be non-empty." in str(caught.value)
    with (
        google(keyed, "wrong") as client,
        pytest.raises(HttpError, match="API key not valid"),
    ):
        client.comments().analyze(body=asked("hello")).execute()


def test_googles_python_client_in_batches(keyed: Server) -> None:
    answers: dict[str, Any] = {}

    def answered(name: str, reply: Any, error: HttpError | None) -> None:
        answers[name] = error or reply

    with google(keyed, key_of(keyed)) as client:
        batch = client.new_batch_http_request(callback=answered)
        for number in range(50):
            text = "" if number == 7 else f"Comment {number} ünïcode 😀"
            batch.add(client.comments().analyze(body=asked(text)), request_id=str(number))
        batch.execute()
    assert len(answers) == 50
    refused = answers.pop("7")
    assert isinstance(refused, HttpError)
    assert refused.error_details[0]["errorType"] == "COMMENT_EMPTY"
    assert all("TOXICITY" in reply["attributeScores"] for reply in answers.values())


def test_the_client_called_perspective(keyed: Server) -> None:
    client = PerspectiveAPI(key_of(keyed))
    client.api_client.url = f"{keyed.url}/v1alpha1/{{endpoint}}"
    assert set(client.score("You are a fool.", tests=["TOXICITY", "INSULT"])) == {
        "TOXICITY",
        "INSULT",
    }
    reply = client.analyze_comment(
        "You are a fool.",
        comment_type="PLAIN_TEXT",
        context=[{"text": "before", "type": "PLAIN_TEXT"}],
        span_annotations=True,
        languages=["en"],
        do_not_store=True,
        client_token="7",
        session_id="session",
        community_id="forum",
    )
    assert reply["clientToken"] == "7"


def test_coral_whose_endpoint_is_a_prefix(keyed: Server) -> None:
    endpoint = f"{keyed.url}/v1alpha1"
    reply = httpx.post(f"{endpoint}/comments:analyze?key={key_of(keyed)}", json=CORAL["analyze"])
    assert reply.status_code == 200
    value = reply.json()["attributeScores"]["TOXICITY"]["summaryScore"]["value"]
    assert 0 <= round(value * 100) <= 100


def test_openais_python_client(keyed: Server) -> None:
    with openai.OpenAI(base_url=f"{keyed.url}/v1", api_key=key_of(keyed)) as client:
        reply = client.moderations.create(input=["Good morning.", "Migrants are vermin."])
        assert [result.flagged for result in reply.results] == [False, True]
        assert reply.results[1].categories.hate is True
        assert reply.results[1].category_scores.self_harm == 0.0
        with pytest.raises(openai.BadRequestError, match="Only parts of the type 'text'"):
            client.moderations.create(
                input=[{"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}]
            )
    with (
        openai.OpenAI(base_url=f"{keyed.url}/v1", api_key="sk-wrong") as client,
        pytest.raises(openai.AuthenticationError, match="Incorrect API key"),
    ):
        client.moderations.create(input="hello")
