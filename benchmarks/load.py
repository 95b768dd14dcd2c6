"""Load by wrk, from a process of its own, and a stream by curl.

Closed loop: each client sends its next post when the last is answered. With a time to think the
load is open instead: posts come at random, at a rate that the server's answers hardly change.
"""

import json
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from upstander.evaluation.errors import EvaluationError
from upstander.evaluation.synthetic_posts import posts

_SCRIPT: Final = Path(__file__).parent / "posts.lua"
_POSTS: Final = 50_000
JSON_LINE: Final = '{{"text": {text}}}'


@dataclass(frozen=True, slots=True)
class Load:
    """What the clients saw. rate: scored posts a second. p50, p95, p99: seconds to an answer."""

    rate: float
    answered: int
    refused: int
    failed: int
    p50: float
    p95: float
    p99: float


@dataclass(frozen=True, slots=True)
class Bodies:
    """A file with a body a line, of which no load takes what another took."""

    file: Path

    @classmethod
    def written(cls, file: Path, form: str = JSON_LINE, count: int = _POSTS) -> "Bodies":
        """form: of a body, with `{text}` where the quoted text goes."""
        file.write_text("".join(form.format(text=json.dumps(p)) + "\n" for p in posts(count)))
        return cls(file)


def drive(
    url: str, bodies: Bodies, clients: int, seconds: float, first: int = 0, think: float = 0.0
) -> Load:
    """Load a server and return what the clients saw. Raises EvaluationError without wrk.

    first: line of `bodies` to begin with, so that no text comes twice in a run. think: mean seconds
    between an answer and the next post of a client.
    """
    return seen_by(begin(url, bodies, clients, seconds, first, think))


def seen_by(load: subprocess.Popen[str]) -> Load:
    """What the clients of a load saw, once it has ended. Raises EvaluationError if it failed."""
    told = _finish(load)
    line = next(line for line in told.splitlines() if line.startswith("RESULT "))
    found = json.loads(line.removeprefix("RESULT "))
    elapsed = found["microseconds"] / 1e6
    return Load(
        rate=(found["requests"] - found["refused"]) / elapsed,
        answered=found["requests"] - found["refused"],
        refused=found["refused"],
        failed=found["failed"],
        p50=found["p50"] / 1e6,
        p95=found["p95"] / 1e6,
        p99=found["p99"] / 1e6,
    )


def begin(
    url: str, bodies: Bodies, clients: int, seconds: float, first: int = 0, think: float = 0.0
) -> subprocess.Popen[str]:
    """The same load, going on while something else is measured."""
    command = [
        _program("wrk"), "--threads", "1", "--connections", str(clients),
        "--duration", f"{max(1, round(seconds))}s", "--timeout", "30s", "--script", str(_SCRIPT),
        url, "--", str(bodies.file), str(first), f"{think * 1000:g}",
    ]  # fmt: skip
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603


def stream(url: str, bodies: Bodies, lines: int) -> float:
    """Lines a second that `/v1/score/stream` answers to one client. Raises EvaluationError."""
    command = [
        _program("curl"), "--silent", "--show-error", "--fail", "--request", "POST",
        "--upload-file", str(bodies.file), "--header", "content-type: application/x-ndjson",
        "--output", "-", url,
    ]  # fmt: skip
    begun = time.perf_counter()
    told = _finish(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))  # noqa: S603
    answered = told.count('"scores":')
    if answered != lines:
        raise EvaluationError(f"the stream scored {answered:,} of {lines:,} posts")
    return lines / (time.perf_counter() - begun)


def _finish(process: subprocess.Popen[str]) -> str:
    told, _ = process.communicate()
    if process.returncode:
        raise EvaluationError(f"{process.args!r} failed: see above")
    return told


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise EvaluationError(
            f"the benchmark needs {name}: apt-get install {name}, or brew install {name}"
        )
    return found
