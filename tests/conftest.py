"""What every test may ask for: data, a bundle, a running server."""

import json
import os
import shutil
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import forked
import httpx
import pytest
from databases import cluster, new_database
from httpx._transports import default as httpx_transports
from hypothesis import settings
from made_up_data import write_data

from upstander.evaluation.paths import data_folder
from upstander.models.bundle import CONTENTS, Bundle, open_bundle, sha256_of
from upstander.models.errors import UpstanderError
from upstander.models.shipped import DEFAULT_BUNDLE, SHIPPED_POLICIES

pytest_plugins = ("browser", "cascades", "other_languages", "slowest_files")
"""Fixtures of the console, of a cascade, and of a bundle of other languages; a table at the end."""

ROOT = Path(__file__).parent.parent

if "PYTEST_XDIST_WORKER" in os.environ:
    # There is a worker a core. Threads that wait for each other take what the others need.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

settings.register_profile("no stopwatch", deadline=None)  # speed is for the benchmark
settings.load_profile("no stopwatch")

# `httpx.get()` and its like read the certificate authorities anew at every call, 50 ms of a core.
httpx_transports.create_ssl_context = cache(httpx_transports.create_ssl_context)


@pytest.fixture(scope="session")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small data folder that the tests wrote."""
    return write_data(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The real data sets; tests that need them skip where they are not there."""
    before = Path.cwd()
    os.chdir(ROOT)
    try:
        return data_folder(None).resolve()
    except UpstanderError as error:
        pytest.skip(str(error))
    finally:
        os.chdir(before)


@pytest.fixture(scope="session")
def bundle() -> Bundle:
    """The shipped bundle."""
    return open_bundle(DEFAULT_BUNDLE)


@pytest.fixture(scope="session")
def other_bundle(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The shipped model as another version, whose every threshold is 0.5."""
    folder = tmp_path_factory.mktemp("other") / "9.9.9"
    shutil.copytree(bundle.path, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["version"] = "9.9.9"
    for point in manifest["operating_points"].values():
        for output in point.values():
            output["threshold"] = 0.5
    (folder / "manifest.json").write_text(json.dumps(manifest))
    sums = "".join(f"{sha256_of(folder / name)}  {name}\n" for name in CONTENTS)
    (folder / "SHA256SUMS").write_text(sums)
    return open_bundle(folder)


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Return once the condition holds; fail if it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@dataclass(frozen=True)
class Server:
    """A server in a process of its own. log: file with its standard error."""

    url: str
    process: forked.Process
    log: Path

    def wait_ready(self, seconds: float = 120) -> None:
        """Return once it is ready; fail if it ends or takes longer."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log.read_text()
            try:
                if httpx.get(f"{self.url}/readyz").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        raise AssertionError(f"not ready after {seconds} s: {self.log.read_text()}")

    def metric(self, name: str) -> float:
        """The value of a metric, its labels as Prometheus writes them; 0 if it is not there."""
        for line in httpx.get(f"{self.url}/metrics").text.splitlines():
            if line.startswith(f"{name} "):
                return float(line.rpartition(" ")[2])
        return 0.0

    def stop(self) -> int:
        """Ask it to stop, and return its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a PostgreSQL; the databases of a test are its own."""
    with cluster() as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty store."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'upstander.db'}"
    else:
        with new_database(request.getfixturevalue("postgresql")) as address:
            yield address


StartServer = Callable[..., AbstractContextManager[Server]]


@pytest.fixture(scope="session")
def start_server(tmp_path_factory: pytest.TempPathFactory) -> StartServer:
    """Start `upstander serve` on a free port, with settings given as UPSTANDER_ variables.

    fresh: whether its process imports everything itself (`forked.py`).
    """

    @contextmanager
    def start(port: int = 0, *, fresh: bool = False, **settings: object) -> Iterator[Server]:
        with socket.socket() as free:
            free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            free.bind(("127.0.0.1", port))
            port = free.getsockname()[1]
        log = tmp_path_factory.mktemp("server") / "stderr.log"
        variables = {f"UPSTANDER_{name.upper()}": str(value) for name, value in settings.items()}
        with log.open("wb") as stderr:
            process = forked.start(
                "serve",
                *("serve", "--port", str(port)),
                env={**os.environ, **variables},
                stderr=stderr,
                cwd=log.parent,  # where it may leave what it keeps
                fresh=fresh or "workers" in settings,  # workers are spawned by the program itself
            )
        try:
            yield Server(f"http://127.0.0.1:{port}", process, log)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()

    return start


@pytest.fixture(scope="session")
def server(start_server: StartServer) -> Iterator[Server]:
    """One running server with the shipped bundle and default settings."""
    with start_server(fresh=True) as running:
        running.wait_ready()
        yield running


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    """A folder with the shipped policy, and one that acts alone for one community."""
    folder = tmp_path / "policies"
    shutil.copytree(SHIPPED_POLICIES, folder)
    strict = (
        (folder / "dehumanization.toml")
        .read_text()
        .replace('id = "dehumanization"', 'id = "strict"\ncommunities = ["forum/7"]')
        .replace('band = "review"', 'band = "act"')
        .replace('point = "balanced"', 'point = "watchful"')
    )
    (folder / "strict.toml").write_text(strict)
    return folder
