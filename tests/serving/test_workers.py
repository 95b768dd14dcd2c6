"""Several processes: one address, metrics summed, one that is killed is replaced."""

import os
import signal
import socket
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
from conftest import Server, StartServer, until


def workers(server: Server) -> list[int]:
    found = []
    for child in psutil.Process(server.process.pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # a zombie, or gone meanwhile
            if "spawn_main" in " ".join(child.cmdline()):
                found.append(child.pid)
    return found


def test_a_worker_that_is_killed_is_replaced(start_server: StartServer) -> None:
    with start_server(workers=2) as server:
        server.wait_ready()
        until(lambda: len(workers(server)) == 2)

        def answers() -> bool:
            try:
                return httpx.post(f"{server.url}/v1/score", json={"text": "x"}).status_code == 200
            except httpx.TransportError:
                return False

        until(
            lambda: server.log.read_text().count("golden texts reproduced") == 2
        )  # both are ready
        before = server.metric("upstander_texts_total")
        for number in range(40):  # a connection each, so that either may take it
            response = httpx.post(f"{server.url}/v1/score", json={"text": f"text {number}"})
            assert response.status_code == 200
        # A worker that nobody looks at tells its counts a moment later.
        until(lambda: server.metric("upstander_texts_total") - before == 40)
        killed = workers(server)[0]
        os.kill(killed, signal.SIGKILL)
        until(lambda: len(workers(server)) == 2 and killed not in workers(server))

        until(lambda: server.log.read_text().count("golden texts reproduced") == 3)
        assert all(answers() for _ in range(10))
        assert server.stop() == 0


def test_a_bundle_that_cannot_be_served_ends_them_all(
    start_server: StartServer, tmp_path: Path
) -> None:
    with start_server(workers=2, bundle=tmp_path) as server:
        assert server.process.wait(timeout=60) == 1
        assert "cannot serve the bundle" in server.log.read_text()


def test_workers_end_with_their_parent_however_that_ends(start_server: StartServer) -> None:
    with start_server(workers=2) as server:
        server.wait_ready()
        until(lambda: len(workers(server)) == 2)
        started = [psutil.Process(pid) for pid in workers(server)]
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
        _, alive = psutil.wait_procs(started, timeout=30)
        assert not alive
        port = int(server.url.rpartition(":")[2])
        with socket.create_server(("127.0.0.1", port)):  # free for the next one
            pass
        assert "the parent process has ended" in server.log.read_text()
