"""ASGI middleware: a body that is too long or too slow is refused as it arrives, never held."""

import asyncio
import time
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.errors import BodyTooLarge, BodyTooSlow, Overloaded

_MOST_HELD: Final = 256 * 1024 * 1024
"""Bytes of all bodies that are being received together."""

_SECONDS: Final = 30.0
"""For a whole body to arrive; in a stream, for the next piece of it."""

STREAMS: Final = frozenset({"/v1/score/stream"})
"""Paths whose body has no end: their lines are limited instead."""


class BodyLimit:
    """Raises from `receive`: the routes' own error handling then answers."""

    def __init__(self, app: ASGIApp, max_body_bytes: int) -> None:
        self._app = app
        self._limit = max_body_bytes
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count the bytes of the body of an HTTP request, and the time that it takes.

        Raises BodyTooLarge and BodyTooSlow.
        """
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_stream = scope["path"] in STREAMS
        received = 0
        is_complete = False
        ends = time.monotonic() + _SECONDS

        async def counted() -> Message:
            nonlocal received, is_complete
            if is_complete:
                return await receive()  # for a client that hangs up
            seconds = _SECONDS if is_stream else ends - time.monotonic()
            try:
                async with asyncio.timeout(max(0.0, seconds)):
                    message = await receive()
            except TimeoutError:
                raise BodyTooSlow(
                    f"The request did not arrive within {_SECONDS:g} s: send it again."
                ) from None
            is_complete = not message.get("more_body", False)
            if is_stream:
                return message
            received += len(message.get("body", b""))
            self._held += len(message.get("body", b""))
            if self._held > _MOST_HELD:
                raise Overloaded("Too much is being received: retry in a second.", retry_after=1)
            if received > self._limit:
                raise BodyTooLarge(
                    f"The request is over {self._limit:,} bytes: send fewer or shorter posts."
                )
            return message

        try:
            await self._app(scope, counted, send)
        finally:
            self._held -= received
