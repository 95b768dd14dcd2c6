"""Route declarations: role of the key, permits, streaming, and the form of errors."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from upstander.serving.addresses import without_prefix
from upstander.serving.errors import ServiceError, native_error
from upstander.serving.keys import Role

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

Dialect = Callable[[ServiceError], tuple[int, dict[str, Any]]]
"""Gives status and body of an error, in the form of an API."""

_DECLARED: Final = "__declared__"
"""Attribute of an endpoint, and key in the scope of a request."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a route says of itself.

    role: of the keys that may call it, or any; None if it needs no key.
    needs_permit: it scores or keeps texts, so that it is refused while no permit is free, before
        its body is read.
    streams: its body has no end, so that not its size is bounded but what is held of it.
    is_health: it is answered on a connection that is one too many, too.
    dialect: the form of its errors.
    """

    role: Role | Literal["any"] | None = None
    needs_permit: bool = False
    streams: bool = False
    is_health: bool = False
    dialect: Dialect = native_error


_PAGE: Final = Declaration()
"""Of what is no API: pages, and the files that they load."""


def declares(declaration: Declaration) -> Callable[[Endpoint], Endpoint]:
    """Decorator: what the route of an endpoint says of itself."""

    def mark(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, _DECLARED, declaration)
        return endpoint

    return mark


class Routes:
    """The declarations of all routes, by path."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        """Raises ValueError for a route of an API that declares nothing: anybody could call it."""
        self._by_path: dict[str, Declaration] = {}
        for route in routes:
            found = getattr(getattr(route, "endpoint", None), _DECLARED, None)
            path = getattr(route, "path", "")
            if found is None and isinstance(route, APIRoute):
                raise ValueError(f"{path}: use `declares` to say who may call it")
            if path and self._by_path.setdefault(path, found or _PAGE) != (found or _PAGE):
                raise ValueError(f"{path}: two routes of this path declare different things")
        self._by_first_part = {
            part: self._of_unknown(part) for part in map(_first_part, self._by_path)
        }

    @property
    def paths(self) -> frozenset[str]:
        """The paths of all routes."""
        return frozenset(self._by_path)

    def find(self, path: str) -> Declaration:
        """What the route of a path declares. A path of no route is refused as its neighbours are.

        So it tells what there is only to whoever holds some key, in the form of that API.
        """
        found = self._by_path.get(path)
        return found or self._by_first_part.get(_first_part(path), _PAGE)

    def _of_unknown(self, part: str) -> Declaration:
        near = [one for path, one in self._by_path.items() if _first_part(path) == part]
        dialects = [one.dialect for one in near]
        return Declaration(
            role="any" if any(one.role for one in near) else None,
            dialect=native_error if native_error in dialects else dialects[0],
        )


def declaration_of(scope: Scope) -> Declaration:
    """What the route of a request declares."""
    found: Declaration = scope[_DECLARED]
    return found


class RouteLookup:
    """ASGI middleware, the outermost: finds what the route of a request declares.

    It takes a prefix off that a proxy left on, and has HEAD answered as GET: uvicorn keeps the body
    of such an answer back, as it knows what was asked for.
    """

    def __init__(self, app: ASGIApp, routes: Routes, prefix: str) -> None:
        """prefix: as of `prefix_of`."""
        self._app = app
        self._routes = routes
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request, perhaps under another address."""
        if scope["type"] == "http":
            path = without_prefix(scope["path"], self._prefix) if self._prefix else scope["path"]
            is_head = scope["method"] == "HEAD"
            if is_head or path != scope["path"]:
                method = "GET" if is_head else scope["method"]
                scope = {**scope, "path": path, "raw_path": path.encode(), "method": method}
            scope[_DECLARED] = self._routes.find(path)
        await self._app(scope, receive, send)


def _first_part(path: str) -> str:
    """`v1` of `/v1/score`."""
    return path[1:].partition("/")[0]
