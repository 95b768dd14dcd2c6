"""A bot for Discord: new messages from its gateway, JSON over a WebSocket, with heartbeats.

    pip install websockets
    TOKEN=... MODERATORS=CHANNEL_ID python examples/chat_bot.py

It reads every new message, and tells the moderators' channel of those that people should look at:
with a link and the reason, never with the words. It deletes nothing. The bot needs the intent for
the content of messages. GATEWAY and API are the addresses of another service that speaks the same.
"""

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator
from typing import Any

import httpx
import websockets

from upstander.client import AsyncClient, ClientError

GATEWAY = "wss://gateway.discord.gg/?v=10&encoding=json"
API = "https://discord.com/api/v10"
DISPATCH, HEARTBEAT, IDENTIFY, RECONNECT, INVALID_SESSION, HELLO = 0, 1, 2, 7, 9, 10
GUILD_MESSAGES, MESSAGE_CONTENT = 1 << 9, 1 << 15


async def messages(
    socket: websockets.ClientConnection, token: str
) -> AsyncIterator[dict[str, Any]]:
    """Messages as they are written, until the gateway ends the session."""
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
                who = {
                    "token": token,
                    "intents": GUILD_MESSAGES | MESSAGE_CONTENT,
                    "properties": {"os": "linux", "browser": "upstander", "device": "upstander"},
                }
                await socket.send(json.dumps({"op": IDENTIFY, "d": who}))
            elif event["op"] == HEARTBEAT:  # it asks for one at once
                await socket.send(json.dumps({"op": HEARTBEAT, "d": sequence}))
            elif event["op"] in (RECONNECT, INVALID_SESSION):
                return
            elif event["op"] == DISPATCH and event["t"] == "MESSAGE_CREATE":
                yield event["d"]
    finally:
        if beating is not None:
            beating.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await beating


async def run(
    gateway: str, token: str, moderators: str, client: AsyncClient, chat: httpx.AsyncClient
) -> None:
    """Read until the gateway ends the connection. chat: asks Discord's API, as this bot."""
    async with websockets.connect(gateway) as socket:
        async for message in messages(socket, token):
            if message["author"].get("bot") or not message["content"].strip():
                continue
            try:
                reply = await client.score(message["content"], id=message["id"])
            except ClientError as error:
                print(f"message {message['id']} was not scored: {error}")
                continue
            if reply.decision is None or reply.decision.band == "allow":
                continue
            where = f"{message.get('guild_id', '@me')}/{message['channel_id']}/{message['id']}"
            link = f"https://discord.com/channels/{where}"
            told = await chat.post(
                f"channels/{moderators}/messages",
                json={"content": f"Please look at {link} : {reply.decision.reason}"},
            )
            if not told.is_success:
                print(
                    f"the moderators were not told of message {message['id']}: {told.status_code}"
                )


async def main() -> None:
    """Run, and come back after a second whenever the connection is lost."""
    url = os.environ.get("UPSTANDER_URL", "http://127.0.0.1:8000")
    token = os.environ["TOKEN"]
    async with (
        AsyncClient(url, key=os.environ.get("UPSTANDER_KEY")) as client,
        httpx.AsyncClient(
            base_url=os.environ.get("API", API), headers={"authorization": f"Bot {token}"}
        ) as chat,
    ):
        while True:
            with contextlib.suppress(OSError, websockets.WebSocketException, httpx.HTTPError):
                await run(
                    os.environ.get("GATEWAY", GATEWAY),
                    token,
                    os.environ["MODERATORS"],
                    client,
                    chat,
                )
            await asyncio.sleep(1)


if __name__ == "__main__":
    asyncio.run(main())
