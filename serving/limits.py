"""ASGI middleware that limits the size and the duration of request bodies."""

import asyncio
import time
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from upstander.serving.errors import BodyTooLarge, BodyTooSlow, Overloaded
from upstander.serving.metrics import Metrics
from upstander.serving.routes import declaration_of
from upstander.serving.shares import Shares

_MAX_HELD: Final = 256 * 1024 * 1024
"""Bytes of all bodies that are being received together, shared fairly between keys."""

_SECONDS: Final = 30.0
"""For a whole body to arrive."""

BODY: Final = "body"
"""In the state of a request: the `Held` of its body."""

IS_WHOLE: Final = "is_whole"
"""In the state of a request: set once all of its body is here."""

_NOBODY: Final = "?"
"""Who holds what came without a key so far."""


class Held:
    """The bytes of one body that are held, and for whom."""

    def __init__(self, shares: Shares, holder: str) -> None:
        self._shares = shares
        self._holder = holder
        self.bytes = 0

    def add(self, count: int) -> None:
        """Hold more. Raises Overloaded if the holder has its share."""
        if count and not self._shares.has_room(self._holder):
            raise Overloaded(
                "Too much is being received from this client: retry in a second.", retry_after=1
            )
        self._shares.take(self._holder, count)
        self.bytes += count

    def belongs_to(self, holder: str) -> None:
        """Hold it for somebody else from now on, once a key was found in it."""
        self._shares.give_back(self._holder, self.bytes)
        self._holder = holder
        self._shares.take(holder, self.bytes)

    def let_go(self) -> None:
        """Hold nothing any more."""
        self._shares.give_back(self._holder, self.bytes)
        self.bytes = 0


class BodyLimit:
    """Raises from `receive`: the routes' own error handling then answers."""

    def __init__(self, app: ASGIApp, max_body_bytes: int, metrics: Metrics) -> None:
        self._app = app
        self._limit = max_body_bytes
        self._shares = Shares(_MAX_HELD)
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count the bytes of the body of an HTTP request, and the time that it takes.

        Raises BodyTooLarge, BodyTooSlow, and Overloaded for a caller whose bodies take too much.
        """
        if scope["type"] != "http" or declaration_of(scope).streams:
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        caller = state.get("caller")
        held = state[BODY] = Held(self._shares, _NOBODY if caller is None else caller.holder)
        is_complete = False
        ends = time.monotonic() + _SECONDS

        async def counted() -> Message:
            nonlocal is_complete
            if is_complete:
                return await receive()  # for a client that hangs up
            if IS_WHOLE in state:  # as most are by now, and a timer costs more than the rest here
                message = await receive()
            else:
                message = await _in_time(receive, ends)
            is_complete = not message.get("more_body", False)
            try:
                held.add(len(message.get("body", b"")))
            except Overloaded:
                self._metrics.refused.labels(cause="bodies").inc()
                raise
            if held.bytes > self._limit:
                raise BodyTooLarge(
                    f"The request is over {self._limit:,} bytes: send fewer or shorter posts."
                )
            return message

        try:
            await self._app(scope, counted, send)
        finally:
            held.let_go()


async def _in_time(receive: Receive, ends: float) -> Message:
    """A part of a body. ends: in monotonic time. Raises BodyTooSlow."""
    try:
        async with asyncio.timeout(max(0.0, ends - time.monotonic())):
            return await receive()
    except TimeoutError:
        raise BodyTooSlow(
            f"The request did not arrive within {_SECONDS:g} s: send it again."
        ) from None
