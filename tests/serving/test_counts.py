"""Rates and quotas that several processes share."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from conftest import Server, StartServer
from redis_server import redis_server

from upstander.serving.keys import create_key


@pytest.fixture
def store() -> Iterator[str]:
    """The address of a Redis of its own."""
    with redis_server() as address:
        yield address


def ask(server: Server, key: str) -> httpx.Response:
    return httpx.post(
        f"{server.url}/v1/score", json={"text": "hello"}, headers={"x-api-key": key}, timeout=20
    )


def test_two_services_with_one_store_allow_one_rate(
    start_server: StartServer, store: str, tmp_path: Path
) -> None:
    key = create_key(tmp_path / "keys.json", "forum", "score", 4, 0)[1]
    settings = {"keys": tmp_path / "keys.json", "limits_store": store}
    with start_server(**settings) as one, start_server(**settings) as other:
        one.wait_ready()
        other.wait_ready()
        answers = [ask(server, key) for server in (one, other) * 3]
        assert [answer.status_code for answer in answers] == [200] * 4 + [429] * 2
        assert [answer.headers["ratelimit-remaining"] for answer in answers[:4]] == [*"3210"]


def test_without_its_store_a_service_goes_on_and_says_so(
    start_server: StartServer, tmp_path: Path
) -> None:
    key = create_key(tmp_path / "keys.json", "forum", "score", 1, 1)[1]
    with start_server(keys=tmp_path / "keys.json", limits_store="redis://127.0.0.1:1") as server:
        server.wait_ready()
        assert [ask(server, key).status_code for _ in range(3)] == [200] * 3
        assert server.metric("upstander_uncounted_total") == 6
        assert server.log.read_text().count("the limits store does not answer") == 1


def test_a_store_that_hangs_is_not_asked_for_every_request(
    start_server: StartServer, tmp_path: Path
) -> None:
    key = create_key(tmp_path / "keys.json", "forum", "score", 100, 0)[1]
    with socket.create_server(("127.0.0.1", 0)) as silent:
        store = f"redis://127.0.0.1:{silent.getsockname()[1]}"
        with start_server(keys=tmp_path / "keys.json", limits_store=store) as server:
            server.wait_ready()
            assert [ask(server, key).status_code for _ in range(12)] == [200] * 12
            assert server.metric("upstander_uncounted_total") == 12
        asked = 0
        silent.settimeout(0.1)
        with suppress(TimeoutError):
            while asked < 12:
                silent.accept()[0].close()
                asked += 1
    assert 0 < asked < 12


def test_a_store_that_is_none_is_refused(start_server: StartServer) -> None:
    with start_server(limits_store="nowhere://") as server:
        assert server.process.wait(timeout=30) == 1
        assert "--limits-store nowhere://" in server.log.read_text()
