"""`/v1/score` and `/v1/score/batch`, over HTTP against a real server with the shipped bundle."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from conftest import Server

from upstander.models.bundle import Bundle

HATEFUL = "Those immigrants are vermin, not people."


def post(server: Server, path: str, body: Any) -> httpx.Response:
    return httpx.post(f"{server.url}{path}", json=body, timeout=60)


def post_raw(server: Server, body: bytes, content_type: str = "application/json") -> httpx.Response:
    return httpx.post(
        f"{server.url}/v1/score", content=body, headers={"content-type": content_type}, timeout=60
    )


def test_a_post_gets_its_scores(server: Server, bundle: Bundle) -> None:
    response = post(server, "/v1/score", {"text": HATEFUL, "id": "post 7"})
    assert response.status_code == 200
    reply = response.json()
    assert reply["id"] == "post 7"
    assert reply["model"] == {
        "name": bundle.manifest.name,
        "version": bundle.manifest.version,
        "sha256": bundle.sha256,
    }
    assert reply["scores"] == dict(bundle.scorer.score(HATEFUL).scores)
    assert reply["flags"] == {"windows": 1, "obfuscated": False, "quotation": False}
    assert reply["offsets"] == "code_points"
    assert set(reply) == {
        *("id", "model", "scores", "targets", "mechanisms", "spans", "offsets", "flags"),
        *("decision", "language"),
    }
    for target in reply["targets"]:
        assert target["score"] >= bundle.manifest.threshold(target["category"])


def test_no_id_in_no_id_out(server: Server) -> None:
    assert "id" not in post(server, "/v1/score", {"text": "hello"}).json()


def test_an_id_may_be_a_number_and_is_never_lost(server: Server) -> None:
    one = post(server, "/v1/score", {"text": "hello", "id": 7, "community_id": 12})
    assert (one.status_code, one.json()["id"]) == (200, "7")
    posts = [
        {"text": "hello", "id": 2**63},
        {"text": "hello", "id": -1},
        {"id": 3},
        {"text": 5, "id": 4},
        {"text": "hello", "id": 5.5},
        {"text": "hello", "id": "x" * 300},
    ]
    wanted = [str(2**63), "-1", "3", "4", "5.5", "x" * 256]
    batch = post(server, "/v1/score/batch", {"posts": posts}).json()["results"]
    lines = "".join(json.dumps(one) + "\n" for one in posts).encode()
    stream = httpx.post(f"{server.url}/v1/score/stream", content=lines, timeout=60)
    for results in (batch, [json.loads(line) for line in stream.text.splitlines()]):
        assert [result["id"] for result in results] == wanted
        assert ["error" in result for result in results] == [False] * 2 + [True] * 4


def test_timings_are_in_the_header(server: Server) -> None:
    header = post(server, "/v1/score", {"text": "timed once"}).headers["server-timing"]
    stages = dict(re.findall(r"(\w+);dur=([\d.]+)", header))
    assert list(stages) == ["queue", "normalise", "tokenize", "run", "total"]
    assert float(stages["total"]) >= float(stages["run"]) > 0


def test_a_long_text_says_how_many_windows_it_took(server: Server) -> None:
    reply = post(server, "/v1/score", {"text": "word " * 500}).json()
    assert reply["flags"]["windows"] > 1


def test_a_batch_is_answered_in_order_and_like_single_posts(server: Server) -> None:
    texts = [HATEFUL, "Good morning", "word " * 300, "\U0001f600"]
    reply = post(
        server,
        "/v1/score/batch",
        {"posts": [{"text": t, "id": str(i)} for i, t in enumerate(texts)]},
    ).json()
    single = [
        post(server, "/v1/score", {"text": t, "id": str(i)}).json() for i, t in enumerate(texts)
    ]
    assert reply["results"] == single


def test_one_bad_post_never_fails_the_others(server: Server) -> None:
    posts: list[Any] = [
        {"text": "fine"},
        {"id": "no text"},
        {"id": "blank", "text": " \u200b\n"},
        {"id": "long", "text": "x" * 20_481},
        17,
        {"text": "unknown field", "colour": "blue"},
        {"id": "number", "text": 5},
        {"id": "last", "text": "also fine"},
    ]
    response = post(server, "/v1/score/batch", {"posts": posts})
    assert response.status_code == 200
    results = response.json()["results"]
    codes = [result.get("error", {}).get("code", "scored") for result in results]
    assert codes == [
        "scored",
        "invalid_request",
        "empty_text",
        "text_too_long",
        "invalid_request",
        "invalid_request",
        "invalid_request",
        "scored",
    ]
    assert [result.get("id") for result in results] == [
        None, "no text", "blank", "long", None, None, "number", "last",
    ]  # fmt: skip


def test_a_batch_has_a_limit(server: Server) -> None:
    assert post(server, "/v1/score/batch", {"posts": [{"text": "a"}] * 256}).status_code == 200
    refused = post(server, "/v1/score/batch", {"posts": [{"text": "a"}] * 257})
    assert refused.status_code == 422
    assert "257 posts, and at most 256" in refused.json()["error"]["message"]
    assert post(server, "/v1/score/batch", {"posts": []}).status_code == 422


def test_lone_surrogates_and_nul_bytes_are_scored(server: Server) -> None:
    half = post_raw(server, rb'{"text": "half an emoji \ud83d", "id": "\ud83d"}')
    assert half.status_code == 200
    assert half.json()["id"] == "\ufffd"
    whole = post(server, "/v1/score", {"text": "half an emoji \ufffd"})
    assert half.json()["scores"] == whole.json()["scores"]
    nul = post_raw(server, rb'{"text": "nul\u0000byte"}')
    assert nul.json()["scores"] == post(server, "/v1/score", {"text": "nulbyte"}).json()["scores"]
    batch = httpx.post(
        f"{server.url}/v1/score/batch",
        content=rb'{"posts": [{"text": "\ud83d"}, {"id": "\udead"}]}',
        headers={"content-type": "application/json"},
    )
    assert [list(result)[-1] for result in batch.json()["results"]] == ["decision", "error"]


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        (b'{"text": ""}', "empty_text", "visible character"),
        (b'{"text": " \\t\\n "}', "empty_text", "visible character"),
        (b"{nope", "invalid_request", "not JSON"),
        (b"", "invalid_request", "must be a JSON object"),
        (b"[]", "invalid_request", "must be a JSON object"),
        (b'"secret words"', "invalid_request", "must be a JSON object"),
        (b"{}", "invalid_request", "text: the field is missing"),
        (b'{"text": 5}', "invalid_request", "text: must be a string"),
        (b'{"text": null}', "invalid_request", "text: must be a string"),
        (b'{"text": ["secret words"]}', "invalid_request", "text: must be a string"),
        (b'{"text": "a", "id": 5.5}', "invalid_request", "id: must be a string or a whole number"),
        (b'{"text": "a", "id": true}', "invalid_request", "id: must be a string or a whole"),
        (b'{"text": "a", "id": %s}' % (b"9" * 300), "invalid_request", "id: is too long"),
        (b'{"text": "a", "id": %s}' % (b"9" * 5000), "invalid_request", ""),
        (b'{"text": "a", "secret words": 1}', "invalid_request", "unknown field"),
        (b"\xff\xfe{", "invalid_request", "UTF-8"),
        (b"[" * 100_000, "invalid_request", "JSON"),
    ],
)
def test_bad_requests_are_told_what_is_wrong(
    server: Server, body: bytes, code: str, words: str
) -> None:
    response = post_raw(server, body)
    assert response.status_code == 422
    error = response.json()["error"]
    assert error["code"] == code
    assert words in error["message"]
    assert "secret" not in response.text  # what was sent is never repeated


def test_a_body_that_is_not_declared_as_json_is_refused(server: Server) -> None:
    response = post_raw(server, b'{"text": "a"}', "application/x-www-form-urlencoded")
    assert response.status_code == 422
    assert "content-type: application/json" in response.json()["error"]["message"]


def test_the_text_limit_counts_bytes_of_utf8(server: Server) -> None:
    assert post(server, "/v1/score", {"text": "x" * 20_480}).status_code == 200
    assert post(server, "/v1/score", {"text": "\u00a3" * 10_240}).status_code == 200
    for text in ("x" * 20_481, "\u00a3" * 10_241):
        response = post(server, "/v1/score", {"text": text})
        assert response.status_code == 413
        assert response.json()["error"]["code"] == "text_too_long"


@pytest.mark.parametrize("declared", [True, False])
def test_a_huge_body_is_refused_as_it_arrives(server: Server, declared: bool) -> None:
    body = b'{"text": "' + b"x" * 9_000_000 + b'"}'
    content = body if declared else (body[i : i + 65536] for i in range(0, len(body), 65536))
    response = httpx.post(
        f"{server.url}/v1/score", content=content, headers={"content-type": "application/json"}
    )
    assert response.status_code == 413
    assert response.json()["error"]["code"] == "body_too_large"


def test_many_clients_get_the_answers_of_their_own_posts(server: Server) -> None:
    texts = [f"message number {n} " + "and more " * (n % 40) for n in range(60)]
    with httpx.Client() as client, ThreadPoolExecutor(12) as pool:
        replies = list(
            pool.map(
                lambda t: client.post(f"{server.url}/v1/score", json={"text": t, "id": t[:18]}),
                texts,
            )
        )
    assert [reply.json()["id"] for reply in replies] == [text[:18] for text in texts]
    alone = [post(server, "/v1/score", {"text": text}).json()["scores"] for text in texts]
    assert [reply.json()["scores"] for reply in replies] == alone


def test_other_paths_and_methods(server: Server) -> None:
    missing = httpx.get(f"{server.url}/v2/score")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "not_found")
    wrong = httpx.get(f"{server.url}/v1/score")
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (405, "wrong_method")
    assert wrong.headers["allow"] == "POST"


def test_no_text_reaches_the_log(server: Server) -> None:
    post(server, "/v1/score", {"text": "a most unusual zebra"})
    post_raw(server, b'{"text": "a most unusual zebra", "zebra": 1}')
    assert "zebra" not in server.log.read_text()


def test_the_openapi_document_lists_the_refusals(server: Server) -> None:
    paths = json.loads(httpx.get(f"{server.url}/openapi.json").text)["paths"]
    assert {"/v1/score", "/v1/score/batch", "/v1/model", "/livez", "/readyz", "/metrics"} <= set(
        paths
    )
    assert {"200", "413", "422", "429", "503"} <= set(paths["/v1/score"]["post"]["responses"])
    assert httpx.get(f"{server.url}/docs").status_code == 200


@pytest.mark.parametrize("given", ["soon", "0", "-1", "nan"])
def test_a_timeout_that_is_none_is_refused(server: Server, given: str) -> None:
    response = httpx.post(
        f"{server.url}/v1/score", json={"text": "hello"}, headers={"x-request-timeout": given}
    )
    assert response.status_code == 422
    assert "X-Request-Timeout" in response.json()["error"]["message"]


def test_a_request_may_allow_less_time_than_the_service(server: Server) -> None:
    response = httpx.post(
        f"{server.url}/v1/score",
        json={"text": "no time at all " + "word " * 3000},
        headers={"x-request-timeout": "0.001"},
    )
    assert response.status_code == 504
    assert response.json()["error"]["code"] == "deadline_exceeded"
