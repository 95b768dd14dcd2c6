"""The benchmarks of speed: what they serve, what they count, and what they print."""

import asyncio
import statistics
import sys
import time

import pytest
from starlette.testclient import TestClient

from benchmarks import floor, overhead
from benchmarks.against import Seen, lines
from benchmarks.attack import Delays, Paid, _beside
from benchmarks.load import Load
from benchmarks.round import CLIENTS, UPSTANDER, Flood, Round
from benchmarks.table import table
from upstander.models.contents import graph_folder
from upstander.models.shipped import DEFAULT_BUNDLE


def test_the_floor_answers_with_and_without_a_run() -> None:
    with TestClient(floor.application(graph_folder(DEFAULT_BUNDLE))) as client:
        assert client.get("/ready").status_code == 200
        for route in ("/fixed", "/run"):
            answer = client.post(route, json={"text": "hello"})
            assert len(answer.json()["answer"]) == 1280


def load(p50: float, rate: float = 100.0) -> Load:
    return Load(rate=rate, answered=1, refused=0, failed=0, p50=p50, p95=p50, p99=2 * p50)


def test_what_is_over_the_floor_is_told() -> None:
    one = Round(
        bare=[{"rate": 200.0, "median": 0.005}],
        loads={UPSTANDER: dict.fromkeys(CLIENTS, load(0.0062))},
        ready={UPSTANDER: 1.0},
        megabytes={UPSTANDER: 160.0},
        below=load(0.007),
        flood=Flood(refusals=1, prompt=1.0, p99=0.1, grown=1.0),
        floors={"fixed": load(0.0001), "run": load(0.0054)},
    )
    told = "\n".join(table([one]))
    assert "answers fixed JSON in 0.10 ms" in told
    assert "in 0.40 ms more than a bare run. Upstander takes 0.80 ms more than that." in told
    assert "1.20 ms (1.20 to 1.20)" in told


def test_two_checkouts_are_compared_within_a_round() -> None:
    ours = [Seen(rate=150, p50=0.005, megabytes=130), Seen(rate=90, p50=0.008, megabytes=130)]
    theirs = [Seen(rate=100, p50=0.007, megabytes=168), Seen(rate=60, p50=0.010, megabytes=168)]
    told = lines(ours, theirs, runs=[0.004, 0.007])
    assert "posts a second: 1.50 times (1.50 to 1.50)" in told
    assert "p50 at one client: 2.00 ms (2.00 to 2.00) less" in told
    assert told[-1].endswith("minus a bare run, here: 1.00 ms (1.00 to 1.00)")


def test_how_late_the_loop_was_is_counted_from_one_look_to_the_next() -> None:
    before = Delays({0.05: 10.0, 0.1: 11.0, 0.5: 11.0, 1.0: 11.0})
    after = Delays({0.05: 19.0, 0.1: 20.0, 0.5: 21.0, 1.0: 21.0})
    late = after.since(before)
    assert late.latest == 0.5
    assert late.told() == (
        "event loop: late by more than 50 ms 1 of the 10 times that it was looked at, by at most "
        "0.5 s"
    )


def test_a_key_is_compared_with_itself() -> None:
    alone = Paid(seconds=[0.01] * 100, refused=0, others=0.0, server=0.2)
    beside = Paid(seconds=[0.02] * 100, refused=0, others=0.31, server=1.6)
    assert beside.told("beside others", alone) == (
        "paying key beside others: p50 20.0 ms, p99 20.0 ms (2.0 times); the server had 1.60 "
        "cores, others 0.31"
    )
    assert statistics.median(alone.seconds) == alone.p50


def test_what_takes_processor_time_beside_the_server_is_counted() -> None:
    with _beside([sys.executable, "-m", "benchmarks.burning", "0.5"]) as program:
        ends = time.monotonic() + 60
        while program.processor_seconds() < 0.2:
            assert time.monotonic() < ends
            time.sleep(0.05)


def test_a_program_beside_the_server_that_ends_too_early_is_an_error() -> None:
    with (
        pytest.raises(Exception, match=r"benchmarks\.burning ended"),
        _beside([sys.executable, "-m", "benchmarks.burning", "none"]) as program,
    ):
        program.process.wait(60)


def test_the_time_beside_the_run_is_told_of_the_loop_and_of_the_threads() -> None:
    groups = asyncio.run(overhead.measure(100))
    assert len(groups) == 2
    assert all(group.loop > 0 and group.others > 0 for group in groups)
