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

import httpx
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
    with start_server(policies=policies, policy="dehumanization") as acting:
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
    posted: list[httpx.Request] = []

    def api(request: httpx.Request) -> httpx.Response:
        posted.append(request)
        return httpx.Response(200, json={})

    async def gateway(socket: websockets.ServerConnection) -> None:
        await socket.send(json.dumps({"op": 10, "d": {"heartbeat_interval": 50}}))
        seen.append(json.loads(await socket.recv()))
        posts = [("1", KIND, False), ("2", VERMIN, False), ("3", VERMIN, True), ("4", " ", False)]
        for number, (own_id, content, is_bot) in enumerate(posts, start=1):
            message = {"id": own_id, "content": content, "author": {"bot": is_bot}}
            message |= {"guild_id": "7", "channel_id": "8"}
            event = {"op": 0, "s": number, "t": "MESSAGE_CREATE", "d": message}
            await socket.send(json.dumps(event))
        while sum(frame["op"] == 1 for frame in seen) < 2 or not posted:
            seen.append(json.loads(await socket.recv()))
        await socket.send(json.dumps({"op": 1, "d": None}))  # at once, please
        while sum(frame["op"] == 1 for frame in seen) < 3:
            seen.append(json.loads(await socket.recv()))
        await socket.send(json.dumps({"op": 7, "d": None}))  # connect anew
        await socket.wait_closed()

    async def run() -> None:
        async with websockets.serve(gateway, "127.0.0.1", 0) as running:
            port = next(iter(running.sockets)).getsockname()[1]
            chat = httpx.AsyncClient(
                transport=httpx.MockTransport(api), base_url="https://chat.example/api/"
            )
            async with AsyncClient(server.url) as client, chat:
                await chat_bot.run(f"ws://127.0.0.1:{port}", "token", "9", client, chat)

    asyncio.run(asyncio.wait_for(run(), 30))
    assert seen[0]["d"]["token"] == "token"
    assert [str(one.url) for one in posted] == ["https://chat.example/api/channels/9/messages"]
    content = json.loads(posted[0].content)["content"]
    assert content.startswith(
        "Please look at https://discord.com/channels/7/8/2 : The post probably denies people"
    )
    assert VERMIN not in content
    assert {frame["d"] for frame in seen if frame["op"] == 1} <= {1, 2, 3, 4}


def test_the_consumer_loses_nothing_when_it_is_killed(server: Server, broker: str) -> None:
    queue = redis.Redis.from_url(broker)
    texts = {f"{n}": VERMIN if n % 10 == 0 else f"Visitor {n} came." for n in range(400)}
    texts["7"] = " "
    for own_id, text in texts.items():
        queue.xadd("posts", {"id": own_id, "text": text})
    # What somebody else put in must not stop the workers, one after the other.
    texts["cut"] = texts["x" * 300] = ""
    queue.xadd("posts", {"id": "cut", "text": b"caf\xc3"})
    queue.xadd("posts", {"id": "x" * 300, "text": KIND})
    texts[queue.xadd("posts", {"body": KIND}).decode()] = ""
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
    assert (found["cut"][b"band"], found["x" * 300][b"band"]) == (b"allow", b"allow")


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
    (inbox / "a-empty.jsonl").write_text("\n")
    too_long = inbox / f"{'b' * 249}.jsonl"  # so that there can be no name for its scores
    too_long.write_text('{"id": 5, "text": "Hello."}\n')
    (inbox / "wednesday.jsonl").write_text('{"id": 5, "text": "Hello."}\n')
    wednesday = night()
    assert (wednesday.returncode, wednesday.stdout) == (1, "wednesday.jsonl: 0 to be looked at\n")
    too_long.unlink()
    assert night().stdout == ""  # nothing is scored twice
