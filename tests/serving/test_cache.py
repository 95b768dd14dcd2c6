"""The cache is bounded by bytes, by an account that is true, and tells them."""

import tracemalloc

import httpx
from conftest import StartServer
from hypothesis import given
from hypothesis import strategies as st

from upstander.models.rationale import Token
from upstander.models.score import Reading
from upstander.serving.cache import ReadingCache, bytes_of
from upstander.serving.metrics import Metrics


def reading(tokens: int, number: int = 0) -> Reading:
    """Of so many tokens that carry a score, and with nothing in common with another."""
    return Reading(
        probabilities=tuple(0.5 + number + output for output in range(28)),
        tokens=tuple(
            Token(1000 + 5 * place, 1004 + 5 * place, 0.5 + number + place / 10_000)
            for place in range(tokens)
        ),
        windows=1000 + number,
        length=5000 + number,
        tokenize=0.1 + number,
        run=0.2 + number,
    )


def test_what_readings_take_is_what_they_are_said_to_take() -> None:
    for tokens in (0, 10, 1000):
        cache = ReadingCache(1000, 10**9, Metrics())
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        for number in range(50):
            cache.keep(f"text {number}", "bundle", reading(tokens, number))
        taken = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()
        assert 0.5 * cache.bytes < taken < cache.bytes, tokens


@given(st.lists(st.integers(0, 600), max_size=40))
def test_however_long_the_texts_are_the_bound_is_kept(lengths: list[int]) -> None:
    cache = ReadingCache(20, 100_000, Metrics())
    for number, tokens in enumerate(lengths):
        made = reading(tokens, number)
        cache.keep(f"text {number}", "bundle", made)
        is_kept = cache.find(f"text {number}", "bundle") is made
        assert is_kept == (bytes_of(made) <= 100_000)
        assert cache.bytes <= 100_000
        assert len(cache) <= 20


def test_the_oldest_goes_first() -> None:
    cache = ReadingCache(10, 3 * bytes_of(reading(1)), Metrics())
    for name in ("a", "b", "c"):
        cache.keep(name, "bundle", reading(1))
    assert cache.find("a", "bundle")
    cache.keep("d", "bundle", reading(1))
    assert cache.find("b", "bundle") is None
    assert cache.find("a", "bundle")
    assert cache.find("a", "another bundle") is None


def test_a_bound_of_nothing_keeps_nothing() -> None:
    for size, most_bytes in ((0, 10**6), (10, 0)):
        cache = ReadingCache(size, most_bytes, Metrics())
        cache.keep("a", "bundle", reading(1))
        assert cache.find("a", "bundle") is None


def test_the_service_keeps_to_its_bound_and_tells_it(start_server: StartServer) -> None:
    with start_server(cache_bytes=60_000) as server:
        server.wait_ready()
        for number in range(20):
            text = f"{number} " + "Those people are vermin and filth. " * 20
            answer = httpx.post(f"{server.url}/v1/score", json={"text": text}, timeout=30)
            assert answer.status_code == 200
        assert 1000 < server.metric("upstander_cache_bytes") <= 60_000
        assert 1 <= server.metric("upstander_cache_texts") < 20
