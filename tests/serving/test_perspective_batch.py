"""Several calls in one body: each is answered as if it came alone."""

import json
import socket
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlparse

import httpx
import psutil
import pytest
from comments import PATH, asked, error
from conftest import Server, StartServer

from upstander.serving.errors import Overloaded
from upstander.serving.keys import create_key
from upstander.serving.limits import Held
from upstander.serving.shares import Shares


def test_a_batch_without_any_known_key_is_refused_whole(
    start_server: StartServer, tmp_path: Path
) -> None:
    keys = tmp_path / "keys.json"
    key = create_key(keys, "forum", "score", 0, 0)[1]

    def content(own: str) -> str:
        return (
            "--x\nContent-Type: application/http\nContent-ID: <a + 1>\n\n"
            f"POST {PATH}?key={own} HTTP/1.1\n\n{json.dumps(asked())}\n--x--"
        )

    with start_server(keys=keys, log_level="debug") as server:
        server.wait_ready()
        url, media = f"{server.url}/batch", {"content-type": "multipart/mixed; boundary=x"}
        found = error(httpx.post(url, content=content("wrong"), headers=media))
        assert found["details"][0]["reason"] == "API_KEY_INVALID"
        answered = httpx.post(url, content=content(key), headers=media)
        assert "HTTP/1.1 200 OK" in answered.text
        by_header = {**media, "X-Goog-Api-Key": key}
        assert "HTTP/1.1 200 OK" in httpx.post(url, content=content(""), headers=by_header).text
        assert key not in server.log.read_text()


def test_a_batch_answers_every_call_and_a_bad_one_fails_alone(server: Server) -> None:
    def part(number: int, body: str, line: str = f"POST {PATH}?alt=json HTTP/1.1") -> str:
        return (
            f"--limit\nContent-Type: application/http\nContent-ID: <call + {number}>\n\n"
            f"{line}\nContent-Type: application/json\n\n{body}\n"
        )

    good = json.dumps(asked("Grüße 😀", languages=["en"]))
    content = part(1, good) + part(2, "{") + part(3, good, "nonsense") + part(4, good) + "--limit--"
    response = httpx.post(
        f"{server.url}/batch",
        content=content.encode(),
        headers={"content-type": "multipart/mixed; boundary=limit"},
    )
    assert response.status_code == 200
    boundary = response.headers["content-type"].partition("boundary=")[2]
    parts = response.text.split(f"--{boundary}")[1:-1]
    assert ["HTTP/1.1 200 OK" in one for one in parts] == [True, False, False, True]
    for number, one in enumerate(parts, start=1):
        assert f"Content-ID: <response-call + {number}>" in one
    assert '"code":400' in parts[1]
    assert '"code":404' in parts[2]


@pytest.mark.parametrize(
    "part",
    [
        "POST //[/v1alpha1/x HTTP/1.1\n\n{}",
        f"POST {PATH} HTTP/1.1\nUser-Agent: caf\u00e9\n\n{{",
        "GET / HTTP/1.1\n\n",
        "",
    ],
)
def test_an_odd_call_fails_alone(server: Server, part: str) -> None:
    body = (
        "--x\nContent-Type: application/http\nContent-ID: <\u00e9 + 1>\n\n"
        f"{part}\n--x\nContent-Type: application/http\n\n"
        f"POST {PATH} HTTP/1.1\n\n{json.dumps(asked())}\n--x--"
    )
    media = {"content-type": "multipart/mixed; boundary=x"}
    answered = httpx.post(f"{server.url}/batch", content=body.encode(), headers=media)
    assert answered.status_code == 200
    assert answered.text.count("HTTP/1.1 200 OK") == 1
    assert answered.text.count("HTTP/1.1 4") == 1


def test_more_calls_than_are_taken_are_refused_before_they_are_looked_at(server: Server) -> None:
    media = {"content-type": "multipart/mixed; boundary=x"}
    body = b"--x\n\n" * 100_000 + b"--x--"
    found = error(httpx.post(f"{server.url}/batch", content=body, headers=media))
    assert found["message"] == "The batch has more than 100 calls, the maximum."


@pytest.mark.parametrize("media_type", ["application/json", "multipart/mixed", "text/plain"])
def test_what_is_no_batch_is_refused(server: Server, media_type: str) -> None:
    response = httpx.post(
        f"{server.url}/batch", content=b"{}", headers={"content-type": media_type}
    )
    assert error(response)["message"].startswith("Failed to parse batch request")


def unfinished(server: Server, sent: bytes, length: int = 8_000_000) -> socket.socket:
    """A batch of which no more is sent than that."""
    address = urlparse(server.url)
    connection = socket.create_connection((address.hostname, address.port or 80), timeout=20)
    connection.sendall(
        b"POST /batch HTTP/1.1\r\nhost: x\r\ncontent-type: multipart/mixed; boundary=x\r\n"
        b"content-length: %d\r\n\r\n" % length
    )
    connection.sendall(sent)
    return connection


def test_of_a_batch_without_a_key_little_is_read(start_server: StartServer, tmp_path: Path) -> None:
    """It is refused before the rest is sent, and what is held of such batches harms nobody."""
    keys = tmp_path / "keys.json"
    key = create_key(keys, "forum", "score", 0, 0)[1]
    part = b"--x\nContent-Type: application/http\n\nPOST /v1alpha1/comments:analyze HTTP/1.1\n\n"
    with start_server(keys=keys) as server, ExitStack() as stack:
        server.wait_ready()
        for content in (part, part.replace(b":analyze", b":analyze?key=up_0_0")):
            connection = stack.enter_context(unfinished(server, content + b"x" * 20_000))
            assert connection.recv(4096).split()[1] in (b"400", b"403")
        for _ in range(60):
            stack.enter_context(unfinished(server, part + b"x" * 10_000))
        before = psutil.Process(server.process.pid).memory_info().rss
        for _ in range(40):
            with suppress(ConnectionError):
                stack.enter_context(unfinished(server, part + b"x" * 4_000_000))
        for number in range(20):
            answer = httpx.post(
                f"{server.url}/v1/score",
                json={"text": f"post {number}"},
                headers={"x-api-key": key},
            )
            assert answer.status_code == 200
        late = part.replace(b":analyze", b":analyze?key=" + key.encode())
        body = late + json.dumps(asked()).encode() + b"\n--x--"
        known = stack.enter_context(unfinished(server, body, len(body)))
        assert b"HTTP/1.1 200 OK" in known.recv(65_536)
        assert psutil.Process(server.process.pid).memory_info().rss < before + 50_000_000


def test_one_key_s_bodies_leave_room_for_those_of_another() -> None:
    shares = Shares(100)
    bodies = [Held(shares, "greedy") for _ in range(10)]
    for body in bodies:
        body.add(10)
    with pytest.raises(Overloaded):
        bodies[0].add(1)
    nameless = Held(shares, "?")
    nameless.add(20)
    nameless.belongs_to("other")
    nameless.add(20)
    for body in (*bodies, nameless):
        body.let_go()
    assert shares.taken == 0
