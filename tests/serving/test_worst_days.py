"""The worst days: the clock jumps, the database fails over, names are slow, a bundle goes bad."""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from conftest import Server, StartServer, until
from databases import _program
from redis_server import redis_server
from sqlalchemy import create_engine, text

from upstander.models.shipped import DEFAULT_BUNDLE
from upstander.serving.keys import create_key
from upstander.serving.metrics import Metrics
from upstander.serving.records import retention
from upstander.serving.store.address import address_of
from upstander.serving.store.writer import Writer

KEPT = 'upstander_kept_total{result="kept",table="decisions"}'
DAY = 86_400


def score(server: Server, words: str, key: str = "") -> int:
    headers = {"X-API-Key": key} if key else {}
    body = {"text": words}
    return httpx.post(f"{server.url}/v1/score", json=body, headers=headers, timeout=30).status_code


@pytest.fixture
def clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that says by how much the clock of the programs that are started is wrong."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    if not found:
        pytest.skip("there is no libfaketime: apt-get install faketime")
    file = tmp_path / "clock"
    file.write_text("+0d\n")
    monkeypatch.setenv("FAKETIME_TIMESTAMP_FILE", str(file))
    monkeypatch.setenv("FAKETIME_NO_CACHE", "1")
    monkeypatch.setenv("FAKETIME_DONT_FAKE_MONOTONIC", "1")  # as it is where a clock is set
    monkeypatch.setenv("DONT_FAKE_MONOTONIC", "1")
    monkeypatch.setenv("LD_PRELOAD", str(found[0]))
    return file


@pytest.mark.slow
def test_a_clock_that_jumps_stops_nothing(
    start_server: StartServer, clock: Path, tmp_path: Path
) -> None:
    store = f"sqlite:///{tmp_path / 'upstander.db'}"
    _, key = create_key(tmp_path / "keys.json", "forum", "score", 100, 0)
    settings = {"store": store, "record": "decisions", "self_test_interval": 0.5, "fresh": True}
    with start_server(**settings, record_lost="refuse", keys=tmp_path / "keys.json") as server:
        server.wait_ready()
        for number, jump in enumerate(("+0d", "+400d", "-400d", "+0d")):
            clock.write_text(f"{jump}\n")
            time.sleep(1.5)
            assert httpx.get(f"{server.url}/readyz").status_code == 200, jump
            assert score(server, f"Good morning {number}.", key) == 200, jump
        assert server.metric(KEPT) == 4
        assert server.stop() == 0
    engine = create_engine(address_of(store))
    with engine.connect() as connection:
        years = [
            str(day)[:4]
            for day in connection.execute(
                text("SELECT decided FROM decisions ORDER BY id")
            ).scalars()
        ]
    engine.dispose()
    assert years[0] == years[3]
    assert len(set(years)) == 3  # that of each jump


def test_nothing_is_purged_by_a_clock_that_was_moved(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    purged = []

    async def purge_once(_store: Writer, days: int, what: str = "records") -> None:
        purged.append((days, what))
        now = time.time() + (400 * DAY if len(purged) == 2 else 0)
        monkeypatch.setattr(retention.time, "time", lambda: now)

    async def run() -> None:
        store = Writer("", Metrics())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.2):
                await retention.purge_again_and_again(store, 30, 90, every=0.01)

    monkeypatch.setattr(retention, "purge_once", purge_once)
    asyncio.run(run())
    assert purged == [(30, "records"), (90, "suggestions")]
    assert f"the clock was moved by +{400 * DAY} s" in caplog.text


@dataclass(frozen=True)
class Postgres:
    """One server of a pair. options: of its start."""

    folder: str
    port: int
    options: str

    def control(self, *words: str) -> None:
        command = [*AS_OWNER, _program("pg_ctl"), "-D", f"{self.folder}/data", "-w", *words]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")

    def start(self) -> None:
        self.control("-l", f"{self.folder}/log", "-o", self.options, "start")


AS_OWNER = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []


@contextmanager
def pair() -> Iterator[tuple[Postgres, Postgres]]:
    """A PostgreSQL and its synchronous standby."""
    with contextlib.ExitStack() as stack:
        made = []
        for synchronous in ("-c synchronous_standby_names=*", ""):
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="postgresql-"))
            if AS_OWNER:
                shutil.chown(folder, "postgres")
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                port = free.getsockname()[1]
            options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 {synchronous}"
            made.append(Postgres(folder, port, options))
        first, second = made
        run = {"check": True, "stdout": subprocess.DEVNULL, "cwd": "/"}
        initdb = [*AS_OWNER, _program("initdb"), "-D", f"{first.folder}/data", "-A", "trust"]
        subprocess.run([*initdb, "-U", "upstander", "--no-sync"], **run)
        first.start()
        copy = [_program("pg_basebackup"), "-D", f"{second.folder}/data", "-R", "-X", "stream"]
        source = ["-h", "127.0.0.1", "-p", str(first.port), "-U", "upstander", "-c", "fast"]
        subprocess.run([*AS_OWNER, *copy, *source], **run)
        second.start()
        try:
            yield first, second
        finally:
            for one in made:
                with contextlib.suppress(subprocess.CalledProcessError):
                    one.control("-m", "immediate", "stop")


@pytest.mark.slow
def test_a_failover_of_postgresql_loses_nothing_that_was_acknowledged(
    start_server: StartServer, tmp_path: Path
) -> None:
    with pair() as (first, second):
        hosts = "&".join(f"host=127.0.0.1:{one.port}" for one in (first, second))
        store = f"postgresql://upstander@/postgres?{hosts}&target_session_attrs=read-write"
        settings = {"store": store, "record": "decisions", "salt_file": tmp_path / "salt"}
        with start_server(**settings, record_lost="refuse", self_test_interval=0.5) as server:
            server.wait_ready()
            statuses = [score(server, f"Before {number}.") for number in range(5)]
            assert statuses == [200] * 5
            first.control("-m", "immediate", "stop")
            assert score(server, "Meanwhile.") == 503
            until(lambda: httpx.get(f"{server.url}/readyz").status_code == 503)
            second.control("promote")
            until(lambda: score(server, "After.") == 200, seconds=40)
            until(lambda: httpx.get(f"{server.url}/readyz").status_code == 200, seconds=20)
            acknowledged = 6
            server.stop()
        engine = create_engine(
            address_of(f"postgresql://upstander@127.0.0.1:{second.port}/postgres")
        )
        with engine.connect() as connection:
            kept = connection.execute(text("SELECT count(*) FROM decisions")).scalar_one()
        engine.dispose()
        assert kept >= acknowledged


def test_who_waits_for_a_store_of_counts_that_hangs_is_answered(
    start_server: StartServer, tmp_path: Path
) -> None:
    _, key = create_key(tmp_path / "keys.json", "forum", "score", 100, 0)
    with redis_server() as address:
        pid = pid_at(int(address.rpartition(":")[2]))
        settings = {"keys": tmp_path / "keys.json", "limits_store": address, "store": ""}
        with start_server(**settings) as server:
            server.wait_ready()
            assert score(server, "Good morning.", key) == 200
            os.kill(pid, signal.SIGSTOP)
            try:
                began = time.monotonic()
                assert [score(server, f"Good morning {n}.", key) for n in range(5)] == [200] * 5
                assert time.monotonic() - began < 5
                assert server.metric("upstander_uncounted_total") >= 1
            finally:
                os.kill(pid, signal.SIGCONT)
            server.stop()


def pid_at(port: int) -> int:
    """The process that listens on a port, by what it was started with."""
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (folder / "cmdline").read_bytes()
            if b"redis-server" in words and str(port).encode() in words:
                return int(folder.name)
    raise AssertionError("no redis-server")


@contextmanager
def without_names(port: int, place: Path, *flags: str) -> Iterator[Server]:
    """A service that runs where the name server never answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        try:
            silent.bind(("127.0.0.53", 53))
        except OSError as error:
            pytest.skip(f"port 53 of loopback cannot be had: {error.strerror}")
        (place / "resolv.conf").write_text("nameserver 127.0.0.53\noptions timeout:3 attempts:1\n")
        mounted = f"mount --bind {place / 'resolv.conf'} /etc/resolv.conf"
        alone = ["unshare", "--mount", "sh", "-c"]
        if subprocess.run([*alone, mounted], check=False).returncode:
            pytest.skip("nothing may be mounted here: needs root")
        serve = [sys.executable, "-m", "upstander", "serve", "--port", str(port), *flags]
        log = place / "stderr.log"
        with log.open("wb") as stderr:
            process = subprocess.Popen(
                [*alone, f'{mounted} && exec "$0" "$@"', *serve], stderr=stderr, cwd=place
            )
        try:
            yield Server(f"http://127.0.0.1:{port}", process, log)
        finally:
            process.kill()
            process.wait()


@pytest.mark.slow
def test_names_that_are_not_found_in_time_hold_nobody_up(tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    _, key = create_key(keys, "forum", "score", 100, 0)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    flags = ["--limits-store", "redis://counts.example.org:6379", "--store", "", "--keys"]
    with without_names(port, tmp_path, *flags, str(keys)) as server:
        server.wait_ready()
        began = time.monotonic()
        assert [score(server, f"Good morning {n}.", key) for n in range(5)] == [200] * 5
        assert time.monotonic() - began < 10
        assert server.metric("upstander_uncounted_total") >= 1


@pytest.mark.slow
def test_a_bundle_that_goes_bad_under_three_workers_costs_the_one_that_dies(
    start_server: StartServer, tmp_path: Path
) -> None:
    folder = tmp_path / "bundle"
    shutil.copytree(DEFAULT_BUNDLE, folder)
    with start_server(bundle=folder, workers=3, store="") as server:
        server.wait_ready()
        good = (folder / "tokenizer.json").read_bytes()
        (folder / "tokenizer.json").write_bytes(good[:-100])
        server.process.send_signal(signal.SIGHUP)
        until(lambda: server.metric('upstander_reloads_total{result="refused"}') >= 3)
        assert {answered(server) for _ in range(10)} == {200}  # all three go on with what they have
        killed = int(children(server.process.pid)[0])
        os.kill(killed, signal.SIGKILL)
        until(lambda: "tokenizer.json does not match" in server.log.read_text())
        statuses = [answered(server) for _ in range(20)]
        assert 200 in statuses
        assert set(statuses) <= {200, 503}  # of the one that tries to start, never a wrong score
        (folder / "tokenizer.json").write_bytes(good)
        until(lambda: all(answered(server) == 200 for _ in range(10)), seconds=40)
        assert server.stop() == 0


def answered(server: Server) -> int:
    try:
        return score(server, "Good morning.")
    except httpx.TransportError:
        return 503


def children(pid: int) -> list[str]:
    """The workers of a parent: those of its children that serve."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [
        child
        for child in found
        if b"resource_tracker" not in Path(f"/proc/{child}/cmdline").read_bytes()
    ]
