"""One round of the benchmark: every number once, and the bare limit before and after."""

import json
import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from benchmarks.load import Bodies, Load, begin, drive, stream
from benchmarks.peers import Peer
from upstander.evaluation.server_process import Running, started
from upstander.models.contents import graph_folder
from upstander.models.cores import usable_cores
from upstander.models.shipped import DEFAULT_BUNDLE

CLIENTS: Final = (1, 16, 64)
UPSTANDER: Final = "Upstander"

_BELOW: Final = 0.3
"""Share of the limit that is asked for below saturation."""
_FLOOD: Final = 10
"""Times the limit that is asked for in a flood."""
_FLOODERS: Final = 1000
_PROBES: Final = 16
_PROMPT: Final = 0.05
"""Seconds within which a refusal should come."""
_STREAMED: Final = 5000
_TURNS: Final = 5
_COMMENT: Final = '{{"comment": {{"text": {text}}}, "requestedAttributes": {{"TOXICITY": {{}}}}}}'


@dataclass(slots=True)
class Flood:
    """Ten times the load. prompt: share of refusals within 50 ms. p99: of admitted posts, in
    seconds. grown: memory after over memory before."""

    refusals: int
    prompt: float
    p99: float
    grown: float


@dataclass(slots=True)
class Round:
    """What was measured. bare: posts a second without a server, and the seconds of one run.

    loads: server to clients to what they saw. below: Upstander with 16 clients at three tenths of
    the limit. streamed: posts a second. overhead: seconds by which the median comment in
    Perspective's form takes longer than the same post. floors: what one client of each route of
    `floor.py` saw.
    """

    bare: list[dict[str, float]] = field(default_factory=list)
    loads: dict[str, dict[int, Load]] = field(default_factory=dict)
    ready: dict[str, float] = field(default_factory=dict)
    megabytes: dict[str, float] = field(default_factory=dict)
    below: Load | None = None
    flood: Flood | None = None
    streamed: float = 0.0
    overhead: float = 0.0
    floors: dict[str, Load] = field(default_factory=dict)

    @property
    def limit(self) -> float:
        """Posts a second of bare runs on all cores."""
        return statistics.mean(one["rate"] for one in self.bare)

    @property
    def run(self) -> float:
        """Median seconds of a bare run on one thread."""
        return statistics.mean(one["median"] for one in self.bare)


def measure(folder: Path, seconds: float, peers: Sequence[Peer]) -> Round:
    """One round in a folder for bodies and logs. seconds: of load for each number."""
    cores = usable_cores()
    one = Round(bare=[bare(cores, seconds)])
    bodies = Bodies.written(folder / "bodies.jsonl")
    with upstander(folder) as running:
        url = f"http://127.0.0.1:{running.port}/v1/score"
        _drive_all(one, UPSTANDER, running, url, bodies, seconds)
        one.below = drive(url, bodies, 16, seconds, 40_000, think=16 / (_BELOW * one.limit))
        one.overhead = _overhead(folder, running, bodies, seconds)
        lines = Bodies.written(folder / "lines.jsonl", count=_STREAMED)
        one.streamed = stream(f"{url}/stream", lines, _STREAMED)
        one.flood = _flood(running, url, bodies, seconds, one.limit)
    one.floors = _floors(folder, bodies, seconds)
    for peer in peers:
        command, variables = peer.started_with(cores)
        with started(command, peer.ready, variables, folder / f"{peer.name}.log") as running:
            bodies = Bodies.written(folder / "peer.jsonl", peer.form)
            url = f"http://127.0.0.1:{running.port}{peer.path}"
            _drive_all(one, peer.name, running, url, bodies, seconds)
    one.bare.append(bare(cores, seconds))
    return one


@contextmanager
def upstander(folder: Path) -> Iterator[Running]:
    """This project's server with the cache off, so that every post is run."""
    command = [sys.executable, "-m", "upstander", "serve", "--port", "{port}", "--cache-size", "0"]
    with started(command, "/readyz", os.environ, folder / "upstander.log") as running:
        yield running


def bare(threads: int, seconds: float) -> dict[str, float]:
    """What `benchmarks.bare` prints."""
    graph = graph_folder(DEFAULT_BUNDLE)
    command = [sys.executable, "-m", "benchmarks.bare", str(graph)]
    told = subprocess.run(  # noqa: S603
        [*command, str(threads), str(seconds)], stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    found: dict[str, float] = json.loads(told)
    return found


def _drive_all(
    one: Round, name: str, running: Running, url: str, bodies: Bodies, seconds: float
) -> None:
    drive(url, bodies, 4, 1.0)  # warm
    one.ready[name] = running.seconds
    one.loads[name] = {
        clients: drive(url, bodies, clients, seconds, first=place * 10_000)
        for place, clients in enumerate(CLIENTS, start=1)
    }
    one.megabytes[name] = running.megabytes()


def _overhead(folder: Path, running: Running, bodies: Bodies, seconds: float) -> float:
    """Posts and comments of the same texts in turn, one client: the median of the differences."""
    comments = Bodies.written(folder / "comments.jsonl", _COMMENT)
    root = f"http://127.0.0.1:{running.port}"
    differences = []
    for turn in range(_TURNS):
        first = 40_000 + turn * 1000
        post = drive(f"{root}/v1/score", bodies, 1, seconds / 2, first)
        comment = drive(f"{root}/v1alpha1/comments:analyze", comments, 1, seconds / 2, first)
        differences.append(comment.p50 - post.p50)
    return statistics.median(differences)


def _floors(folder: Path, bodies: Bodies, seconds: float) -> dict[str, Load]:
    command = [
        sys.executable,
        "-m",
        "benchmarks.floor",
        "{port}",
        str(graph_folder(DEFAULT_BUNDLE)),
    ]
    with started(command, "/ready", os.environ, folder / "floor.log") as running:
        found = {}
        for route in ("fixed", "run"):
            url = f"http://127.0.0.1:{running.port}/{route}"
            drive(url, bodies, 1, 1.0)  # warm
            found[route] = drive(url, bodies, 1, seconds, first=10_000)
        return found


def _flood(running: Running, url: str, bodies: Bodies, seconds: float, limit: float) -> Flood:
    """Ten times the load, and beside it a few clients that time their own posts."""
    before = running.megabytes()
    think = _FLOODERS / (_FLOOD * limit)
    process = begin(url, bodies, _FLOODERS, seconds + 2, think=think)
    time.sleep(1.0)  # until all of them are connected
    with ThreadPoolExecutor(_PROBES) as probes:
        timed = [
            one
            for found in probes.map(_probe, [url] * _PROBES, [seconds] * _PROBES)
            for one in found
        ]
    process.communicate()
    refused = [took for status, took in timed if status == HTTPStatus.TOO_MANY_REQUESTS]
    admitted = [took for status, took in timed if status == HTTPStatus.OK]
    return Flood(
        refusals=len(refused),
        prompt=sum(took <= _PROMPT for took in refused) / len(refused) if refused else math.nan,
        p99=statistics.quantiles(admitted, n=100)[98] if len(admitted) > 1 else math.nan,
        grown=running.megabytes() / before,
    )


def _probe(url: str, seconds: float) -> list[tuple[int, float]]:
    """Status and seconds of each post of one client; the first one also connects."""
    place = urlsplit(url)
    body = json.dumps({"text": "A post among many."})
    timed = []
    # Not httpx: sixteen of its clients wait longer for each other than for the server.
    with closing(HTTPConnection(place.netloc, timeout=30)) as client:
        ends = time.perf_counter() + seconds
        while time.perf_counter() < ends:
            begun = time.perf_counter()
            client.request("POST", place.path, body, {"content-type": "application/json"})
            response = client.getresponse()
            response.read()
            timed.append((response.status, time.perf_counter() - begun))
            time.sleep(0.1)
    return timed
