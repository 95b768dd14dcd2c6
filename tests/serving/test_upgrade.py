"""Clients that offer another protocol are answered in HTTP/1.1, body and all."""

import json
import os
import shutil
import socket
import subprocess
from pathlib import Path
from urllib.parse import urlparse

import pytest
from conftest import Server

BODY = json.dumps({"text": "Migrants are vermin."}).encode()
LINES = (BODY + b"\n") * 3
OFFERS = {
    "java": b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAA\r\n",
    "curl": b"connection: keep-alive, upgrade, http2-settings\r\nupgrade: h2c\r\n"
    b"http2-settings: A\r\n",
    "websocket": b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
    "tls": b"Upgrade: TLS/1.0, HTTP/1.1\r\nConnection: upgrade\r\n",
}


def connect(server: Server) -> socket.socket:
    address = urlparse(server.url)
    return socket.create_connection((address.hostname, address.port), timeout=20)


def post(path: str, offer: bytes, body: bytes = BODY, chunked: bool = False) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n".encode() + offer
    if not chunked:
        return head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    pieces = [body[i : i + 20] for i in range(0, len(body), 20)]
    sent = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return head + b"Transfer-Encoding: chunked\r\n\r\n" + sent + b"0\r\n\r\n"


def answers(connection: socket.socket) -> bytes:
    told = b""
    while more := connection.recv(65536):
        told += more
    return told


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("offer", OFFERS)
def test_the_body_is_read_and_an_offer_ignored(server: Server, offer: str, chunked: bool) -> None:
    last = post("/v1/score", b"Connection: close\r\n")
    with connect(server) as connection:
        connection.sendall(post("/v1/score", OFFERS[offer], chunked=chunked) + last)
        told = answers(connection)
    assert told.count(b"HTTP/1.1 200 OK") == 2
    assert told.count(b'"scores"') == 2
    assert b"HTTP/1.1 101" not in told


def test_an_offer_in_pieces_and_a_stream(server: Server) -> None:
    request = post("/v1/score/stream", OFFERS["java"] + b"Expect: 100-continue\r\n", LINES, True)
    with connect(server) as connection:
        for place in range(0, len(request), 7):
            connection.sendall(request[place : place + 7])
        connection.sendall(b"GET /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        told = answers(connection)
    assert told.count(b'"scores"') == 3
    assert told.endswith(b'{"status":"ok"}')


def test_a_wish_to_close_beside_an_offer_is_granted(server: Server) -> None:
    offer = OFFERS["java"].replace(b"Upgrade, ", b"close, Upgrade, ")
    with connect(server) as connection:
        connection.sendall(post("/v1/score", offer))
        assert answers(connection).count(b'"scores"') == 1


def test_an_offer_gets_around_no_limit(server: Server) -> None:
    large = b"".join(b"x-%d: " % number + b"y" * 1000 + b"\r\n" for number in range(40))
    with connect(server) as connection:
        connection.sendall(b"GET /livez HTTP/1.1\r\nhost: x\r\n" + OFFERS["java"] + large)
        assert connection.recv(4096).startswith(b"HTTP/1.1 431 ")
    both = b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
    for head in (b"POST /v1/score HTTP/1.1\r\nHost: x\r\n" + OFFERS["java"] + both,
                 b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n" + OFFERS["java"] + b"\r\n"):  # fmt: skip
        with connect(server) as connection:
            connection.sendall(head)
            assert answers(connection).startswith(b"HTTP/1.1 400 ")


def test_javas_own_client(server: Server) -> None:
    java = shutil.which("java")
    if java is None:
        message = "needs java: apt-get install default-jdk-headless"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    program = Path(__file__).parent / "Http2Offer.java"
    done = subprocess.run(
        [java, str(program), server.url], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.stdout.split() == ["200", "1", "200", "1", "200", "3"], done.stderr
