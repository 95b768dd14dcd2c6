"""`make soak`: does the server stay as it is under load for long, and under attack?

    python -m benchmarks.soak [--minutes 30] [--hostile-minutes 5]

drives the server with 16 clients, and beside them with posts that are refused or broken off. It
looks at memory and file descriptors every ten seconds, and fails if the last third has more of
either than the middle third, or if the server is no longer ready.

Then it starts a server with two keys (`attack.py`). One sends a post after another: alone, beside
everything of `hostile.py` under the other key, and beside a program that takes as much processor
time as the hostile clients took and never reaches the server. It prints the p99 of all three, what
was refused, memory, and how late the event loop was, and fails if the p99 beside hostile clients is
over three times the one alone, if a post was refused, if memory grows, or if the loop was late by
more than 50 ms.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import httpx

from benchmarks.attack import thirds, under_attack
from benchmarks.load import Bodies, begin
from benchmarks.round import upstander
from upstander.evaluation.errors import EvaluationError
from upstander.evaluation.server_process import Running

_LOOK: Final = 10.0
_MORE_MEMORY: Final = 1.02
_MORE_FILES: Final = 4


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
    middle, last = thirds(megabytes)
    print(f"memory: {middle:.1f} MB in the middle third, {last:.1f} in the last")  # noqa: T201
    middle_files, last_files = thirds(files)
    print(f"files: {middle_files:.0f} in the middle third, {last_files:.0f} in the last")  # noqa: T201
    if last > _MORE_MEMORY * middle or last_files > middle_files + _MORE_FILES:
        raise EvaluationError("it grows")


def _annoy(url: str) -> None:
    """What should leave nothing behind: bad bodies, a long text, a client that hangs up."""
    httpx.post(url, content=b"{")
    httpx.post(url, json={"text": "a " * 10_000}, timeout=60)
    try:
        httpx.post(url, json={"text": "b " * 10_000}, timeout=0.05)
    except httpx.TimeoutException:
        return


def _open_files(running: Running) -> float:
    return float(len(os.listdir(f"/proc/{running.process.pid}/fd")))


if __name__ == "__main__":
    try:
        main()
    except EvaluationError as error:
        sys.exit(f"soak: {error}")
