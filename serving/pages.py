"""Security headers of HTML pages: nothing from other hosts, no framing."""

from collections.abc import Mapping
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


def headers_with(**sources: str) -> Mapping[str, str]:
    """The headers of a page. `serving/request_logging.py` adds those that every answer has.

    sources: of kinds of content beside those of this origin, such as `img_src="data:"`; nothing
        inline is run.
    """
    own = {"script-src": "'self'", "style-src": "'self'", "img-src": "'self'"}
    more = {name.replace("_", "-"): source for name, source in sources.items()}
    kinds = own | {name: f"{own.get(name, '')} {source}".strip() for name, source in more.items()}
    rules = (
        "default-src 'none'",
        *(f"{name} {source}" for name, source in kinds.items()),
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
    return {
        "Content-Security-Policy": "; ".join(rules),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }


HEADERS: Final = headers_with()


class Guarded:
    """ASGI middleware that adds the headers of a page."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str] = HEADERS) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and add to the answer."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        await self._app(scope, receive, with_headers)
