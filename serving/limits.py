"""ASGI middleware: a request body over the limit is refused as it arrives, never held in memory."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.errors import BodyTooLarge


class BodyLimit:
    """Raises BodyTooLarge from `receive`: the routes' own error handling then answers."""

    def __init__(self, app: ASGIApp, max_body_bytes: int) -> None:
        self._app = app
        self._limit = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count the bytes of the body of an HTTP request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._limit:
                raise BodyTooLarge(
                    f"The request is over {self._limit:,} bytes: send fewer or shorter posts."
                )
            return message

        await self._app(scope, counted, send)
