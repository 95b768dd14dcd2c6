"""How long the server takes until it is ready, and how much memory it then holds.

    python -m benchmarks.footprint

starts `upstander serve` several times on a free port, waits for /readyz, scores posts of every
length, and prints the median, least and most of both. Linux only: memory is read from /proc.
"""

import json
import os
import statistics
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import Final

from upstander.evaluation.errors import EvaluationError
from upstander.evaluation.server_process import started

_RUNS: Final = 5
_LENGTHS: Final = (1, 5, 20, 100, 1000, 4000)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        measured = [measure(Path(folder) / "log") for _ in range(_RUNS)]
    for name, unit, values in (
        ("ready after", "s", [seconds for seconds, _ in measured]),
        ("memory after posts of up to 4,000 words", "MB", [megabytes for _, megabytes in measured]),
    ):
        print(  # noqa: T201
            f"{name}: median {statistics.median(values):.2f} {unit} "
            f"({min(values):.2f} to {max(values):.2f}, {_RUNS} starts)"
        )


def measure(log: Path) -> tuple[float, float]:
    """Seconds from starting the process until it is ready, and its megabytes afterwards."""
    command = [sys.executable, "-m", "upstander", "serve", "--port", "{port}"]
    with started(command, "/readyz", os.environ, log) as running:
        for length in _LENGTHS:
            _score(running.port, "word " * length)
        return running.seconds, running.megabytes()


def _score(port: int, text: str) -> None:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/score",
        json.dumps({"text": text}).encode(),
        {"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        answer.read()


if __name__ == "__main__":
    try:
        main()
    except EvaluationError as error:
        sys.exit(f"footprint: {error}")
