"""A long soak in parts: does the service stay as it is for half a day?

    python deploy/long_soak.py soak.jsonl --hours 12 --part 4      three times, and it is done

Each hour under load becomes a line of soak.jsonl: posts, what was refused or failed, p50 and p99,
memory and open files. A part takes up where the one before ended, also where that was cut short, of
which the hour in hand is lost. It fails if memory grew by over 5 % within a part, after its first
hour, if files did by over 8, if p99 doubled, if a post failed, or if the service is not ready.

The service records with texts, keeps suggestions, purges, and has two workers and a shadow, so that
all that can grow is in use.
"""

import argparse
import http.client
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from upstander.evaluation.errors import EvaluationError
from upstander.evaluation.server_process import Running, started
from upstander.evaluation.synthetic_posts import posts
from upstander.models.shipped import DEFAULT_BUNDLE

_CLIENTS: Final = 4
_THINK: Final = 0.05
"""Seconds between an answer and the next post of a client: load, and not a flood."""
_MORE_MEMORY: Final = 1.05
_MORE_FILES: Final = 8
_SLOWER: Final = 2.0


@dataclass(frozen=True, slots=True)
class Hour:
    """part: number of the run that it is of. failed: posts whose status is neither 200 nor 429."""

    hour: int
    part: int
    posts: int
    refused: int
    failed: int
    p50_ms: float
    p99_ms: float
    megabytes: float
    files: int
    ended: str


@dataclass(slots=True)
class _Seen:
    """What the clients saw in the hour in hand; used by several threads."""

    seconds: list[float] = field(default_factory=list)
    refused: int = 0
    failed: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, status: int, seconds: float) -> None:
        with self.lock:
            if status == http.client.OK:
                self.seconds.append(seconds)
            elif status == http.client.TOO_MANY_REQUESTS:
                self.refused += 1
            else:
                self.failed += 1

    def take(self) -> tuple[list[float], int, int]:
        with self.lock:
            taken = self.seconds, self.refused, self.failed
            self.seconds, self.refused, self.failed = [], 0, 0
        return taken


def main() -> None:
    """Run a part, and say what the hours so far were like."""
    parser = argparse.ArgumentParser(prog="deploy/long_soak.py")
    parser.add_argument("file", type=Path)
    parser.add_argument("--hours", type=int, default=12)
    parser.add_argument("--part", type=int, default=4)
    parser.add_argument("--hour-seconds", type=float, default=3600.0)
    given = parser.parse_args()
    done = read(given.file)
    left = min(given.part, given.hours - len(done))
    if left > 0:
        with tempfile.TemporaryDirectory() as place:
            for hour in run(Path(place), list(done), left, given.hour_seconds):
                with given.file.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(hour)) + "\n")
                done.append(hour)
                show([hour])
    print(f"{len(done)} of {given.hours} hours")  # noqa: T201
    show(done)
    if found := problems(done):
        sys.exit("long soak: " + "; ".join(found))


def read(file: Path) -> list[Hour]:
    """The hours so far; a line that was cut off by a kill is left out."""
    if not file.exists():
        return []
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    whole = [line for line in lines if line.endswith("}\n")]
    if whole != lines:
        file.write_text("".join(whole), encoding="utf-8")
    return [Hour(**json.loads(line)) for line in whole]


def run(place: Path, done: Sequence[Hour], hours: int, seconds: float) -> Iterator[Hour]:
    """Serve under load for so many hours, each of so many seconds."""
    part = done[-1].part + 1 if done else 1
    command = [sys.executable, "-m", "upstander", "serve", "--port", "{port}", "--workers", "2"]
    keeps = ["--record", "texts", "--record-days", "1", "--store", f"sqlite:///{place}/soak.db"]
    shadow = ["--shadow", str(DEFAULT_BUNDLE), "--shadow-report", f"{place}/shadow.jsonl"]
    log = place / "soak.log"
    with started([*command, *keeps, *shadow], "/readyz", os.environ, log) as running:
        seen, over = _Seen(), threading.Event()
        clients = [
            threading.Thread(target=_call, args=(running.port, number, seen, over), daemon=True)
            for number in range(_CLIENTS)
        ]
        for client in clients:
            client.start()
        try:
            for number in range(len(done) + 1, len(done) + hours + 1):
                time.sleep(seconds)
                yield _hour(running, seen, number, part)
        finally:
            over.set()
            for client in clients:
                client.join(30)


def _hour(running: Running, seen: _Seen, number: int, part: int) -> Hour:
    took, refused, failed = seen.take()
    if len(took) < 2:
        raise EvaluationError("the clients got no answers")
    if _status(running.port, "/readyz") != http.client.OK:
        raise EvaluationError("the service is no longer ready")
    cut = statistics.quantiles(took, n=100)
    return Hour(
        hour=number,
        part=part,
        posts=len(took),
        refused=refused,
        failed=failed,
        p50_ms=round(cut[49] * 1000, 2),
        p99_ms=round(cut[98] * 1000, 2),
        megabytes=round(running.megabytes(), 1),
        files=_open_files(running.process.pid),
        ended=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    )


def _call(port: int, client: int, seen: _Seen, over: threading.Event) -> None:
    """One post after another until it is over; every hundredth is a suggestion."""
    texts = posts(5_000, seed=client)
    number = 0
    while not over.is_set():
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
            try:
                while not over.is_set():
                    number += 1
                    text = f"{texts[number % len(texts)]} {number}"
                    began = time.perf_counter()
                    status = _send(connection, text, is_suggestion=number % 100 == 0)
                    seen.add(status, time.perf_counter() - began)
                    time.sleep(_THINK)
            except (OSError, http.client.HTTPException):
                if not over.is_set():
                    seen.add(0, 0.0)
                    time.sleep(1)


def _send(connection: http.client.HTTPConnection, text: str, is_suggestion: bool) -> int:
    path, body = "/v1/score", json.dumps({"text": text})
    if is_suggestion:
        path = "/v1alpha1/comments:suggestscore"
        scores = {"TOXICITY": {"summaryScore": {"value": 0}}}
        body = json.dumps({"comment": {"text": text}, "attributeScores": scores})
    connection.request("POST", path, body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    response.read()
    return response.status


def _status(port: int, path: str) -> int:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("GET", path)
        return connection.getresponse().status


def _open_files(parent: int) -> int:
    """Of a service and its workers."""
    pids = [str(parent), *Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]
    return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in pids)


def show(hours: Sequence[Hour]) -> None:
    """A line an hour."""
    for one in hours:
        print(  # noqa: T201
            f"hour {one.hour:2} (part {one.part}): {one.posts:8,} posts, {one.refused:5,} refused, "
            f"{one.failed:3,} failed, p50 {one.p50_ms:6.2f} ms, p99 {one.p99_ms:7.2f} ms, "
            f"{one.megabytes:7.1f} MB, {one.files:4} files"
        )


def problems(hours: Sequence[Hour]) -> list[str]:
    """What is not as it should be, part by part."""
    found = []
    if failed := sum(one.failed for one in hours):
        found.append(f"{failed} posts failed")
    for part in sorted({one.part for one in hours}):
        own = [one for one in hours if one.part == part]
        first, last = own[min(1, len(own) - 1)], own[-1]  # the first hour fills caches
        if last.megabytes > _MORE_MEMORY * first.megabytes:
            found.append(f"part {part}: memory grew to {last.megabytes} MB of {first.megabytes}")
        if last.files > first.files + _MORE_FILES:
            found.append(f"part {part}: {last.files} files are open of {first.files}")
        if last.p99_ms > _SLOWER * first.p99_ms:
            found.append(f"part {part}: p99 grew to {last.p99_ms} ms of {first.p99_ms}")
    return found


if __name__ == "__main__":
    try:
        main()
    except EvaluationError as error:
        sys.exit(f"long soak: {error}")
