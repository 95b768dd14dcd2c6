"""The address of a request as clients send it, and the one that is routed."""

from typing import Final
from urllib.parse import unquote, urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from upstander.models.errors import UpstanderError

_SCHEMES: Final = ("http", "https")

FIRST_PARTS: Final = frozenset(
    [
        *("", "docs", "redoc", "openapi.json", "console"),
        *("livez", "readyz", "metrics"),
        *("v1", "v1alpha1", "$discovery", "batch"),
    ]
)
"""What the paths of the service begin with: `v1` of `/v1/score`, nothing of `/`."""


def prefix_of(public_url: str) -> str:
    """The path under which a proxy shows the service, such as `/upstander`; empty for none.

    public_url: the setting. Raises UpstanderError if it is not an address.
    """
    try:
        parts = urlsplit(public_url)
        is_address = not public_url or (parts.scheme in _SCHEMES and bool(parts.hostname))
    except ValueError:
        is_address = False
    if not is_address:
        raise UpstanderError(
            f"--public-url {public_url}: give an address, such as https://example.org/upstander/"
        )
    return unquote(parts.path).rstrip("/")


def without_prefix(path: str, prefix: str) -> str:
    """A path without the prefix, if it has it and what remains may be a path of the service.

    A proxy may have taken the prefix off already.
    """
    rest = path[len(prefix) :]
    if prefix and path.startswith(f"{prefix}/") and rest.split("/")[1] in FIRST_PARTS:
        return rest
    return path


class Addressed:
    """ASGI middleware: takes a prefix off that a proxy left on, and answers HEAD as GET.

    uvicorn keeps the body of an answer to HEAD back, as it knows what was asked for.
    """

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        """prefix: as of `prefix_of`."""
        self._app = app
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request, perhaps under another address."""
        if scope["type"] == "http":
            path = without_prefix(scope["path"], self._prefix)
            is_head = scope["method"] == "HEAD"
            if is_head or path != scope["path"]:
                method = "GET" if is_head else scope["method"]
                scope = {**scope, "path": path, "raw_path": path.encode(), "method": method}
        await self._app(scope, receive, send)
