"""What people send by mistake or on purpose: the server answers, and goes on answering others."""

import asyncio
import json
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import httpx
import psutil
import pytest
from conftest import Server, StartServer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

POISON = {
    "600 words": "word " * 600,
    "one word without end": "x" * 20_480,
    "as many windows as can be": "a " * 10_240,
    "marks on one letter": "a" + "\u0301" * 10_000,
    "emoji": "\N{GRINNING FACE}" * 5_000,
    "entities": "&amp;" * 4_000,
    "spaced letters": "v e r m i n " * 1_700,
    "stretched": "ve" + "r" * 20_000 + "min",
    "brackets": "[" * 20_000,
    "zero bytes": "\0" * 20_000 + "a",
}


@pytest.mark.parametrize("text", POISON.values(), ids=POISON)
def test_a_poison_post_is_answered_and_holds_up_nobody(server: Server, text: str) -> None:
    assert len(text.encode()) <= 20_480
    answer = httpx.post(f"{server.url}/v1/score", json={"text": text}, timeout=30)
    # Hundreds of windows, on a busy machine; or more of them than a text may have.
    assert answer.status_code in (200, 413, 504)
    assert httpx.post(f"{server.url}/v1/score", json={"text": "hello"}).status_code == 200
    assert httpx.get(f"{server.url}/readyz").status_code == 200


def address(server: Server) -> tuple[str, int]:
    found = urlparse(server.url)
    assert found.hostname
    assert found.port
    return found.hostname, found.port


@given(st.binary(max_size=2000))
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_bytes_that_are_no_request_do_no_harm(server: Server, sent: bytes) -> None:
    with (
        socket.create_connection(address(server), timeout=20) as connection,
        suppress(BrokenPipeError, ConnectionResetError),
    ):
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass
    assert httpx.get(f"{server.url}/livez").status_code == 200


ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["text", "id", "posts", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(ANYTHING, st.sampled_from(["score", "score/batch", "score/stream"]))
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_json_is_scored_or_told_what_is_wrong(server: Server, value: Any, path: str) -> None:
    answer = httpx.post(
        f"{server.url}/v1/{path}",
        content=json.dumps(value),
        headers={"content-type": "application/json"},
        timeout=30,
    )
    if answer.status_code == 200:
        lines = [json.loads(line) for line in answer.text.split("\n") if line]
        assert lines or path == "score/stream"
        assert all({"scores", "error", "results"} & line.keys() for line in lines)
    else:
        assert answer.status_code in (413, 422)
        assert answer.json()["error"]["message"]


async def flood(server: Server, clients: int, seconds: float) -> dict[str, int]:
    """So many clients that each send a post as soon as the last is answered; counts by outcome."""
    outcomes: dict[str, int] = {}
    host, port = address(server)
    loop = asyncio.get_running_loop()
    ends = loop.time() + seconds

    async def client(number: int) -> None:
        reader, writer = await asyncio.open_connection(host, port)
        sent = 0
        while loop.time() < ends:
            sent += 1
            body = json.dumps({"text": f"post {sent} of client {number} " + "word " * 20}).encode()
            writer.write(
                b"POST /v1/score HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
                b"content-length: %d\r\n\r\n%b" % (len(body), body)
            )
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            outcome = head.split()[1].decode()
            if outcome == "429" and b"\r\nretry-after: " not in head:
                outcome = "429 without a time"
            length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
            outcomes[outcome] = outcomes.get(outcome, 0) + 1
        writer.close()

    async with asyncio.TaskGroup() as clients_of_it:
        for number in range(clients):
            clients_of_it.create_task(client(number))
    return outcomes


def withstands(start_server: StartServer, seconds: float) -> None:
    with start_server(max_in_flight=16) as server:
        server.wait_ready()
        process = psutil.Process(server.process.pid)
        asyncio.run(flood(server, 160, 2))  # whatever memory a flood takes, it has now
        before = process.memory_info().rss
        outcomes = asyncio.run(flood(server, 160, seconds))
        assert outcomes.keys() == {"200", "429"}
        assert outcomes["429"] > outcomes["200"] > 0
        assert process.memory_info().rss < 1.1 * before
        assert server.metric("upstander_in_flight") == 0
        assert server.metric('upstander_refused_total{cause="deadline"}') == 0
        assert httpx.get(f"{server.url}/readyz").status_code == 200
        assert server.stop() == 0


def test_a_flood_is_refused_and_leaves_nothing_behind(start_server: StartServer) -> None:
    withstands(start_server, 3)


@pytest.mark.slow
def test_a_minute_of_flood_is_refused_and_leaves_nothing_behind(start_server: StartServer) -> None:
    withstands(start_server, 60)


@pytest.mark.slow
def test_the_service_does_what_its_openapi_document_says(server: Server, tmp_path: Path) -> None:
    """schemathesis makes up requests, good and bad, from the document, and checks the answers.

    What it may not ask: that every text is scored (an empty one is not), that a batch with a bad
    post is refused as a whole (it is not), that a method is looked at before a key (it is not), and
    JSON lines and parts of a batch, which it cannot make.
    """
    told = subprocess.run(
        [
            Path(sys.executable).with_name("schemathesis"),
            "run",
            f"{server.url}/openapi.json",
            "--max-examples=200",
            "--seed=4",
            "--header=X-Request-Timeout: 10",  # a millionth of a second is rightly answered by 504
            "--exclude-path=/v1/score/stream",
            "--exclude-path=/batch",
            "--exclude-checks=positive_data_acceptance,negative_data_rejection,unsupported_method",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert told.returncode == 0, told.stdout
    assert "Tested: 13" in told.stdout
