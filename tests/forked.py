"""Runs of `upstander` in processes of their own that begin with everything imported.

To start Python and to import what a verb needs takes one to five seconds of a core, and the tests
start hundreds of processes. Here one process a kind imports, and is forked for each run
(`fork_server.py`): all else is as in a process of its own, from standard input to the signal that
ends it. Tests of what happens before or around `main()` start Python themselves, and
`FRESH_PROCESSES=1` in the environment makes all of them do so.
"""

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Final, Literal, Protocol

Kind = Literal["serve", "tools", "train"]

_MODULES: Final[Mapping[Kind, tuple[str, ...]]] = {
    "serve": (
        "upstander.serving.server",
        "upstander.serving.store.database",
        "upstander.serving.records.archive",
        "psycopg",
    ),
    "tools": (
        *(
            "upstander.evaluation.runner",
            "upstander.evaluation.page.build",
            "upstander.evaluation.page.render",
        ),
        *(
            "upstander.evaluation.batch.run",
            "upstander.evaluation.custom_data",
            "upstander.evaluation.compare",
        ),
        *(
            "upstander.serving.store.database",
            "upstander.serving.records.export",
            "pyarrow.parquet",
        ),
    ),
    "train": (
        *(
            "upstander.training.pipeline",
            "upstander.training.steps.prepare",
            "upstander.training.steps.train",
        ),
        *(
            "upstander.training.steps.calibrate",
            "upstander.training.steps.export",
            "upstander.training.steps.evaluate",
        ),
        *(
            "upstander.training.steps.bundle",
            "upstander.training.steps.refine",
            "upstander.training.steps.teach",
        ),
        "small_evaluation",
    ),
}
"""What each kind of process has imported, beside the command itself."""


class Process(Protocol):
    """What tests need of a process: `subprocess.Popen` has it, and `Forked`."""

    @property
    def pid(self) -> int: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, sig: int) -> None: ...
    def terminate(self) -> None: ...
    def kill(self) -> None: ...


class Forked:
    """A forked run. Its methods are those of `subprocess.Popen`."""

    def __init__(self, arguments: Sequence[str], told: int) -> None:
        self.args = arguments
        self.returncode: int | None = None
        self._told = os.fdopen(told, "rb", buffering=0)
        self._lines = b""
        while b"\n" not in self._lines:
            self._read()
        first, _, self._lines = self._lines.partition(b"\n")
        self.pid = int(first)

    def _read(self) -> None:
        more = self._told.read(100)
        if not more:
            raise RuntimeError("the process that forks has ended: see its standard error")
        self._lines += more

    def poll(self) -> int | None:
        """Its exit status, negative for a signal; None while it runs."""
        while self.returncode is None and select.select([self._told], [], [], 0)[0]:
            self._read()
            if self._lines.endswith(b"\n"):
                self.returncode = int(self._lines)
                self._told.close()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status once it has ended. Raises subprocess.TimeoutExpired."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while self.poll() is None:
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            select.select([self._told], [], [], left)
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, sig: int) -> None:
        if self.poll() is None:
            # It may have ended, and been waited for, before its status has come here.
            with suppress(ProcessLookupError):
                os.kill(self.pid, sig)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class _ForkServer:
    """The process that imports, once a kind and a session."""

    def __init__(self, kind: Kind) -> None:
        # A packet holds a whole request, and the end of this process ends the other.
        self._requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._one_at_a_time = threading.Lock()
        program = [sys.executable, str(Path(__file__).with_name("fork_server.py"))]
        with theirs:
            self._process = subprocess.Popen(
                [*program, str(theirs.fileno()), "upstander.cli", *_MODULES[kind]],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                # Threads that numpy starts would be missing in the forks, and those of torch wait
                # for each other longer than small networks compute.
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            )
        atexit.register(self.close)

    def close(self) -> None:
        self._requests.close()
        self._process.wait()

    def fork(
        self,
        arguments: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        standard: Sequence[int],
    ) -> Forked:
        request = {
            "arguments": list(arguments),
            "folder": str(folder),
            "environment": dict(environment),
        }
        reading, told = os.pipe()
        try:
            with self._one_at_a_time:
                socket.send_fds(self._requests, [json.dumps(request).encode()], [*standard, told])
        finally:
            os.close(told)
        return Forked(arguments, reading)


_fork_server = cache(_ForkServer)
_IS_FRESH: Final = bool(os.environ.get("FRESH_PROCESSES")) or sys.platform != "linux"


def start(
    kind: Kind,
    *arguments: str | Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: int | IO[bytes] = subprocess.DEVNULL,
    stdout: int | IO[bytes] = subprocess.DEVNULL,
    stderr: int | IO[bytes] = subprocess.DEVNULL,
    fresh: bool = False,
) -> Process:
    """`upstander ARGUMENTS`, running.

    env: the whole environment; None is that of the tests. stdin, stdout, stderr: files, or
        subprocess.DEVNULL. fresh: whether it must be a process that imports everything itself.
    """
    words = [str(argument) for argument in arguments]
    environment = dict(os.environ if env is None else env)
    if fresh or _IS_FRESH:
        return subprocess.Popen(
            [sys.executable, "-m", "upstander", *words],
            cwd=cwd,
            env=environment,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
        )
    with ExitStack() as stack:
        standard = []
        for given, mode in ((stdin, "rb"), (stdout, "wb"), (stderr, "wb")):
            if given == subprocess.DEVNULL:
                given = stack.enter_context(open(os.devnull, mode))
            standard.append(given if isinstance(given, int) else given.fileno())
        return _fork_server(kind).fork(words, cwd or Path.cwd(), environment, standard)


def run(
    kind: Kind,
    *arguments: str | Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: str = "",
    timeout: float = 300,
) -> subprocess.CompletedProcess[str]:
    """`upstander ARGUMENTS`, run to its end; what it said, as UTF-8.

    stdin: at most as much as a pipe holds. Raises subprocess.TimeoutExpired.
    """
    reading, writing = os.pipe()
    with TemporaryFile() as out, TemporaryFile() as err:
        with os.fdopen(reading, "rb") as given:
            with os.fdopen(writing, "wb") as typed:
                os.set_blocking(writing, False)  # what a pipe does not hold is an error
                typed.write(stdin.encode())
            process = start(kind, *arguments, cwd=cwd, env=env, stdin=given, stdout=out, stderr=err)
        try:
            status = process.wait(timeout)
        finally:
            process.kill()
            process.wait()
        said = []
        for file in (out, err):
            file.seek(0)
            said.append(file.read().decode())
    return subprocess.CompletedProcess([str(a) for a in arguments], status, *said)
