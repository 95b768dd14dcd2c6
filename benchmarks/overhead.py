"""The processor time that a post takes beside its run: on the event loop, and on scoring threads.

    python -m benchmarks.overhead [--posts 1500]

The application answers posts one after another in this process, and the graph answers at once with
what it said of the first text of that length. So the time is that of Python and the tokenizer, warm
and without a socket. Posts are timed in groups, of which the fastest counts and the median is
printed beside it: what else the machine does makes any of them slower, and none faster.
"""

import argparse
import asyncio
import json
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import uvloop
from starlette.types import ASGIApp, Message

from upstander.evaluation.synthetic_posts import posts
from upstander.serving.app import create_app
from upstander.serving.settings import Settings

_GROUP: Final = 50
_SCOPE: Final[dict[str, Any]] = {
    "type": "http",
    "asgi": {"version": "3.0"},
    "http_version": "1.1",
    "method": "POST",
    "scheme": "http",
    "server": ("127.0.0.1", 8000),
    "client": ("127.0.0.1", 50_000),
    "root_path": "",
    "path": "/v1/score",
    "raw_path": b"/v1/score",
    "query_string": b"",
    "headers": [(b"host", b"127.0.0.1:8000"), (b"content-type", b"application/json")],
}


@dataclass(frozen=True, slots=True)
class Group:
    """Seconds a post: of the thread of the event loop, and of all others of the process."""

    loop: float
    others: float


class _Instant:
    """A session that runs the graph once for each length of a text, and then repeats itself."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._known: dict[int, Any] = {}

    def run(self, outputs: Sequence[str], feed: Any) -> Any:
        """What the graph said of the first text that was as long."""
        length = feed["input_ids"].shape[1]
        if length not in self._known:
            self._known[length] = self._session.run(outputs, feed)
        return self._known[length]


async def measure(count: int) -> list[Group]:
    """The groups of so many posts, after one group that warms up."""
    app = create_app(Settings(cache_size=0, store="", threads=2))  # type: ignore[call-arg]
    bodies = [json.dumps({"text": text}).encode() for text in posts(count + _GROUP)]
    stop, ready = asyncio.Event(), asyncio.Event()
    living = asyncio.create_task(_live(app, ready, stop))
    await ready.wait()
    engine = app.state.service.engine
    while engine.admission.state != "ready":
        await asyncio.sleep(0.01)
    scorer: Any = engine.bundle.scorer
    scorer._session = _Instant(scorer._session)
    found = []
    for begin in range(0, len(bodies), _GROUP):
        group = bodies[begin : begin + _GROUP]
        loop, whole = time.thread_time(), time.process_time()
        for body in group:
            await _ask(app, body)
        own = time.thread_time() - loop
        others = time.process_time() - whole - own
        found.append(Group(own / len(group), others / len(group)))
    stop.set()
    await living
    return found[1:]


async def _ask(app: ASGIApp, body: bytes) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await app({**_SCOPE, "state": {"is_whole": True}}, receive, send)
    assert sent[0]["status"] == 200, sent  # noqa: S101 - what is refused takes no time


async def _live(app: ASGIApp, ready: asyncio.Event, stop: asyncio.Event) -> None:
    """The life of the application, until it is to stop."""

    async def receive() -> Message:
        if not ready.is_set():
            return {"type": "lifespan.startup"}
        await stop.wait()
        return {"type": "lifespan.shutdown"}

    async def send(message: Message) -> None:
        if message["type"] == "lifespan.startup.complete":
            ready.set()

    await app({"type": "lifespan", "state": {}}, receive, send)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.overhead")
    parser.add_argument("--posts", type=int, default=1500)
    groups = uvloop.run(measure(parser.parse_args().posts))
    for name in ("loop", "others"):
        values = [1e6 * getattr(group, name) for group in groups]
        where = "event loop" if name == "loop" else "scoring threads"
        print(f"{where}: {min(values):.0f} µs a post (median {statistics.median(values):.0f})")  # noqa: T201


if __name__ == "__main__":
    main()
