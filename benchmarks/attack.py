"""One key that pays beside clients that are hostile, and what of it is due to the server.

The hostile clients run on the machine of the server, so they also take processor time from it. What
they took is counted, and the paying key measured once more beside a program that takes as much and
never reaches the server: what it loses there, it does not lose to the server.
"""

import json
import os
import re
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Final

import httpx

from benchmarks.load import JSON_LINE
from upstander.evaluation.errors import EvaluationError
from upstander.evaluation.server_process import Running, started
from upstander.evaluation.synthetic_posts import posts

_SLOWER: Final = 3.0
"""Times its own p99 that a key may have beside the hostile ones."""
_MAX_DELAY: Final = 0.05
"""Seconds by which the event loop may be late."""
_MORE_MEMORY: Final = 1.1
_POSTS: Final = 60_000
_THINK: Final = 0.02
"""Seconds between an answer and the next post of the paying key."""


@dataclass(frozen=True, slots=True)
class Paid:
    """What a key saw: the seconds of each post that was answered, and how many were not.

    cores: processor time of the programs beside it, and of the server, over the time that passed.
    """

    seconds: Sequence[float]
    refused: int
    others: float
    server: float

    @property
    def p50(self) -> float:
        """Seconds."""
        return statistics.median(self.seconds)

    @property
    def p99(self) -> float:
        """Seconds. Raises EvaluationError if hardly a post was answered."""
        if len(self.seconds) < 2:
            raise EvaluationError("the paying key got no answers")
        return statistics.quantiles(self.seconds, n=100)[98]

    def told(self, where: str, alone: "Paid | None" = None) -> str:
        """A line of the result. alone: the same key by itself, to compare with."""
        times = "" if alone is None else f" ({self.p99 / alone.p99:.1f} times)"
        return (
            f"paying key {where}: p50 {self.p50 * 1000:.1f} ms, p99 {self.p99 * 1000:.1f} ms"
            f"{times}; the server had {self.server:.2f} cores, others {self.others:.2f}"
        )


@dataclass(frozen=True, slots=True)
class Delays:
    """How often the event loop was late by no more than so many seconds."""

    counts: Mapping[float, float]

    @classmethod
    def of(cls, running: Running) -> "Delays":
        """Until now."""
        page = httpx.get(f"http://127.0.0.1:{running.port}/metrics").text
        found = re.findall(r'upstander_loop_delay_seconds_bucket{le="([^"]+)"} (\S+)', page)
        return cls({float(bound): float(count) for bound, count in found})

    def since(self, before: "Delays") -> "Delays":
        """Those between two looks."""
        return Delays({bound: self.counts[bound] - before.counts[bound] for bound in self.counts})

    @property
    def latest(self) -> float:
        """The least bound that all of them are within."""
        most = max(self.counts.values())
        return min(bound for bound, count in self.counts.items() if count == most)

    def told(self) -> str:
        """A line of the result."""
        most = max(self.counts.values())
        late = most - self.counts[_MAX_DELAY]
        return (
            f"event loop: late by more than {_MAX_DELAY * 1000:g} ms {late:.0f} of the "
            f"{most:,.0f} times that it was looked at, by at most {self.latest:g} s"
        )


def under_attack(place: Path, seconds: float) -> None:
    """Measure a key for so long beside hostile clients, and for a third of it without them.

    Raises EvaluationError if it loses more than it may.
    """
    keys = place / "keys.json"
    paying, other = (_key(name, keys) for name in ("paying", "other"))
    command = [sys.executable, "-m", "upstander", "serve", "--port", "{port}"]
    options = ["--keys", str(keys), "--cache-size", "0", "--store", ""]
    log = place / "attacked.log"
    hostile = [sys.executable, "-m", "benchmarks.hostile", "127.0.0.1"]
    with started([*command, *options], "/readyz", os.environ, log) as running:
        _pay(running, paying, 5.0, first=0)
        alone = _pay(running, paying, seconds / 3, first=1000)
        before = Delays.of(running)
        with _beside([*hostile, str(running.port), other]) as clients:
            _pay(running, paying, 10.0, first=20_000)  # until all of them are there
            megabytes: list[float] = []
            with _watched(running, megabytes):
                attacked = _pay(running, paying, seconds, first=30_000, others=clients)
        delays = Delays.of(running).since(before)
        is_ready = httpx.get(f"http://127.0.0.1:{running.port}/readyz").is_success
        burning = [sys.executable, "-m", "benchmarks.burning", f"{min(1.0, attacked.others)}"]
        with _beside(burning) as program:
            _pay(running, paying, 5.0, first=55_000)
            burnt = _pay(running, paying, seconds / 3, first=10_000, others=program)
    middle, last = thirds(megabytes)
    refused = alone.refused + attacked.refused
    answered = len(alone.seconds) + len(attacked.seconds)
    for line in (
        alone.told("alone"),
        attacked.told("beside hostile clients", alone),
        burnt.told("beside a program that takes as much processor time as they", alone),
        f"refused: {refused} of its {answered:,} posts",
        f"memory: {middle:.1f} MB in the middle third, {last:.1f} in the last",
        delays.told(),
    ):
        print(line)  # noqa: T201
    problems = {
        "the server is no longer ready": not is_ready,
        "posts of the paying key were refused": refused > 0,
        "hostile clients slow the paying key down": attacked.p99 > _SLOWER * alone.p99,
        "memory grows under attack": last > _MORE_MEMORY * middle,
        "something holds up the event loop": delays.latest > _MAX_DELAY,
    }
    if any(problems.values()):
        raise EvaluationError("; ".join(name for name, is_so in problems.items() if is_so))


def thirds(values: list[float]) -> tuple[float, float]:
    """Medians of the middle and the last third."""
    third = len(values) // 3
    if not third:
        raise EvaluationError("too short to tell: give more --minutes")
    return statistics.median(values[third : 2 * third]), statistics.median(values[-third:])


def _key(name: str, keys: Path) -> str:
    command = [sys.executable, "-m", "upstander", "keys", "create", name, "--keys", str(keys)]
    made = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    return made.stdout.strip()


@contextmanager
def _beside(command: Sequence[str]) -> Iterator[Running]:
    """A program in a process of its own, until the block ends. It has no port."""
    process = subprocess.Popen(command)  # noqa: S603
    try:
        yield Running(0, process, 0.0)
        if process.poll() is not None:
            raise EvaluationError(f"{command[2]} ended before it was to")
    finally:
        process.kill()
        process.wait()


@contextmanager
def _watched(running: Running, megabytes: list[float]) -> Iterator[None]:
    """Look at memory every second while the block runs."""
    over = threading.Event()

    def look() -> None:
        while not over.wait(1.0):
            megabytes.append(running.megabytes())

    watching = threading.Thread(target=look)
    watching.start()
    try:
        yield
    finally:
        over.set()
        watching.join()


def _pay(
    running: Running, key: str, seconds: float, first: int, others: Running | None = None
) -> Paid:
    """Send a post after another. first: of all posts, so that no text comes twice."""
    took, refused = [], 0
    headers = {"content-type": "application/json", "x-api-key": key}
    texts = iter(posts(_POSTS)[first:])
    beside, own = _spent(others), _spent(running)
    # Not httpx, which takes as long as the server.
    with closing(HTTPConnection("127.0.0.1", running.port, timeout=30)) as client:
        began = time.perf_counter()
        while time.perf_counter() < began + seconds and (text := next(texts, None)) is not None:
            begun = time.perf_counter()
            client.request("POST", "/v1/score", JSON_LINE.format(text=json.dumps(text)), headers)
            response = client.getresponse()
            response.read()
            if response.status == HTTPStatus.OK:
                took.append(time.perf_counter() - begun)
            else:
                refused += 1
            time.sleep(_THINK)
        elapsed = time.perf_counter() - began
    return Paid(
        seconds=took,
        refused=refused,
        others=(_spent(others) - beside) / elapsed,
        server=(_spent(running) - own) / elapsed,
    )


def _spent(program: Running | None) -> float:
    return 0.0 if program is None else program.processor_seconds()
