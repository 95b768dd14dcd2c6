"""What the Perspective API refuses, word for word: clients read the words."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from comments import PATH, analyze, asked, error
from conftest import Server, StartServer

from upstander.serving.keys import create_key

CONTEXT_TWICE = (
    "Context can have either entries or article_and_parent_comment, but both fields were populated."
)
GERMAN = "Das hier ist ein ganz normaler Satz auf Deutsch, wie man ihn liest."


@pytest.mark.parametrize(
    "mask", ["attributeScore", "languages(", "a/b", "attributeScores/T/x", ",", ""]
)
def test_a_bad_mask_is_refused(server: Server, mask: str) -> None:
    response = httpx.post(f"{server.url}{PATH}", json=asked(), params={"fields": mask})
    found = error(response)
    assert found["message"] == "Request contains an invalid argument."
    violation = found["details"][0]["fieldViolations"][0]["description"]
    assert violation.startswith("Error expanding 'fields' parameter. Cannot find matching fields")


@pytest.mark.parametrize(
    ("body", "kind", "message"),
    [
        (asked(""), "COMMENT_EMPTY", "Comment must be non-empty."),
        (asked(" \u200b"), "COMMENT_EMPTY", "Comment must be non-empty."),
        (asked(None), "COMMENT_EMPTY", "Comment must be non-empty."),
        ({}, "COMMENT_EMPTY", "Comment must be non-empty."),
        (asked("x" * 20_481), "COMMENT_TOO_LONG", "Comment text too long."),
        (
            asked(requestedAttributes={}),
            "NO_REQUESTED_ATTRIBUTES",
            "Missing requested_attributes",
        ),
        (
            asked(requestedAttributes={"SPAM": {}}),
            "INVALID_REQUEST",
            "Unknown requested attribute: SPAM",
        ),
        (
            asked(requestedAttributes={"INSULT": {"scoreType": "RAW"}}),
            "INVALID_REQUEST",
            "Requested score type RAW is not supported by attribute INSULT",
        ),
        (
            asked(comment={"text": "<b>x</b>", "type": "HTML"}),
            "INVALID_REQUEST",
            "Currently, only 'PLAIN_TEXT' comments are supported",
        ),
        (asked(comment={"text": "x", "type": "RTF"}), "INVALID_REQUEST", "Unknown text type"),
        (
            asked(
                context={
                    "entries": [{"text": "a"}],
                    "articleAndParentComment": {"article": {"text": "b"}},
                }
            ),
            "INVALID_REQUEST",
            CONTEXT_TWICE,
        ),
        (
            asked("Das ist ein Satz auf Deutsch.", languages=["de", "fr"]),
            "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
            "Attribute TOXICITY does not support request languages: de, fr",
        ),
        (
            asked(
                "Das hier ist ein ganz normaler Satz auf Deutsch, wie man ihn liest.", languages=[]
            ),
            "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
            "Attribute TOXICITY does not support request languages: de",
        ),
    ],
)
def test_what_is_refused_is_refused_in_perspectives_words(
    server: Server, body: dict[str, Any], kind: str, message: str
) -> None:
    found = error(analyze(server, body))
    assert found["message"] == message
    assert found["status"] == "INVALID_ARGUMENT"
    assert found["details"][0]["errorType"] == kind


def test_a_refused_language_says_whether_it_was_asked_for_or_detected(server: Server) -> None:
    for languages, which in ((["de"], "requestedLanguages"), ([], "detectedLanguages")):
        found = error(analyze(server, asked(GERMAN, languages=languages)))
        payload = found["details"][0]["languageNotSupportedByAttributeError"]
        assert payload == {which: ["de"], "attribute": "TOXICITY"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "Invalid JSON payload received."),
        (b'{"comment": {"text": "\xff"}}', "Invalid JSON payload received."),
        (b"[]", "Invalid JSON payload received."),
        (
            b'{"comment": {"txt": "x"}}',
            "Invalid JSON payload received. Unknown name \"txt\" at 'comment'",
        ),
        (b'{"comment": {"text": 7}}', "Invalid value at 'comment.text' (TYPE_STRING)"),
        (b'{"comment": 7}', "Invalid value at 'comment'"),
    ],
)
def test_what_is_no_request_is_refused_in_the_words_of_googles_front_end(
    server: Server, content: bytes, message: str
) -> None:
    response = httpx.post(f"{server.url}{PATH}", content=content)
    found = error(response)
    assert found["message"].startswith(message)
    assert found["status"] == "INVALID_ARGUMENT"
    assert found["details"][0]["@type"].endswith("google.rpc.BadRequest")


@pytest.mark.parametrize(
    "content",
    [
        b'{"comment": {"text": "a"}, "requestedAttributes": {"\\ud800": {}}}',
        b'{"comment": {"text": "a"}, "requestedAttributes": {"INSULT": {"scoreType": "\\ud800"}}}',
        b'{"comment": {"text": "a", "type": "\\ud800"}}',
        b'{"comment": {"text": "a"}, "requestedAttributes": {%s}}'
        % b",".join(b'"a%d": 1' % number for number in range(20_000)),
    ],
)
def test_odd_names_are_refused_and_not_a_fault(server: Server, content: bytes) -> None:
    assert error(httpx.post(f"{server.url}{PATH}", content=content))["status"] == "INVALID_ARGUMENT"


def test_half_an_emoji_is_scored(server: Server) -> None:
    content = b'{"comment": {"text": "a \\ud83d"}, "requestedAttributes": {"INSULT": {}}}'
    assert httpx.post(f"{server.url}{PATH}", content=content).status_code == 200


def test_a_key_is_found_beside_other_credentials_and_under_an_escaped_name(
    start_server: StartServer, tmp_path: Path
) -> None:
    key = create_key(tmp_path / "keys.json", "forum", "score", 0, 0)[1]
    with start_server(keys=tmp_path / "keys.json", log_level="debug") as server:
        server.wait_ready()
        for query, headers in (
            (f"?key={key}", {"Authorization": "Basic eDp5"}),
            (f"?%6bey={key}", {}),
        ):
            answered = httpx.post(f"{server.url}{PATH}{query}", json=asked(), headers=headers)
            assert answered.status_code == 200, answered.text
        assert key not in server.log.read_text()


def test_an_empty_post_has_details(server: Server) -> None:
    assert error(httpx.post(f"{server.url}{PATH}"))["details"][0]["errorType"] == "COMMENT_EMPTY"


def test_keys_and_rates_are_refused_as_google_does(
    start_server: StartServer, tmp_path: Path
) -> None:
    keys = tmp_path / "keys.json"
    key = create_key(keys, "forum", "score", 2, 0)[1]
    with start_server(keys=keys) as server:
        server.wait_ready()
        found = error(analyze(server, asked()), 403)
        assert found["status"] == "PERMISSION_DENIED"
        assert found["message"].startswith("Method doesn't allow unregistered callers")
        found = error(analyze(server, asked(), "?key=up_0_wrong"))
        assert found["message"] == "API key not valid. Please pass a valid API key."
        assert found["details"][0]["reason"] == "API_KEY_INVALID"
        assert analyze(server, asked(), f"?key={key}").status_code == 200
        header = {"X-Goog-Api-Key": key}
        second = httpx.post(f"{server.url}{PATH}", json=asked(), headers=header)
        assert second.status_code == 200
        refused = analyze(server, asked(), f"?key={key}")
        found = error(refused, 429)
        assert found["status"] == "RESOURCE_EXHAUSTED"
        info = found["details"][0]
        assert info["reason"] == "RATE_LIMIT_EXCEEDED"
        assert info["domain"] == "googleapis.com"
        assert info["metadata"]["quota_limit"] == "AnalyzeRequestsPerMinutePerProject"
        assert info["metadata"]["quota_limit_value"] == "2"
        seconds = refused.headers["retry-after"]
        assert int(seconds) >= 1
        assert found["details"][1]["retryDelay"] == f"{seconds}s"
        assert refused.headers["ratelimit-remaining"] == "0"
        assert info["metadata"]["quota_remaining"] == "0"


def test_an_exhausted_quota_says_what_is_left(start_server: StartServer, tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    key = create_key(keys, "forum", "score", 0, 3)[1]
    with start_server(keys=keys) as server:
        server.wait_ready()
        assert analyze(server, asked(), f"?key={key}").status_code == 200
        posts = {"posts": [{"text": "one"}, {"text": "two"}, {"text": "three"}]}
        whole = httpx.post(f"{server.url}/v1/score/batch?key={key}", json=posts)
        assert whole.status_code == 429
        assert whole.headers["ratelimit-remaining"] == "2"
        for _ in range(2):
            assert analyze(server, asked(), f"?key={key}").status_code == 200
        found = error(analyze(server, asked(), f"?key={key}"), 429)
        metadata = found["details"][0]["metadata"]
        assert metadata["quota_limit"] == "AnalyzeRequestsPerDayPerProject"
        assert (metadata["quota_limit_value"], metadata["quota_remaining"]) == ("3", "0")
        assert int(found["details"][1]["retryDelay"].removesuffix("s")) > 1


def test_what_goes_into_a_header_cannot_end_it(start_server: StartServer) -> None:
    with start_server(unserved_language="decide") as server:
        server.wait_ready()
        found = error(analyze(server, asked(languages=["de\r\nx-evil: 1"])))
        assert found["message"].startswith("Invalid value at 'languages")
