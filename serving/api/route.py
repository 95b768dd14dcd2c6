"""The route class for JSON bodies: FastAPI describes it, and pydantic reads it in one step.

FastAPI looks through its routes, solves dependencies, opens three stacks for their ends and
validates a body that was parsed before. None of that is needed where one JSON body comes in and one
answer goes out, and it costs the event loop half of its time for a post
(docs/decisions/0012-serving-at-the-limit.md).
"""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from fastapi.routing import APIRoute
from pydantic import TypeAdapter, ValidationError
from pydantic_core import InitErrorDetails
from starlette.requests import ClientDisconnect, Request
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from upstander.serving.api.json_body import LARGE, json_of
from upstander.serving.api.post_schemas import explain, repair
from upstander.serving.errors import InvalidRequest, ServiceError
from upstander.serving.refusal import Refusal


class BodyRoute(APIRoute):
    """A route `async def endpoint(body, request) -> Response`. The body is JSON.

    Append it to the routes of the application: an included router would take FastAPI's way.
    """

    needs_media_type = True
    """Whether a body that is not said to be JSON counts as none."""

    without_body: Any = None
    """What is read instead of no body."""

    def refusal(self, error: ValidationError) -> ServiceError:
        """What a body that does not fit is answered with."""
        return InvalidRequest(explain(error.errors(include_input=False)))

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        assert self.body_field is not None  # noqa: S101 - it is for bodies
        self._body: TypeAdapter[Any] = TypeAdapter(self.body_field.field_info.annotation or Any)
        self.app = self._answer

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, send)
        body = await _body_from(receive)
        media_type = request.headers.get("content-type")
        if len(body) < LARGE:
            asked = self._read(media_type, body)
        else:
            asked = await asyncio.to_thread(self._read, media_type, body)
        response = await self.endpoint(asked, request)
        await response(scope, receive, send)

    def _read(self, media_type: str | None, body: bytes) -> Any:
        """The body as the endpoint takes it. Raises InvalidRequest."""
        try:
            if not body or (self.needs_media_type and not _is_json(media_type)):
                return self._body.validate_python(self.without_body)
            if len(body) >= LARGE:
                return self._body.validate_python(_large(body))
            try:
                return self._body.validate_json(body)
            except ValidationError as error:
                if error.errors(include_input=False)[0]["type"] != "json_invalid":
                    raise
                # Lone surrogates are no JSON to pydantic.
                return self._body.validate_json(_repaired(body, error))
        except ValidationError as error:
            raise self.refusal(error) from None


class Shortcut:
    """ASGI middleware: goes straight to a BodyRoute, and past all that FastAPI does on the way."""

    def __init__(self, app: ASGIApp, routes: Sequence[BaseRoute]) -> None:
        self._app = app
        self._routes = {
            route.path: route
            for route in routes
            if isinstance(route, BodyRoute) and route.methods == {"POST"}
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a post, or pass the request on."""
        route = None
        if scope["type"] == "http" and scope["method"] == "POST":
            route = self._routes.get(scope["path"])
        if route is None:
            await self._app(scope, receive, send)
            return
        scope["route"] = route
        try:
            await route.app(scope, receive, send)
        except ServiceError as error:
            await Refusal(error)(scope, receive, send)


async def _body_from(receive: Receive) -> bytes:
    """The body of a request, which mostly comes in one piece. Raises ClientDisconnect."""
    pieces: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        pieces.append(message.get("body", b""))
        if not message.get("more_body", False):
            return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _large(body: bytes) -> Any:
    """The value of a large body. Raises ValidationError if it is not JSON."""
    try:
        return json_of(body)
    except (ValueError, RecursionError):
        invalid = InitErrorDetails(
            type="json_invalid", input=None, ctx={"error": "it cannot be read"}
        )
        raise ValidationError.from_exception_data("body", [invalid]) from None


def _repaired(body: bytes, error: ValidationError) -> str:
    """The same JSON without lone surrogates. Raises `error` if it is none."""
    try:
        repaired: str = repair(json.dumps(json.loads(body), ensure_ascii=False))
        return repaired
    except (ValueError, RecursionError):
        raise error from None


def _is_json(media_type: str | None) -> bool:
    """Whether a content type is `application/json` or `application/...+json`."""
    kind = (media_type or "").partition(";")[0].strip().lower()
    return kind == "application/json" or (
        kind.startswith("application/") and kind.endswith("+json")
    )
