"""Starting a server in a subprocess, and measuring its memory."""

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from upstander.evaluation.errors import EvaluationError

_PATIENCE: Final = 180.0


@dataclass(frozen=True, slots=True)
class Running:
    """A server that is ready. seconds: from its start until then."""

    port: int
    process: subprocess.Popen[bytes]
    seconds: float

    def megabytes(self) -> float:
        """Resident memory of the process and those that it started."""
        return sum(_resident(pid) for pid in _family(self.process.pid)) / 1e6

    def processor_seconds(self) -> float:
        """Time that the process and those that it started have had on the processors."""
        return sum(_processor_seconds(pid) for pid in _family(self.process.pid))


@contextmanager
def started(
    command: Sequence[str], ready: str, variables: Mapping[str, str], log: Path
) -> Iterator[Running]:
    """A server on a free port until the block ends.

    command: with `{port}` for the port. ready: path that answers 200 once it is. log: of both of
    its outputs. Raises EvaluationError if it does not become ready.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    begun = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603
            [part.format(port=port) for part in command],
            stdout=output,
            stderr=output,
            env=dict(variables),
        )
    try:
        while not _answers(f"http://127.0.0.1:{port}{ready}"):
            if process.poll() is not None or time.perf_counter() - begun > _PATIENCE:
                raise EvaluationError(f"{command[0]} does not become ready: see {log}")
            time.sleep(0.01)
        yield Running(port, process, time.perf_counter() - begun)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def _family(root: int) -> list[int]:
    """A process and all that it started (Linux)."""
    parents: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(") ")[2].split()
        except OSError:
            continue  # it ended meanwhile
        parents.setdefault(int(fields[1]), []).append(int(status.parent.name))
    found, waiting = [], [root]
    while waiting:
        found.append(pid := waiting.pop())
        waiting += parents.get(pid, [])
    return found


def _resident(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * 4096.0


def _processor_seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
