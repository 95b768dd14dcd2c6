"""`make soak`: does the server stay as it is under load for long, and under attack?

    python -m benchmarks.soak [--minutes 30] [--hostile-minutes 5]

drives the server with 16 clients, and beside them with posts that are refused or broken off. It
looks at memory and file descriptors every ten seconds, and fails if the last third has more of
either than the middle third, or if the server is no longer ready.

Then it starts a server with two keys. One sends a post after another, alone at first and then
beside everything of `hostile.py` under the other key. It prints the p99 of both times, what was
refused, memory, and how late the event loop was, and fails if the p99 is over three times the one
alone, if a post was refused, if memory grows, or if the loop was late by more than 50 ms.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Final

import httpx

from benchmarks.load import JSON_LINE, Bodies, begin
from benchmarks.round import upstander
from upstander.evaluation.errors import EvaluationError
from upstander.evaluation.server_process import Running, started
from upstander.evaluation.synthetic_posts import posts

_LOOK: Final = 10.0
_MORE_MEMORY: Final = 1.02
_MORE_FILES: Final = 4

_SLOWER: Final = 3.0
"""Times its own p99 that a key may have beside the hostile ones."""
_MAX_DELAY: Final = 0.05
"""Seconds by which the event loop may be late."""
_MORE_UNDER_ATTACK: Final = 1.1
_POSTS: Final = 60_000
_THINK: Final = 0.02
"""Seconds between an answer and the next post of the paying key."""


def main() -> None:
    """Run both, print what was seen, and exit with 1 if something is not as it should be."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak")
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--hostile-minutes", type=float, default=5.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        if given.minutes:
            under_load(Path(place), 60 * given.minutes)
        if given.hostile_minutes:
            under_attack(Path(place), 60 * given.hostile_minutes)


def under_load(place: Path, seconds: float) -> None:
    """Drive the server for so long. Raises EvaluationError if it grows or is no longer ready."""
    bodies = Bodies.written(place / "bodies.jsonl")
    with upstander(place) as running:
        url = f"http://127.0.0.1:{running.port}/v1/score"
        process = begin(url, bodies, 16, seconds)
        megabytes, files = [], []
        while process.poll() is None:
            _annoy(url)
            megabytes.append(running.megabytes())
            files.append(_open_files(running))
            time.sleep(_LOOK)
        told = process.communicate()[0]
        if httpx.get(f"http://127.0.0.1:{running.port}/readyz").status_code != httpx.codes.OK:
            raise EvaluationError("the server is no longer ready")
    print(next(line for line in told.splitlines() if line.startswith("RESULT")))  # noqa: T201
    middle, last = _thirds(megabytes)
    print(f"memory: {middle:.1f} MB in the middle third, {last:.1f} in the last")  # noqa: T201
    middle_files, last_files = _thirds(files)
    print(f"files: {middle_files:.0f} in the middle third, {last_files:.0f} in the last")  # noqa: T201
    if last > _MORE_MEMORY * middle or last_files > middle_files + _MORE_FILES:
        raise EvaluationError("it grows")


@dataclass(frozen=True, slots=True)
class _Paid:
    """What a key saw: the seconds of each post that was answered, and how many were not."""

    seconds: Sequence[float]
    refused: int

    @property
    def p99(self) -> float:
        """Seconds. Raises EvaluationError if hardly a post was answered."""
        if len(self.seconds) < 2:
            raise EvaluationError("the paying key got no answers")
        return statistics.quantiles(self.seconds, n=100)[98]


def under_attack(place: Path, seconds: float) -> None:
    """Measure a key for so long alone and beside hostile clients. Raises EvaluationError."""
    keys = place / "keys.json"
    paying, other = (_key(name, keys) for name in ("paying", "other"))
    command = [sys.executable, "-m", "upstander", "serve", "--port", "{port}"]
    options = ["--keys", str(keys), "--cache-size", "0", "--store", ""]
    log = place / "attacked.log"
    with started([*command, *options], "/readyz", os.environ, log) as running:
        _pay(running, paying, 5.0, first=0)
        alone = _pay(running, paying, seconds / 3, first=1000)
        before = _delays(running)
        with _attacked(running, other):
            _pay(running, paying, 10.0, first=20_000)  # until all of them are there
            megabytes: list[float] = []
            over = threading.Event()
            watching = threading.Thread(target=_watch, args=(running, megabytes, over))
            watching.start()
            beside = _pay(running, paying, seconds, first=30_000)
            over.set()
            watching.join()
        late = _latest(before, _delays(running))
        is_ready = httpx.get(f"http://127.0.0.1:{running.port}/readyz").is_success
    middle, last = _thirds(megabytes)
    print(  # noqa: T201
        f"paying key: p99 {alone.p99 * 1000:.1f} ms alone, {beside.p99 * 1000:.1f} ms beside "
        f"hostile clients ({beside.p99 / alone.p99:.1f} times)\n"
        f"refused: {alone.refused + beside.refused} of its "
        f"{len(alone.seconds) + len(beside.seconds):,} posts\n"
        f"memory: {middle:.1f} MB in the middle third, {last:.1f} in the last\n"
        f"event loop: late by at most {late:g} s"
    )
    if not is_ready:
        raise EvaluationError("the server is no longer ready")
    if alone.refused or beside.refused:
        raise EvaluationError("posts of the paying key were refused")
    if beside.p99 > _SLOWER * alone.p99:
        raise EvaluationError("hostile clients slow the paying key down")
    if last > _MORE_UNDER_ATTACK * middle:
        raise EvaluationError("memory grows under attack")
    if late > _MAX_DELAY:
        raise EvaluationError("something holds up the event loop")


def _key(name: str, keys: Path) -> str:
    command = [sys.executable, "-m", "upstander", "keys", "create", name, "--keys", str(keys)]
    made = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    return made.stdout.strip()


@contextmanager
def _attacked(running: Running, key: str) -> Iterator[None]:
    """Hostile clients, in a process of their own, until the block ends."""
    command = [sys.executable, "-m", "benchmarks.hostile", "127.0.0.1"]
    process = subprocess.Popen([*command, str(running.port), key])  # noqa: S603
    try:
        yield
        if process.poll() is not None:
            raise EvaluationError("the hostile clients ended before they were to")
    finally:
        process.kill()
        process.wait()


def _pay(running: Running, key: str, seconds: float, first: int) -> _Paid:
    """Send a post after another. first: of all posts, so that no text comes twice."""
    took, refused = [], 0
    headers = {"content-type": "application/json", "x-api-key": key}
    texts = iter(posts(_POSTS)[first:])
    # Not httpx, which takes as long as the server.
    with closing(HTTPConnection("127.0.0.1", running.port, timeout=30)) as client:
        ends = time.perf_counter() + seconds
        while time.perf_counter() < ends and (text := next(texts, None)) is not None:
            begun = time.perf_counter()
            client.request("POST", "/v1/score", JSON_LINE.format(text=json.dumps(text)), headers)
            response = client.getresponse()
            response.read()
            if response.status == HTTPStatus.OK:
                took.append(time.perf_counter() - begun)
            else:
                refused += 1
            time.sleep(_THINK)
    return _Paid(took, refused)


def _watch(running: Running, megabytes: list[float], over: threading.Event) -> None:
    """Look at memory every second, until it is over."""
    while not over.wait(1.0):
        megabytes.append(running.megabytes())


def _delays(running: Running) -> dict[float, float]:
    """Upper bound, in seconds, to how often the event loop was late by no more than that."""
    page = httpx.get(f"http://127.0.0.1:{running.port}/metrics").text
    found = re.findall(r'upstander_loop_delay_seconds_bucket{le="([^"]+)"} (\S+)', page)
    return {float(bound): float(count) for bound, count in found}


def _latest(before: dict[float, float], after: dict[float, float]) -> float:
    """The least bound under which all delays between two looks are."""
    counts = {bound: after[bound] - before[bound] for bound in after}
    return min(bound for bound, count in counts.items() if count == max(counts.values()))


def _annoy(url: str) -> None:
    """What should leave nothing behind: bad bodies, a long text, a client that hangs up."""
    httpx.post(url, content=b"{")
    httpx.post(url, json={"text": "a " * 10_000}, timeout=60)
    try:
        httpx.post(url, json={"text": "b " * 10_000}, timeout=0.05)
    except httpx.TimeoutException:
        return


def _thirds(values: list[float]) -> tuple[float, float]:
    """Medians of the middle and the last third."""
    third = len(values) // 3
    if not third:
        raise EvaluationError("too short to tell: give more --minutes")
    return statistics.median(values[third : 2 * third]), statistics.median(values[-third:])


def _open_files(running: Running) -> float:
    return float(len(os.listdir(f"/proc/{running.process.pid}/fd")))


if __name__ == "__main__":
    try:
        main()
    except EvaluationError as error:
        sys.exit(f"soak: {error}")
