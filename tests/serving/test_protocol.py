"""Hostile clients: endless headers, slow senders, connections that are dropped."""

import json
import socket
import time
from urllib.parse import urlparse

import httpx
from conftest import Server, until


def connect(server: Server) -> socket.socket:
    address = urlparse(server.url)
    assert address.hostname
    return socket.create_connection((address.hostname, address.port or 80), timeout=20)


def is_cut_off(connection: socket.socket) -> bool:
    """Whether four megabytes of header lines are too many."""
    try:
        for number in range(4096):
            connection.sendall(b"x-%d: " % number + b"y" * 1000 + b"\r\n")
    except (BrokenPipeError, ConnectionResetError):
        return True
    return False


def test_endless_headers_are_refused(server: Server) -> None:
    with connect(server) as connection:
        headers = b"".join(b"x-%d: " % number + b"y" * 1000 + b"\r\n" for number in range(40))
        # At once: a client that still sends to a closed connection loses the answer.
        connection.sendall(b"GET /livez HTTP/1.1\r\nhost: x\r\n" + headers)
        assert connection.recv(4096).startswith(b"HTTP/1.1 431 ")
        assert is_cut_off(connection)


def test_endless_trailers_are_cut_off(server: Server) -> None:
    with connect(server) as connection:
        connection.sendall(b"GET /livez HTTP/1.1\r\nhost: x\r\n")
        connection.sendall(b"transfer-encoding: chunked\r\n\r\n0\r\n")
        assert is_cut_off(connection)


def is_alive(connection: socket.socket) -> bool:
    """Whether the next answer on a connection is that of `/livez`."""
    told = b""
    while not told.endswith(b'{"status":"ok"}') and (more := connection.recv(4096)):
        told += more
    return told.startswith(b"HTTP/1.1 200 ")


def test_blank_lines_between_requests_do_no_harm(server: Server) -> None:
    with connect(server) as connection:
        connection.sendall(b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n")
        assert is_alive(connection)
        for _ in range(3):
            connection.sendall(b"\r\n")
        connection.sendall(b"GET /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        assert is_alive(connection)


def test_a_flood_of_wrong_posts_is_refused_at_once(server: Server) -> None:
    body = b'{"posts": [' + b"0," * 2_000_000 + b"0]}"
    started = time.monotonic()
    response = httpx.post(
        f"{server.url}/v1/score/batch",
        content=body,
        headers={"content-type": "application/json"},
        timeout=60,
    )
    assert response.status_code == 422
    fields = {f"a{number}": 0 for number in range(300_000)}
    assert httpx.post(f"{server.url}/v1/score", json=fields, timeout=60).status_code == 422
    assert time.monotonic() - started < 20


def test_a_request_that_never_ends_is_hung_up_on(server: Server) -> None:
    with connect(server) as connection:
        connection.sendall(b"GET /livez HTTP/1.1\r\nhost: x\r\n")
        started = time.monotonic()
        assert connection.recv(4096) == b""
        assert time.monotonic() - started < 15


def test_a_second_request_on_a_connection_is_as_good_as_the_first(server: Server) -> None:
    with httpx.Client(base_url=server.url) as client:
        for number in range(3):
            response = client.post("/v1/score", json={"text": f"again {number}"})
            assert response.status_code == 200


def test_a_client_that_hangs_up_costs_no_more_than_the_run_in_hand(server: Server) -> None:
    posts = [{"text": f"nobody waits {number} " + "word " * 400} for number in range(256)]
    body = json.dumps({"posts": posts}).encode()
    before = server.metric("upstander_texts_total")
    with connect(server) as connection:
        connection.sendall(
            b"POST /v1/score/batch HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
            b"content-length: %d\r\n\r\n" % len(body)
        )
        connection.sendall(body)
        until(lambda: server.metric("upstander_in_flight") > 0)
    until(lambda: server.metric("upstander_in_flight") == 0)
    assert server.metric("upstander_texts_total") - before < 200
