"""Whatever clients send, the event loop is never held up for long."""

import json
import re
import time
from collections.abc import Callable, Iterator
from functools import partial

import httpx
import pytest
from conftest import Server, StartServer

MAX_DELAY = 0.05

TEXTS = {
    "prose": "There is a long story about our street, and I will tell it again. " * 300,
    "marks": "Get out " + "!" * 20_300,
    "look-alikes": "\u0440\u043e\u0440\u0435 " * 2_200,
    "underscores": "a_ " * 6_800,
    "combining": "a" + "\u0301" * 10_000,
    "swollen": "\ufdfa " * 5_000,
    "quoted": '"vermin" ' * 2_200,
    "words that are marked": "vermin, x " * 2_000,
    "beyond the plane": "vermin \U0001f600 x " * 1_400,
    "emoji": "\N{GRINNING FACE}" * 5_000,
    "spaced": "v e r m i n " * 1_700,
}


def delays(server: Server) -> tuple[int, int]:
    """How often the loop was looked at, and how often it was late by more than `MAX_DELAY`."""
    page = httpx.get(f"{server.url}/metrics").text
    within = re.search(rf'loop_delay_seconds_bucket{{le="{MAX_DELAY}"}} (\S+)', page)
    count = re.search(r"loop_delay_seconds_count (\S+)", page)
    assert within
    assert count
    return int(float(count[1])), int(float(count[1]) - float(within[1]))


def holds_up(server: Server, act: Callable[[], None]) -> bool:
    """Whether the loop was late each time. Other programs make it late now and then."""
    for _ in range(8):
        late = delays(server)[1]
        act()
        time.sleep(0.06)  # until it has been looked at once more
        if delays(server)[1] == late:
            return False
    return True


def score(server: Server, text: str) -> None:
    asked = {"text": text, "language": "en"}  # read to its end, whatever it is written in
    httpx.post(f"{server.url}/v1/score", json=asked, timeout=60)


def identify(server: Server, text: str) -> None:
    httpx.post(f"{server.url}/v1/score", json={"text": text}, timeout=60)


def analyze(server: Server, text: str) -> None:
    names = ("DEHUMANIZATION", "HATE", "IDENTITY_ATTACK", "TOXICITY")
    asked = {
        "comment": {"text": text},
        "languages": ["en"],
        "spanAnnotations": True,
        "requestedAttributes": {
            name + twin: {} for name in names for twin in ("", "_EXPERIMENTAL")
        },
    }
    httpx.post(f"{server.url}/v1alpha1/comments:analyze", json=asked, timeout=60)


def suggestion(text: str) -> dict[str, object]:
    scores = {"TOXICITY": {"summaryScore": {"value": 1.0}}}
    return {"comment": {"text": text}, "attributeScores": scores}


def suggest(server: Server, text: str) -> None:
    url = f"{server.url}/v1alpha1/comments:suggestscore"
    answer = httpx.post(url, json=suggestion(text), timeout=60)
    assert answer.status_code == 200, answer.text


def suggest_several(server: Server, text: str) -> None:
    call = (
        "--x\nContent-Type: application/http\n\n"
        "POST /v1alpha1/comments:suggestscore HTTP/1.1\nContent-Type: application/json\n\n"
    )
    body = f"{call}{json.dumps(suggestion(text))}\n" * 3 + "--x--"
    media = {"content-type": "multipart/mixed; boundary=x"}
    answer = httpx.post(f"{server.url}/batch", content=body.encode(), headers=media, timeout=60)
    assert answer.text.count("HTTP/1.1 200 OK") == 3, answer.text


def moderate(server: Server, text: str) -> None:
    httpx.post(f"{server.url}/v1/moderations", json={"input": [text] * 3}, timeout=60)


def stream(server: Server, text: str) -> None:
    lines = (json.dumps({"text": text}) + "\n") * 3
    httpx.post(f"{server.url}/v1/score/stream", content=lines, timeout=60)


@pytest.fixture(scope="module")
def server(start_server: StartServer) -> Iterator[Server]:
    """One of its own, so that what others asked of it is not counted."""
    with start_server(max_windows=128) as running:
        running.wait_ready()
        yield running


ASKS = (score, identify, analyze, suggest, suggest_several, moderate, stream)


@pytest.mark.parametrize("ask", ASKS, ids=lambda ask: ask.__name__)
def test_no_text_holds_up_the_loop(server: Server, ask: Callable[[Server, str], None]) -> None:
    """Every text is read in one way, and each third of them in every other way."""
    ask(server, "The first one may load something.")
    place = ASKS.index(ask)
    for name, text in list(TEXTS.items())[place % 3 :: 3 if place else 1]:
        cut = text.encode()[:20_480].decode(errors="ignore")
        assert not holds_up(server, partial(ask, server, cut)), name


BODIES = {
    "zeros": b'{"posts": [' + b"0," * 4_000_000 + b"0]}",
    "nested": b"[" * 8_000_000,
    "fields": json.dumps({f"a{number}": 0 for number in range(500_000)}).encode(),
    "no JSON": b'{"text": "' + b"x" * 8_000_000,
    "escapes": b'{"text": "' + b"\\n" * 4_000_000 + b'"}',
    "half an emoji": b'{"text": "' + b"\\ud83d" * 1_300_000 + b'"}',
    "posts": json.dumps(
        {"posts": [{"text": "\u0442\u0435\u043a\u0441\u0442 " * 800, "language": "en"}] * 256}
    ).encode(),
}
PATHS = ("/v1/score", "/v1/score/batch")
OTHER_PATHS = (
    "/v1/moderations",
    "/v1alpha1/comments:analyze",
    "/v1alpha1/comments:suggestscore",
)


@pytest.mark.parametrize(("number", "body"), list(enumerate(BODIES.values())), ids=BODIES)
def test_no_body_holds_up_the_loop(server: Server, number: int, body: bytes) -> None:
    """Every body is read in two ways, and in one of the others."""
    media = {"content-type": "application/json", "x-request-timeout": "0.5"}

    def send(path: str) -> None:
        answer = httpx.post(server.url + path, content=body, headers=media, timeout=60)
        assert answer.status_code in (200, 400, 413, 422, 429, 504)

    for path in (*PATHS, OTHER_PATHS[number % len(OTHER_PATHS)]):
        assert not holds_up(server, partial(send, path)), path


BATCHES = {
    "without an end": b"--x\n" + b"Content-Type: application/http\n" * 250_000,
    "line": b"--x\nContent-Type: application/http\n\n" + b"x " * 4_000_000 + b"\n--x--",
    "returns": b"--x\n" + b"\r" * 8_000_000 + b"\n--x--",
    "headers": b"--x\nContent-Type: application/http\n\nPOST /v1alpha1/comments:analyze HTTP/1.1\n"
    + b"a: b\n" * 1_600_000
    + b"\n{}\n--x--",
    "keys": b"--x\n" + b"?key=" * 1_600_000 + b"\n--x--",
    "call": b"--x\nContent-Type: application/http\n\nPOST /v1alpha1/comments:analyze HTTP/1.1\n\n"
    + BODIES["zeros"]
    + b"\n--x--",
}


@pytest.mark.parametrize("body", BATCHES.values(), ids=BATCHES)
def test_no_batch_of_calls_holds_up_the_loop(server: Server, body: bytes) -> None:
    media = {"content-type": "multipart/mixed; boundary=x"}

    def send() -> None:
        answer = httpx.post(f"{server.url}/batch", content=body, headers=media, timeout=60)
        assert answer.status_code in (200, 400)

    assert not holds_up(server, send)
