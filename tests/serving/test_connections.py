"""Connections are bounded: newcomers and health checks come through, and the log says what went."""

import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlparse

import httpx
from conftest import Server, StartServer, until

from upstander.serving.connections import Connections
from upstander.serving.metrics import Metrics


def connect(server: Server) -> socket.socket:
    address = urlparse(server.url)
    return socket.create_connection((address.hostname, address.port or 80), timeout=10)


@contextmanager
def limited_files(most: int) -> Iterator[None]:
    """What is started meanwhile may have so many files open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def answers(server: Server) -> bool:
    """Whether a newcomer is served."""
    body = {"text": "a newcomer"}
    return httpx.post(f"{server.url}/v1/score", json=body, timeout=10).status_code == 200


def test_idle_connections_make_room_for_newcomers(start_server: StartServer) -> None:
    with ExitStack() as stack:
        with limited_files(256):  # which a child has from its parent
            server = stack.enter_context(start_server(fresh=True))
            server.wait_ready()
        for number in range(500):
            stack.enter_context(connect(server))
            if number % 100 == 0:
                assert answers(server)
        assert all(answers(server) for _ in range(20))
        assert server.metric("upstander_evicted_total") > 300
        assert server.metric("upstander_connections") <= 128
        assert server.log.read_text().count("the maximum (--max-connections)") == 1
        assert httpx.get(f"{server.url}/readyz").status_code == 200


def test_a_connection_that_was_of_use_outlasts_those_that_were_not(
    start_server: StartServer,
) -> None:
    with start_server(max_connections=20) as server, httpx.Client() as client, ExitStack() as stack:
        server.wait_ready()
        url = f"{server.url}/v1/score"
        for number in range(100):
            assert client.post(url, json={"text": f"post {number}"}).status_code == 200
            stack.enter_context(connect(server))
        assert len(client._transport._pool.connections) == 1  # type: ignore[attr-defined]


def busy(server: Server) -> socket.socket:
    """A connection with a request whose answer is not complete."""
    connection = connect(server)
    connection.sendall(
        b"POST /v1/score/stream HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
        b"1\r\n\n\r\n"
    )
    assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")
    return connection


def test_when_all_are_busy_health_checks_come_through(start_server: StartServer) -> None:
    with start_server(max_connections=20, max_streams=100) as server:
        server.wait_ready()
        with ExitStack() as stack:
            for _ in range(20):
                stack.enter_context(busy(server))
            for _ in range(40):
                for path in ("/livez", "/readyz", "/metrics"):
                    assert httpx.get(server.url + path).status_code == 200
            refused = httpx.post(f"{server.url}/v1/score", json={"text": "one too many"})
            assert refused.status_code == 503
            assert refused.json()["error"]["code"] == "not_ready"
            assert refused.headers["retry-after"] == "1"
            assert "may ask for health alone" in server.log.read_text()
        until(lambda: answers(server))


class Fake:
    """A connection that only says whether it was closed: which one goes is what is tested."""

    def __init__(self) -> None:
        self.is_closed = False

    def make_room(self) -> None:
        self.is_closed = True


def test_the_longest_idle_goes_first_and_those_that_were_of_use_last() -> None:
    connections = Connections(3, 30.0, Metrics())
    used, first, second, third = (Fake() for _ in range(4))
    assert connections.opened(used)
    connections.busy(used)
    connections.idle(used)
    assert connections.opened(first)
    assert connections.opened(second)
    assert connections.opened(third)
    assert (used.is_closed, first.is_closed, second.is_closed) == (False, True, False)
    for connection in (second, third):
        connections.busy(connection)
    assert connections.opened(Fake())
    assert used.is_closed


def test_beyond_the_reserve_a_newcomer_is_closed() -> None:
    connections = Connections(2, 30.0, Metrics())
    for has_room in (True, True, *[False] * 16):
        connection = Fake()
        assert connections.opened(connection) == has_room
        connections.busy(connection)
        assert not connection.is_closed
    last = Fake()
    assert not connections.opened(last)
    assert last.is_closed
