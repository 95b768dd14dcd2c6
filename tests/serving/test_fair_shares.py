"""A post costs what its text costs, and one key's posts are not paid for by another."""

import json
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import httpx
import pytest
from conftest import Server, StartServer, until

from upstander.serving.keys import create_key

BLESSING = "\ufdfa "
"""A sign of three bytes that is read as four words."""

LONG = "There is a long story about our street, and I will tell it again. "


def swollen(size: int = 20_480) -> str:
    return BLESSING * (size // len(BLESSING.encode()))


def test_a_text_with_too_many_windows_is_refused_in_the_words_of_each_api(server: Server) -> None:
    before = server.metric("upstander_windows_total")
    told = httpx.post(f"{server.url}/v1/score", json={"text": swollen()}, timeout=30)
    assert told.status_code == 413
    assert told.json()["error"]["code"] == "text_too_long"
    assert "at most 512 are allowed (--max-windows)" in told.json()["error"]["message"]

    posts = {"posts": [{"text": "short"}, {"text": swollen(), "id": "long"}, {"text": "last"}]}
    results = httpx.post(f"{server.url}/v1/score/batch", json=posts, timeout=30).json()["results"]
    assert [result.get("error", {}).get("code") for result in results] == [
        None,
        "text_too_long",
        None,
    ]
    line = json.dumps({"text": swollen()}) + "\n"
    streamed = httpx.post(f"{server.url}/v1/score/stream", content=line, timeout=30)
    assert json.loads(streamed.text)["error"]["code"] == "text_too_long"

    comment = {"comment": {"text": swollen()}, "languages": ["en"]}
    comment["requestedAttributes"] = {"TOXICITY": {}}
    url = f"{server.url}/v1alpha1/comments:analyze"
    found = httpx.post(url, json=comment, timeout=30)
    assert found.status_code == 400
    assert found.json()["error"]["details"][0]["errorType"] == "COMMENT_TOO_LONG"

    moderated = httpx.post(f"{server.url}/v1/moderations", json={"input": swollen()}, timeout=30)
    assert moderated.status_code == 400
    assert moderated.json()["error"]["code"] == "string_above_max_length"
    assert server.metric("upstander_windows_total") - before == 2  # nothing of the long ones ran


def test_the_bound_on_windows_is_a_setting(start_server: StartServer) -> None:
    with start_server(max_windows=2) as server:
        server.wait_ready()
        url = f"{server.url}/v1/score"
        assert httpx.post(url, json={"text": "word " * 80}).json()["flags"]["windows"] == 2
        for text in ("word " * 120, "unforeseeably " * 40):  # many words, and many parts of words
            told = httpx.post(url, json={"text": text})
            assert told.status_code == 413
            assert "at most 2 are allowed (--max-windows)" in told.json()["error"]["message"]


@pytest.mark.parametrize("text", ["a " * 10_240, "\u6f22" * 6_826, LONG * 300])
def test_a_text_of_ordinary_words_and_any_length_that_is_taken_is_scored(
    server: Server, text: str
) -> None:
    """Such a text may take longer than the time that a request has, but is never too long."""
    whole = text.encode()[:20_480].decode(errors="ignore")
    asked = {"text": whole, "language": "en"}
    answer = httpx.post(f"{server.url}/v1/score", json=asked, timeout=60)
    assert answer.status_code in (200, 504), answer.text


@contextmanager
def flooded(server: Server, key: str, texts: list[str], clients: int) -> Iterator[None]:
    """A key that sends texts, each client the next as soon as the last is answered."""
    over = Event()

    def send(number: int) -> None:
        with httpx.Client(timeout=60, headers={"x-api-key": key}) as client:
            sent = number
            while not over.is_set():
                sent += clients
                text = f"{sent} {texts[sent % len(texts)]}"
                asked = {"text": text, "language": "en"}
                answer = client.post(f"{server.url}/v1/score", json=asked)
                if answer.status_code == 429:
                    over.wait(0.05)

    with ThreadPoolExecutor(clients) as pool:
        for number in range(clients):
            pool.submit(send, number)
        try:
            until(lambda: server.metric("upstander_in_flight") > 0)
            yield
        finally:
            over.set()


def two_keys(folder: Path) -> tuple[str, str]:
    keys = folder / "keys.json"
    paying, greedy = (create_key(keys, name, "score", 0, 0)[1] for name in ("paying", "greedy"))
    return paying, greedy


def test_a_short_post_does_not_wait_for_the_long_posts_of_another_key(
    start_server: StartServer, tmp_path: Path
) -> None:
    paying, greedy = two_keys(tmp_path)
    with start_server(keys=tmp_path / "keys.json", max_in_flight=8) as server:
        server.wait_ready()
        with flooded(server, greedy, [LONG * 250], clients=6):
            url, headers = f"{server.url}/v1/score", {"x-api-key": paying}
            for number in range(20):
                answer = httpx.post(url, json={"text": f"short {number}"}, headers=headers)
                assert answer.status_code == 200
                assert server.metric("upstander_in_flight") > 0  # long ones wait meanwhile


def test_tokens_of_a_day_are_counted_by_what_texts_have(
    start_server: StartServer, tmp_path: Path
) -> None:
    keys = tmp_path / "keys.json"
    key = create_key(keys, "small", "score", 0, 0, tokens=40)[1]
    with start_server(keys=keys) as server:
        server.wait_ready()
        url, headers = f"{server.url}/v1/score", {"x-api-key": key}
        assert httpx.post(url, json={"text": "word " * 10}, headers=headers).status_code == 200
        assert httpx.post(url, json={"text": "word " * 10}, headers=headers).status_code == 200
        assert httpx.post(url, json={"text": "word " * 100}, headers=headers).status_code == 200
        told = httpx.post(url, json={"text": "one"}, headers=headers)
        assert told.status_code == 429
        assert told.json()["error"]["code"] == "rate_limited"
        assert "40 tokens" in told.json()["error"]["message"]
        assert int(told.headers["retry-after"]) >= 1
        line = json.dumps({"text": "one"}) + "\n"
        streamed = httpx.post(f"{url}/stream", content=line, headers=headers)
        assert json.loads(streamed.text)["error"]["code"] == "rate_limited"


def p99(server: Server, key: str, seconds: float) -> float:
    """Of short posts, one after another. Every one of them is answered."""
    took = []
    ends = time.monotonic() + seconds
    with httpx.Client(headers={"x-api-key": key}, timeout=30) as client:
        number = 0
        while time.monotonic() < ends:
            number += 1
            begun = time.perf_counter()
            text = f"{number} of the posts that a paying key sends"
            assert client.post(f"{server.url}/v1/score", json={"text": text}).status_code == 200
            took.append(time.perf_counter() - begun)
    return statistics.quantiles(took, n=100)[98]


HOSTILE = {
    "prose": LONG * 300,
    "letters": "a " * 10_240,
    "swollen": swollen(2_000),
    "too many windows": swollen(),
    "marks": "Get out " + "!" * 20_300,
    "look-alikes": "\u0440\u043e\u0440\u0435 " * 2_200,
}


@pytest.mark.slow
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_one_key_s_long_posts_hardly_slow_down_another(
    start_server: StartServer, tmp_path: Path, text: str
) -> None:
    """At most three times the p99 that it has alone."""
    whole = text.encode()[:20_400].decode(errors="ignore")
    paying, greedy = two_keys(tmp_path)
    with start_server(keys=tmp_path / "keys.json", cache_size=0) as server:
        server.wait_ready()
        p99(server, paying, 2)
        alone = p99(server, paying, 10)
        with flooded(server, greedy, [whole], clients=4):
            beside = p99(server, paying, 10)
    assert beside <= 3 * alone, (alone, beside)
