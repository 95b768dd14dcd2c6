"""Clients that do what no client should, until they are stopped.

    python -m benchmarks.hostile HOST PORT KEY

sends long posts of every kind that was ever slow, under one key; keeps streams open without a post
in them, and one whose answers nobody reads; begins requests and does not end them, with the key and
without; and opens connections on which nothing comes. `soak.py` measures another key beside it.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

_MAX_BYTES: Final = 20_480
"""Bytes of the longest text that is taken."""

TEXTS: Final = {
    "prose": "There is a long story about our street, and I will tell it again. " * 320,
    "letters": "a " * 10_240,
    "ideographs": "\u6f22" * 6_826,
    "swollen": "\ufdfa " * 500,
    "too many windows": "\ufdfa " * 5_120,
    "emoji": "\N{GRINNING FACE}" * 5_120,
    "exclamation marks": "Get out " + "!" * 20_300,
    "look-alikes": "\u0440\u043e\u0440\u0435 " * 2_270,
    "underscores": "a_ " * 6_800,
    "combining marks": "a" + "\u0301" * 10_200,
    "spaced letters": "v e r m i n " * 1_700,
    "entities": "&amp;" * 4_096,
    "brackets": "[" * 20_480,
    "quotations": '"vermin" ' * 2_270,
    "marked words": "vermin, x " * 2_040,
}
_IDLE_STREAMS: Final = 64
_BLANK: Final = 20.0
"""Seconds between two blank lines of an idle stream."""
_NAMELESS_BODIES: Final = 33
_KEYED_BODIES: Final = 4
_BODY: Final = 8 * 1024 * 1024
_IDLE_CONNECTIONS: Final = 200
_RETRY_INTERVAL: Final = 0.05
"""Seconds before a client that was refused or cut off comes back."""


@dataclass(frozen=True, slots=True)
class _Target:
    host: str
    port: int
    key: str

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection of its own."""
        return await asyncio.open_connection(self.host, self.port)

    def head(self, path: str, *headers: str, key: bool = True) -> bytes:
        """Request line and headers of a post."""
        lines = [f"POST {path} HTTP/1.1", "host: x", *headers]
        if key:
            lines.append(f"x-api-key: {self.key}")
        return "\r\n".join((*lines, "", "")).encode()


async def _long_posts(target: _Target, text: str) -> None:
    """One long post after another, no two alike."""
    reader, writer = await target.connect()
    number = 0
    while True:
        number += 1
        whole = f"{number} {text}".encode()[:_MAX_BYTES].decode(errors="ignore")
        body = json.dumps({"text": whole}).encode()
        length = f"content-length: {len(body)}"
        writer.write(target.head("/v1/score", "content-type: application/json", length) + body)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        size = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        await reader.readexactly(size)
        if b" 200 " not in head[:16]:
            await asyncio.sleep(_RETRY_INTERVAL)


async def _idle_stream(target: _Target) -> None:
    """A stream into which only blank lines come."""
    reader, writer = await target.connect()
    writer.write(target.head("/v1/score/stream", "transfer-encoding: chunked"))
    while not reader.at_eof():
        writer.write(b"1\r\n\n\r\n")
        with suppress(TimeoutError):
            async with asyncio.timeout(_BLANK):
                while await reader.read(4096):
                    pass


async def _unread_stream(target: _Target) -> None:
    """A stream of posts whose answers nobody takes."""
    _, writer = await target.connect()
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    writer.write(target.head("/v1/score/stream", "transfer-encoding: chunked"))
    lines = b'{"text": "again and again"}\n' * 1000
    while True:
        writer.write(f"{len(lines):x}\r\n".encode() + lines + b"\r\n")
        await writer.drain()


async def _unfinished(target: _Target, path: str, sent: int, key: bool) -> None:
    """A request of which so many bytes come, and no more."""
    reader, writer = await target.connect()
    headers = ("content-type: multipart/mixed; boundary=x", f"content-length: {_BODY}")
    writer.write(target.head(path, *headers, key=key))
    writer.write(b"--x\nContent-Type: application/http\n\n" + b"x" * sent)
    await reader.read()


async def _idle_connection(target: _Target) -> None:
    """A connection on which nothing comes."""
    reader, _ = await target.connect()
    await reader.read()


async def _again_and_again(client: Callable[[], Awaitable[None]]) -> None:
    while True:
        with suppress(OSError, EOFError):
            await client()
        await asyncio.sleep(_RETRY_INTERVAL)


async def attack(host: str, port: int, key: str) -> None:
    """All of it at once, until cancelled."""
    target = _Target(host, port, key)
    clients: list[Callable[[], Awaitable[None]]] = [
        *[partial(_long_posts, target, text) for text in TEXTS.values()],
        *[partial(_idle_stream, target)] * _IDLE_STREAMS,
        partial(_unread_stream, target),
        *[partial(_unfinished, target, "/batch", 10_000, key=False)] * _NAMELESS_BODIES,
        *[partial(_unfinished, target, "/batch", _BODY - 100, key=True)] * _KEYED_BODIES,
        *[partial(_idle_connection, target)] * _IDLE_CONNECTIONS,
    ]
    async with asyncio.TaskGroup() as tasks:
        for client in clients:
            tasks.create_task(_again_and_again(client))


if __name__ == "__main__":
    asyncio.run(attack(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
