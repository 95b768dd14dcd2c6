"""`/v1/score/stream`: in order, in constant memory, and a line for every line."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import httpx
from conftest import Server, StartServer, until
from hypothesis import given
from hypothesis import strategies as st

from upstander.models.bundle import Bundle
from upstander.serving.api.stream import lines_of
from upstander.serving.keys import create_key

CHUNK = 64 * 1024


def stream(server: Server, content: bytes) -> list[dict[str, Any]]:
    response = httpx.post(
        f"{server.url}/v1/score/stream",
        content=content,
        headers={"content-type": "application/x-ndjson"},
        timeout=60,
    )
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in response.text.splitlines()]


def test_lines_are_answered_in_order_and_score_as_alone(server: Server, bundle: Bundle) -> None:
    texts = [f"post number {number} " + "word " * (number % 40) for number in range(100)]
    body = "\n".join(json.dumps({"text": text, "id": str(n)}) for n, text in enumerate(texts))
    replies = stream(server, body.encode())
    assert [reply["id"] for reply in replies] == [str(number) for number in range(100)]
    for text, reply in zip(texts[::20], replies[::20], strict=True):
        assert reply["scores"] == dict(bundle.scorer.score(text).scores)


def test_a_bad_line_gets_an_error_line_and_stops_nothing(server: Server) -> None:
    lines = [
        b'{"text": "one"}',
        b"not json",
        b'{"text": 7}',
        b'{"text": " ", "id": "blank"}',
        b"\xff\xfe",
        b'{"text": "' + b"x" * 30_000 + b'"}',
        b'{"text": "' + b"y" * 300_000 + b'"}',
        b"",
        b'{"text": "last"}',
    ]
    replies = stream(server, b"\n".join(lines))
    codes = [reply.get("error", {}).get("code") for reply in replies]
    assert codes == [
        None,
        "invalid_request",
        "invalid_request",
        "empty_text",
        "invalid_request",
        "text_too_long",
        "invalid_request",
        None,
    ]
    assert replies[3]["id"] == "blank"
    assert "x" * 100 not in json.dumps(replies)


def raw(server: Server, header: str = "") -> socket.socket:
    address = urlparse(server.url)
    assert address.hostname
    connection = socket.create_connection((address.hostname, address.port or 80), timeout=30)
    connection.sendall(
        b"POST /v1/score/stream HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n"
        + header.encode()
        + b"\r\n"
    )
    return connection


def chunk(content: bytes) -> bytes:
    return f"{len(content):x}\r\n".encode() + content + b"\r\n"


def test_an_answer_comes_before_the_next_line_is_sent(server: Server) -> None:
    with raw(server) as connection:
        for number in range(3):
            connection.sendall(chunk(json.dumps({"text": f"slow {number}"}).encode() + b"\n"))
            received = b""
            while b'"scores"' not in received:
                more = connection.recv(CHUNK)
                assert more, "the connection ended before the answer came"
                received += more
        connection.sendall(b"0\r\n\r\n")


def test_a_client_that_waits_to_be_asked_for_its_body_is_asked_at_once(server: Server) -> None:
    with raw(server, "Expect: 100-continue\r\n") as connection:
        assert connection.recv(CHUNK).startswith(b"HTTP/1.1 100 Continue\r\n")
        connection.sendall(chunk(b'{"text": "asked for"}\n') + chunk(b""))
        answer = b""
        while b'"scores":' not in answer:
            received = connection.recv(CHUNK)
            assert received, answer
            answer += received


def test_while_nobody_reads_no_line_is_taken(start_server: StartServer) -> None:
    """What a client sends beyond what the buffers between hold stays with the client."""
    line = json.dumps({"text": "again and again"}).encode() + b"\n"
    block = chunk(line * 1000)
    with start_server() as server:
        server.wait_ready()
        with raw(server) as connection:
            connection.settimeout(3)
            sent = 0
            try:
                while sent < 400:
                    connection.sendall(block)
                    sent += 1
            except TimeoutError:
                pass
            assert sent < 400
            assert httpx.get(f"{server.url}/readyz").status_code == 200
            until(lambda: server.metric("upstander_in_flight") == 0)  # nothing is held for it
            assert server.metric("upstander_streams") == 1
        until(lambda: server.metric("upstander_streams") == 0)  # it hung up


@given(st.lists(st.binary(max_size=30)), st.lists(st.integers(0, 40), max_size=6))
def test_lines_do_not_depend_on_how_a_body_is_cut(lines: list[bytes], cuts: list[int]) -> None:
    body = b"\n".join(line.replace(b"\n", b"") for line in lines)

    async def pieces() -> AsyncIterator[bytes]:
        begin = 0
        for end in sorted(cuts):
            yield body[begin:end]
            begin = end
        yield body[begin:]

    async def read() -> list[bytes]:
        return [line async for line in lines_of(pieces(), largest=1000)]

    assert asyncio.run(read()) == [line for line in body.split(b"\n") if line.strip()]


def test_a_line_without_end_is_cut_and_the_next_one_read() -> None:
    def pieces() -> Iterator[bytes]:
        yield b"first\n" + b"a" * 50
        for _ in range(100):
            yield b"a" * 50
        yield b"a\nlast"

    async def read() -> list[bytes]:
        async def sent() -> AsyncIterator[bytes]:
            for piece in pieces():
                yield piece

        return [line async for line in lines_of(sent(), largest=120)]

    assert asyncio.run(read()) == [b"first", b"a" * 120, b"last"]


def opened(server: Server, first: bytes = b"\n", key: str = "") -> socket.socket:
    """A stream whose answer has begun. first: what is sent into it."""
    connection = raw(server, f"x-api-key: {key}\r\n" if key else "")
    connection.sendall(chunk(first))
    assert connection.recv(CHUNK).startswith(b"HTTP/1.1 200 OK\r\n")
    return connection


def test_a_stream_without_a_post_on_its_way_holds_no_permit(start_server: StartServer) -> None:
    with start_server(max_in_flight=2) as server:
        server.wait_ready()
        streams = [opened(server) for _ in range(20)]
        try:
            assert server.metric("upstander_streams") == 20
            assert server.metric("upstander_in_flight") == 0
            for number in range(20):
                body = {"text": f"post {number}"}
                assert httpx.post(f"{server.url}/v1/score", json=body).status_code == 200
            for connection in streams:
                connection.sendall(chunk(b'{"text": "and a post"}\n'))
                assert b'"scores":' in connection.recv(CHUNK)
        finally:
            for connection in streams:
                connection.close()
        until(lambda: server.metric("upstander_streams") == 0)


def test_a_stream_into_which_no_post_comes_is_ended(start_server: StartServer) -> None:
    """Blank lines are no posts, and neither is the begin of one."""
    with start_server(idle_timeout=1) as server:
        server.wait_ready()
        for filler in (b"\n", b" ", b'{"text": "', b""):
            with opened(server, b'{"text": "one"}\n') as connection:
                connection.settimeout(0.3)
                answer = b""
                for _ in range(20):
                    with suppress(TimeoutError):
                        answer += connection.recv(CHUNK)
                    if b"body_too_slow" in answer:
                        break
                    if filler:
                        connection.sendall(chunk(filler))
                assert b"No post came for 1 s" in answer, filler
        assert server.metric("upstander_streams") == 0


def test_a_client_that_waits_for_its_answer_is_not_idle(start_server: StartServer) -> None:
    """It sends the next post when it has the answer, which takes longer than the time-out."""
    text = "There is a long story about our street. " * 500
    line = json.dumps({"text": text}).encode() + b"\n"
    with start_server(idle_timeout=0.2, request_timeout=30, cache_size=0) as server:
        server.wait_ready()
        with raw(server) as connection:
            for _ in range(2):
                connection.sendall(chunk(line * 3))
                received = b""
                while received.count(b'"scores":') < 3:
                    received += connection.recv(CHUNK)
                    assert b"error" not in received
            connection.sendall(b"0\r\n\r\n")


def test_many_blank_lines_are_not_taken(server: Server) -> None:
    content = b'{"text": "one"}' + b"\n" * 10 + b'{"text": "two"}' + b"\n" * 1000 + b"{}"
    codes = [reply.get("error", {}).get("code") for reply in stream(server, content)]
    assert codes == [None, None, "invalid_request"]


def test_a_client_that_takes_no_answer_is_cut_off(start_server: StartServer) -> None:
    block = chunk(json.dumps({"text": "again and again"}).encode() + b"\n") * 2000
    with start_server(idle_timeout=1) as server:
        server.wait_ready()
        with raw(server) as connection:
            connection.settimeout(2)
            with suppress(TimeoutError, ConnectionError):
                for _ in range(400):
                    connection.sendall(block)
            until(lambda: server.metric("upstander_streams") == 0)
            until(lambda: server.metric("upstander_in_flight") == 0)
            until(lambda: server.metric("upstander_connections") <= 2)


def test_one_key_cannot_take_all_streams(start_server: StartServer, tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    one, other = (create_key(keys, name, "score", 0, 0)[1] for name in ("one", "other"))
    with start_server(keys=keys, max_streams=4) as server:
        server.wait_ready()
        with ExitStack() as streams:
            for _ in range(4):
                streams.enter_context(opened(server, key=one))
            url, post = f"{server.url}/v1/score/stream", b'{"text": "one"}\n'
            refused = httpx.post(url, content=post, headers={"x-api-key": one})
            assert refused.status_code == 429
            assert "4 streams open" in refused.json()["error"]["message"]
            assert refused.headers["retry-after"]
            assert httpx.post(url, content=post, headers={"x-api-key": other}).status_code == 200
        until(lambda: server.metric("upstander_streams") == 0)
        assert httpx.post(url, content=post, headers={"x-api-key": one}).status_code == 200
