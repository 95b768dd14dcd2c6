"""Several calls in one body: each is answered as if it came alone."""

import json
from pathlib import Path

import httpx
import pytest
from comments import PATH, asked, error
from conftest import Server, StartServer

from serving.keys import create_key


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
    assert found["message"] == "The batch has more than 100 calls, and no more are taken."


@pytest.mark.parametrize("media_type", ["application/json", "multipart/mixed", "text/plain"])
def test_what_is_no_batch_is_refused(server: Server, media_type: str) -> None:
    response = httpx.post(
        f"{server.url}/batch", content=b"{}", headers={"content-type": media_type}
    )
    assert error(response)["message"].startswith("Failed to parse batch request")
