"""The route of a post: what FastAPI describes, read in one step.

FastAPI solves dependencies, opens two stacks for their ends and validates a body that was parsed
before. None of that is needed where one JSON body comes in and one answer goes out, and it costs
the event loop a quarter of its time for a post (docs/decisions/0012-serving-at-the-limit.md).
"""

import json
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.types import Receive, Scope, Send


class BodyRoute(APIRoute):
    """A route `async def endpoint(body, request) -> Response`. The body is JSON.

    Append it to the routes of the application: an included router would take FastAPI's way.
    """

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        assert self.body_field is not None  # noqa: S101 - it is for bodies
        self._body: TypeAdapter[Any] = TypeAdapter(self.body_field.field_info.annotation or Any)
        self.app = self._answer

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, send)
        body = await request.body()
        response = await self.endpoint(
            self._read(request.headers.get("content-type"), body), request
        )
        await response(scope, receive, send)

    def _read(self, media_type: str | None, body: bytes) -> Any:
        """The body as the endpoint takes it. Raises RequestValidationError."""
        try:
            if not body or not _is_json(media_type):
                return self._body.validate_python(None)
            try:
                return self._body.validate_json(body)
            except ValidationError as error:
                if error.errors(include_input=False)[0]["type"] != "json_invalid":
                    raise
                # Lone surrogates are no JSON to pydantic, and are repaired by the wire's own types.
                return self._body.validate_python(_loaded(body, error))
        except ValidationError as error:
            raise RequestValidationError(error.errors(include_input=False)) from None


def _loaded(body: bytes, error: ValidationError) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise error from None


def _is_json(media_type: str | None) -> bool:
    """Whether a content type is `application/json` or `application/...+json`."""
    kind = (media_type or "").partition(";")[0].strip().lower()
    return kind == "application/json" or (
        kind.startswith("application/") and kind.endswith("+json")
    )
