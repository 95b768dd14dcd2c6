"""Who may come in, how often, and what is never written down."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from conftest import Server, StartServer, until

from upstander.serving.keys import create_key, revoke_key


@dataclass(frozen=True)
class Guarded:
    """A server that asks for keys, and one of each kind."""

    server: Server
    file: Path
    score: str
    limited: str
    admin: str


@pytest.fixture(scope="module")
def guarded(
    start_server: StartServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Guarded]:
    file = tmp_path_factory.mktemp("auth") / "keys.json"
    made = {
        "score": create_key(file, "forum", "score", 0, 0)[1],
        "limited": create_key(file, "trial", "score", 3, 0)[1],
        "admin": create_key(file, "root", "admin", 0, 0)[1],
    }
    with start_server(keys=file, log_format="json", log_level="debug") as server:
        server.wait_ready()
        yield Guarded(server, file, **made)


def score(guarded: Guarded, posts: int = 1, **headers: str) -> httpx.Response:
    return httpx.post(
        f"{guarded.server.url}/v1/score/batch",
        json={"posts": [{"text": "hello"}] * posts},
        headers=headers,
    )


def test_without_a_key_nobody_comes_in(guarded: Guarded) -> None:
    for headers in ({}, {"x-api-key": "up_0_0"}, {"authorization": "Basic Zm9v"}):
        response = score(guarded, **headers)
        assert response.status_code == 401
        assert response.json()["error"]["code"] == "unauthorized"
    stream = httpx.post(f"{guarded.server.url}/v1/score/stream", content=b'{"text": "x"}\n')
    assert stream.status_code == 401
    assert stream.headers["www-authenticate"] == "Bearer"
    for closed_path in ("/v1/model", "/v1/policies"):
        assert httpx.get(guarded.server.url + closed_path).status_code == 401
    for open_path in ("/livez", "/readyz"):
        assert httpx.get(guarded.server.url + open_path).status_code == 200


def test_a_key_is_taken_in_any_of_three_places(guarded: Guarded) -> None:
    assert score(guarded, authorization=f"Bearer {guarded.score}").status_code == 200
    assert score(guarded, **{"x-api-key": guarded.score}).status_code == 200
    url = f"{guarded.server.url}/v1/score?key={guarded.score}"
    assert httpx.post(url, json={"text": "hello"}).status_code == 200


def test_roles_are_apart(guarded: Guarded) -> None:
    reload = f"{guarded.server.url}/v1/admin/reload"
    assert httpx.post(reload).status_code == 401
    assert httpx.post(reload, headers={"x-api-key": guarded.score}).status_code == 403
    assert httpx.post(reload, headers={"x-api-key": guarded.admin}).status_code == 200
    assert score(guarded, **{"x-api-key": guarded.admin}).status_code == 403
    listed = f"{guarded.server.url}/v1/policies"
    assert httpx.get(listed, headers={"x-api-key": guarded.admin}).status_code == 200


def test_the_rate_is_told_and_kept(guarded: Guarded) -> None:
    headers = {"x-api-key": guarded.limited}
    left = []
    for _ in range(3):
        response = score(guarded, **headers)
        assert response.status_code == 200
        assert response.headers["ratelimit-limit"] == "3"
        left.append(int(response.headers["ratelimit-remaining"]))
    assert left == [2, 1, 0]
    refused = score(guarded, **headers)
    assert refused.status_code == 429
    assert refused.json()["error"]["code"] == "rate_limited"
    assert 1 <= int(refused.headers["retry-after"]) <= 61


def test_a_quota_counts_posts(guarded: Guarded) -> None:
    _, key = create_key(guarded.file, "quota", "score", 0, 5)
    until(lambda: score(guarded, posts=3, **{"x-api-key": key}).status_code == 200)
    refused = score(guarded, posts=3, **{"x-api-key": key})
    assert refused.status_code == 429
    assert "leaves 2" in refused.json()["error"]["message"]
    assert score(guarded, posts=2, **{"x-api-key": key}).status_code == 200


def test_a_revoked_key_stays_out_within_a_second(guarded: Guarded) -> None:
    entry, key = create_key(guarded.file, "gone", "score", 0, 0)
    until(lambda: score(guarded, **{"x-api-key": key}).status_code == 200)
    revoke_key(guarded.file, entry.id)
    until(lambda: score(guarded, **{"x-api-key": key}).status_code == 401)


def test_no_key_and_no_text_reaches_the_log(guarded: Guarded) -> None:
    secret_text = "a very private sentence"
    url = f"{guarded.server.url}/v1/score"
    httpx.post(f"{url}?key={guarded.score}", json={"text": secret_text})
    httpx.post(f"{url}?key={guarded.score}", json={"text": [secret_text]})
    httpx.post(f"{url}?key=up_1_{secret_text}", json={"text": secret_text})
    httpx.get(f"{guarded.server.url}/nowhere/{guarded.score}", params={"key": guarded.admin})
    log = guarded.server.log.read_text()
    lines = [json.loads(line) for line in log.splitlines()]
    told = {(line.get("route"), line.get("status")) for line in lines}
    assert {("/v1/score", 200), ("/v1/score", 401), ("none", 404)} <= told
    for secret in (guarded.score, guarded.admin, guarded.limited, secret_text):
        assert secret not in log


def test_it_does_not_listen_to_the_world_without_keys(start_server: StartServer) -> None:
    with start_server(host="0.0.0.0") as server:
        assert server.process.wait(timeout=30) == 1
        assert "refused to listen on 0.0.0.0 without API keys" in server.log.read_text()


def test_open_on_loopback_it_says_so(server: Server) -> None:
    assert "no API keys configured: unauthenticated access" in server.log.read_text()
