"""How long the server takes until it is ready, and how much memory it then holds.

    python -m evaluation.footprint

starts `upstander serve` several times on a free port, waits for /readyz, scores posts of every
length, and prints the median, least and most of both. Linux only: memory is read from /proc.
"""

import json
import re
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Final

_RUNS: Final = 5
_LENGTHS: Final = (1, 5, 20, 100, 1000, 4000)
_PATIENCE: Final = 60.0


def main() -> None:
    """Measure and print."""
    measured = [measure() for _ in range(_RUNS)]
    for name, unit, values in (
        ("ready after", "s", [seconds for seconds, _ in measured]),
        ("memory after posts of up to 4,000 words", "MB", [megabytes for _, megabytes in measured]),
    ):
        print(  # noqa: T201
            f"{name}: median {statistics.median(values):.2f} {unit} "
            f"({min(values):.2f} to {max(values):.2f}, {_RUNS} starts)"
        )


def measure() -> tuple[float, float]:
    """Seconds from starting the process until it is ready, and its megabytes afterwards."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = time.perf_counter()
    command = [sys.executable, "-m", "upstander", "serve", "--port", str(port)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)  # noqa: S603
    try:
        while not _is_ready(port):
            if process.poll() is not None or time.perf_counter() - started > _PATIENCE:
                sys.exit("the server does not start: run 'upstander serve' to see why")
            time.sleep(0.01)
        seconds = time.perf_counter() - started
        for length in _LENGTHS:
            _score(port, "word " * length)
        return seconds, _megabytes(process.pid)
    finally:
        process.terminate()
        process.wait()


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError):
        return False


def _score(port: int, text: str) -> None:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/score",
        json.dumps({"text": text}).encode(),
        {"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        answer.read()


def _megabytes(process: int) -> float:
    match = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    return int(match[1]) / 1000 if match else float("nan")


if __name__ == "__main__":
    main()
