"""The examples, each run against the real server."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
import websockets
from conftest import ROOT, Server, StartServer, until
from fastapi.testclient import TestClient
from redis_server import redis_server

VERMIN = "Migrants are vermin."
KIND = "Good morning, everyone."

sys.path.insert(0, str(ROOT / "examples"))


@pytest.fixture
def broker() -> Iterator[str]:
    with redis_server() as address:
        yield address


def test_the_comment_form(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    import comment_form

    monkeypatch.setenv("UPSTANDER_URL", server.url)
    with TestClient(comment_form.app) as form:
        assert form.post("/", data={"text": KIND}).status_code == 201
        assert form.post("/", data={"text": VERMIN}).status_code == 202
        shown = form.get("/").text
        assert KIND in shown
        assert VERMIN not in shown
        assert [comment.text for comment in comment_form.app.state.waiting] == [VERMIN]


def test_the_comment_form_publishes_nothing_unseen(
    start_server: StartServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import comment_form

    policies = tmp_path / "policies"
    policies.mkdir()
    text = (ROOT / "policies/dehumanization.toml").read_text()
    assert 'band = "review"' in text
    (policies / "acting.toml").write_text(text.replace('band = "review"', 'band = "act"'))
    with start_server(policies=policies) as acting:
        acting.wait_ready()
        monkeypatch.setenv("UPSTANDER_URL", acting.url)
        with TestClient(comment_form.app) as form:
            refused = form.post("/", data={"text": VERMIN})
            assert refused.status_code == 422
            assert "immigration status" in refused.text
            acting.stop()
            assert form.post("/", data={"text": KIND}).status_code == 202
            assert KIND not in form.get("/").text


def test_the_chat_bot_on_a_gateway(server: Server) -> None:
    """The gateway is ours: a real one would need an account, and texts in public."""
    import chat_bot

    from upstander.client import AsyncClient

    seen: list[dict[str, Any]] = []

    async def gateway(socket: websockets.ServerConnection) -> None:
        await socket.send(json.dumps({"op": 10, "d": {"heartbeat_interval": 50}}))
        seen.append(json.loads(await socket.recv()))
        posts = [("1", KIND, False), ("2", VERMIN, False), ("3", VERMIN, True), ("4", " ", False)]
        for number, (own_id, content, is_bot) in enumerate(posts, start=1):
            message = {"id": own_id, "content": content, "author": {"bot": is_bot}}
            event = {"op": 0, "s": number, "t": "MESSAGE_CREATE", "d": message}
            await socket.send(json.dumps(event))
        while sum(frame["op"] == 1 for frame in seen) < 2 or len(seen) < 4:
            seen.append(json.loads(await socket.recv()))

    async def run() -> None:
        async with websockets.serve(gateway, "127.0.0.1", 0) as running:
            port = next(iter(running.sockets)).getsockname()[1]
            async with AsyncClient(server.url) as client:
                await chat_bot.run(f"ws://127.0.0.1:{port}", "token", "mods", client)

    asyncio.run(asyncio.wait_for(run(), 30))
    assert seen[0]["d"]["token"] == "token"
    told = [frame["d"] for frame in seen if frame["op"] == "CREATE_MESSAGE"]
    assert [one["channel_id"] for one in told] == ["mods"]
    assert told[0]["content"].startswith("Please look at message 2: It probably denies")
    assert "vermin." not in told[0]["content"].removesuffix(".") or VERMIN not in told[0]["content"]
    assert {frame["d"] for frame in seen if frame["op"] == 1} == {4}  # the last it had seen


def test_the_consumer_loses_nothing_when_it_is_killed(server: Server, broker: str) -> None:
    queue = redis.Redis.from_url(broker)
    texts = {f"{n}": VERMIN if n % 10 == 0 else f"Visitor {n} came." for n in range(400)}
    texts["7"] = " "
    for own_id, text in texts.items():
        queue.xadd("posts", {"id": own_id, "text": text})
    variables = {
        **os.environ,
        "REDIS_URL": broker,
        "UPSTANDER_URL": server.url,
        "TAKEN_OVER_AFTER_MS": "500",
    }

    def worker(name: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, str(ROOT / "examples/queue_consumer.py"), name]
        return subprocess.Popen(command, env=variables)

    first = worker("first")
    until(lambda: queue.xlen("decisions") > 0, 30)
    first.send_signal(signal.SIGKILL)
    first.wait()
    second = worker("second")

    def decided() -> dict[str, dict[bytes, bytes]]:
        entries = queue.xrange("decisions")
        return {fields[b"id"].decode(): fields for _, fields in entries}

    try:
        until(lambda: decided().keys() == texts.keys(), 60)
        until(lambda: queue.xpending("posts", "upstander")["pending"] == 0)
    finally:
        second.kill()
        second.wait()
    found = decided()
    assert found["10"][b"band"] == b"review"
    assert found["11"][b"band"] == b"allow"
    assert b"visible character" in found["7"][b"error"]


def test_the_nightly_job(tmp_path: Path) -> None:
    inbox, outbox = tmp_path / "in", tmp_path / "out"
    inbox.mkdir()
    command = [str(ROOT / "examples/nightly.sh"), str(inbox), str(outbox)]
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"

    def night() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
        )

    assert night().stdout == f"nothing in {inbox}\n"
    rows = [{"id": 1, "text": KIND}, {"id": 2, "text": VERMIN}]
    (inbox / "monday.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    monday = night()
    assert (monday.returncode, monday.stdout) == (0, "monday.jsonl: 1 to be looked at\n")
    (inbox / "tuesday.jsonl").write_text('{"id": 3, "text": ""}\n{"id": 4, "text": "Hello."}\n')
    tuesday = night()
    assert (tuesday.returncode, tuesday.stdout) == (3, "tuesday.jsonl: 0 to be looked at\n")
    assert (outbox / "tuesday.scores.jsonl.errors.jsonl").is_file()
    assert night().stdout == ""  # nothing is scored twice
