"""An address that cannot be listened on is told in words that say what to do."""

import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from conftest import StartServer

from upstander.models.errors import UpstanderError
from upstander.serving.listening import listen


def serve(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "upstander", "serve", "--store", "", *options],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_busy_port(tmp_path: Path, workers: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = serve(tmp_path, "--port", port, "--workers", workers)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last == (
        f"upstander: cannot listen on 127.0.0.1, port {port}: another program listens there: "
        "stop it, or give another port with --port"
    )
    assert "Errno" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("192.0.2.1", "no such address: give one of its own with --host"),  # for documents only
        ("no.such.name.invalid", "no address has this name"),
        ("a..b", "no address has this name"),
    ],
)
def test_an_address_that_is_not_here(host: str, words: str) -> None:
    with pytest.raises(UpstanderError, match=words):
        listen(host, 0)


def test_a_port_for_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """root may take any port, so the refusal of the system is made up."""

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    with pytest.raises(UpstanderError, match="over 1023 with --port"):
        listen("127.0.0.1", 80)


def test_every_address_of_a_name_has_the_same_port() -> None:
    opened = listen("localhost", 0)
    try:
        assert len({one.getsockname()[1] for one in opened}) == 1
        with pytest.raises(UpstanderError, match="another program listens there"):
            listen("127.0.0.1", opened[0].getsockname()[1])
    finally:
        for one in opened:
            one.close()


def test_a_name_is_served(start_server: StartServer) -> None:
    with start_server(host="localhost") as running:
        running.wait_ready()
        assert httpx.get(f"{running.url}/livez").status_code == 200
        assert "listening on http://localhost:" in running.log.read_text()
