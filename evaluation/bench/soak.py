"""`make soak`: does the server stay as it is under load for long?

    python -m evaluation.bench.soak [--minutes 30]

drives the server with 16 clients, and beside them with posts that are refused or broken off. It
looks at memory and file descriptors every ten seconds, and fails if the last third has more of
either than the middle third, or if the server is no longer ready.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import httpx

from evaluation.bench.load import Bodies, begin
from evaluation.bench.round import upstander
from evaluation.bench.servers import Running
from evaluation.errors import EvaluationError

_LOOK: Final = 10.0
_MORE_MEMORY: Final = 1.02
_MORE_FILES: Final = 4


def main() -> None:
    """Run, print what was seen, and exit with 1 if it grew."""
    parser = argparse.ArgumentParser(prog="python -m evaluation.bench.soak")
    parser.add_argument("--minutes", type=float, default=30.0)
    seconds = 60 * parser.parse_args().minutes
    with tempfile.TemporaryDirectory() as place:
        bodies = Bodies.written(Path(place) / "bodies.jsonl")
        with upstander(Path(place)) as running:
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
