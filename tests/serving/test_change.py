"""Graceful change: a reload answers every request in between, and a bad bundle changes nothing."""

import json
import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from conftest import Server, StartServer, until

from upstander.models.bundle import Bundle


@pytest.fixture
def link(bundle: Bundle, tmp_path: Path) -> Path:
    """A symbolic link to the shipped bundle, as a platform would keep one."""
    path = tmp_path / "current"
    path.symlink_to(bundle.path)
    return path


def point(link: Path, to: Path) -> None:
    link.unlink()
    link.symlink_to(to)


def version(server: Server) -> str:
    model: dict[str, str] = httpx.post(f"{server.url}/v1/score", json={"text": "hello"}).json()[
        "model"
    ]
    return model["version"]


@contextmanager
def asking(server: Server) -> Iterator[list[int]]:
    """Ask without a pause; yields the status of every answer."""
    statuses: list[int] = []
    is_over = threading.Event()

    def ask() -> None:
        with httpx.Client(base_url=server.url) as client:
            while not is_over.is_set():
                statuses.append(client.post("/v1/score", json={"text": "hello"}).status_code)

    askers = [threading.Thread(target=ask) for _ in range(3)]
    for asker in askers:
        asker.start()
    until(lambda: bool(statuses))
    try:
        yield statuses
    finally:
        is_over.set()
        for asker in askers:
            asker.join()


def test_a_new_bundle_takes_over_and_every_request_is_answered(
    start_server: StartServer, link: Path, bundle: Bundle, other_bundle: Bundle
) -> None:
    with start_server(bundle=link) as server:
        server.wait_ready()
        assert version(server) == bundle.manifest.version
        with asking(server) as statuses:
            point(link, other_bundle.path)
            server.process.send_signal(signal.SIGHUP)
            until(lambda: version(server) == "9.9.9")
        assert set(statuses) == {200}
        assert server.metric('upstander_reloads_total{result="done"}') == 1
        page = httpx.get(f"{server.url}/metrics").text
        assert f'version="{bundle.manifest.version}"}} 0.0' in page
        assert 'version="9.9.9"} 1.0' in page


def test_a_corrupted_bundle_leaves_the_old_one_serving(
    start_server: StartServer, link: Path, bundle: Bundle, tmp_path: Path
) -> None:
    bad = tmp_path / "bad"
    shutil.copytree(bundle.path, bad)
    model = bytearray((bad / "model.onnx").read_bytes())
    model[len(model) // 2] ^= 1
    (bad / "model.onnx").write_bytes(model)
    with start_server(bundle=link) as server:
        server.wait_ready()
        with asking(server) as statuses:
            point(link, bad)
            server.process.send_signal(signal.SIGHUP)
            refused = 'upstander_reloads_total{result="refused"}'
            until(lambda: server.metric(refused) == 1)
        assert set(statuses) == {200}
        assert version(server) == bundle.manifest.version
        assert httpx.get(f"{server.url}/readyz").status_code == 200
        assert "the previous bundle stays in use" in server.log.read_text()


def test_a_shadow_tells_where_it_differs_and_answers_nobody(
    start_server: StartServer, bundle: Bundle, other_bundle: Bundle, tmp_path: Path
) -> None:
    report = tmp_path / "shadow.jsonl"
    texts = [f"Those people are vermin, number {number}." for number in range(5)]
    with start_server(shadow=other_bundle.path, shadow_share=1, shadow_report=report) as server:
        server.wait_ready()
        for text in texts:
            reply = httpx.post(f"{server.url}/v1/score", json={"text": text}).json()
            assert reply["model"]["version"] == bundle.manifest.version

        def compared() -> float:
            return sum(
                server.metric(f'upstander_shadow_total{{result="{result}"}}')
                for result in ("agrees", "differs")
            )

        until(lambda: compared() == len(texts))
        differing = server.metric('upstander_shadow_total{result="differs"}')
        entries = (
            [json.loads(line) for line in report.read_text().splitlines()] if differing else []
        )
    expected = [
        text
        for text in texts
        if any(
            (score >= bundle.manifest.threshold(label))
            != (score >= other_bundle.manifest.threshold(label))
            for label, score in bundle.scorer.score(text).scores.items()
        )
    ]
    assert len(entries) == differing == len(expected) > 0
    assert "vermin" not in json.dumps(entries)


def test_sigterm_under_load_answers_all_that_was_admitted(start_server: StartServer) -> None:
    outcomes: list[int | str] = []
    with start_server(threads=2, max_in_flight=64) as server:
        server.wait_ready()
        begun = threading.Barrier(9)

        def ask(number: int) -> None:
            posts = [{"text": f"{number} {post} " + "word " * 60} for post in range(100)]
            with httpx.Client(base_url=server.url, timeout=60) as client:
                client.get("/livez")  # connected
                begun.wait()
                outcomes.append(client.post("/v1/score/batch", json={"posts": posts}).status_code)

        askers = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
        for asker in askers:
            asker.start()
        begun.wait()
        # Each holds four permits a thread, so that seven of them hold 56.
        until(lambda: server.metric("upstander_in_flight") > 56)
        assert server.stop() == 0
        for asker in askers:
            asker.join()
    assert outcomes == [200] * 8
