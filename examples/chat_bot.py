"""A bot for a chat whose gateway speaks as Discord's does: JSON over a WebSocket, with heartbeats.

    pip install websockets
    GATEWAY=wss://... TOKEN=... MODERATORS=CHANNEL_ID python examples/chat_bot.py

It reads every new message, and tells the moderators' channel of those that people should look at:
with a link and the reason, never with the words. It deletes nothing.
"""

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator
from typing import Any

import websockets

from upstander.client import AsyncClient, ClientError

DISPATCH, HEARTBEAT, IDENTIFY, HELLO = 0, 1, 2, 10


async def messages(
    socket: websockets.ClientConnection, token: str
) -> AsyncIterator[dict[str, Any]]:
    """Messages as they are written, for as long as the gateway sends them."""
    sequence: int | None = None
    beating: asyncio.Task[None] | None = None

    async def beat(seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds)
            await socket.send(json.dumps({"op": HEARTBEAT, "d": sequence}))

    try:
        async for frame in socket:
            event = json.loads(frame)
            sequence = event.get("s") or sequence
            if event["op"] == HELLO:
                beating = asyncio.create_task(beat(event["d"]["heartbeat_interval"] / 1000))
                who = {"token": token, "intents": 1 << 9 | 1 << 15, "properties": {}}
                await socket.send(json.dumps({"op": IDENTIFY, "d": who}))
            elif event["op"] == DISPATCH and event["t"] == "MESSAGE_CREATE":
                yield event["d"]
    finally:
        if beating is not None:
            beating.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await beating


async def run(gateway: str, token: str, moderators: str, client: AsyncClient) -> None:
    """Read until the gateway ends the connection."""
    async with websockets.connect(gateway) as socket:
        async for message in messages(socket, token):
            if message["author"].get("bot") or not message["content"].strip():
                continue
            try:
                reply = await client.score(message["content"], id=message["id"])
            except ClientError as error:
                print(f"message {message['id']} was not scored: {error}")
                continue
            if reply.decision is not None and reply.decision.band != "allow":
                told = f"Please look at message {message['id']}: {reply.decision.reason}"
                await socket.send(
                    json.dumps(
                        {"op": "CREATE_MESSAGE", "d": {"channel_id": moderators, "content": told}}
                    )
                )


async def main() -> None:
    """Run, and come back after a second whenever the connection is lost."""
    url = os.environ.get("UPSTANDER_URL", "http://127.0.0.1:8000")
    async with AsyncClient(url, key=os.environ.get("UPSTANDER_KEY")) as client:
        while True:
            with contextlib.suppress(OSError, websockets.WebSocketException):
                await run(
                    os.environ["GATEWAY"], os.environ["TOKEN"], os.environ["MODERATORS"], client
                )
            await asyncio.sleep(1)


if __name__ == "__main__":
    asyncio.run(main())
