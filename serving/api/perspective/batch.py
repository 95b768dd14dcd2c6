"""`POST /batch`: several calls in one `multipart/mixed` body, each answered as if it came alone."""

import asyncio
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote, urlsplit

from fastapi import APIRouter, Request, Response
from starlette.types import Message as Event
from starlette.types import Scope

from upstander.serving.addresses import prefix_of, without_prefix
from upstander.serving.api.perspective.errors import REFUSALS, google_error
from upstander.serving.api.perspective.parts import Call, calls_of
from upstander.serving.auth import Auth, key_of
from upstander.serving.errors import KeyMissing, Unauthorized
from upstander.serving.limits import BODY, Held
from upstander.serving.origins import SAID_BY_BROWSERS
from upstander.serving.protocol import hide_key, holds_key
from upstander.serving.routes import Declaration, declares
from upstander.serving.service import cancel_on_disconnect, service_of

router = APIRouter(tags=["perspective"])

_KEY: Final = re.compile(
    rb"(?i)(?:[?&]key=|\nx-(?:goog-)?api-key:[ \t]*|\nauthorization:[ \t]*bearer[ \t]+)"
    rb"([^&\s]{1,256})"
)
_WITHIN: Final = 16 * 1024
"""Bytes of a body within which a key must stand, if none stands in the headers of the batch."""

_MAX_KEYS: Final = 16
_SERVED: Final = "/v1alpha1/"


@dataclass(slots=True)
class _Answer:
    """What the application sent for one call."""

    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""


@router.post(
    "/batch",
    response_class=Response,
    responses={
        200: {"content": {"multipart/mixed": {"schema": {"type": "string"}}}},
        **REFUSALS,
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"multipart/mixed": {"schema": {"type": "string"}}},
        }
    },
)
@declares(Declaration(needs_permit=True, dialect=google_error))
async def batch(request: Request) -> Response:
    """Answer several calls of the Perspective API. A bad one fails alone."""
    service = service_of(request)
    body = await _body_with_key(request, service.auth)
    calls = await asyncio.to_thread(calls_of, request.headers.get("content-type", ""), body)
    # A few at a time: single posts that come in meanwhile take their turn between them.
    slots = asyncio.Semaphore(2 * service.settings.scoring_threads)

    async def answered(call: Call) -> _Answer:
        async with slots:
            return await _answer(call, request)

    with cancel_on_disconnect(request):
        async with asyncio.TaskGroup() as tasks:
            begun = [tasks.create_task(answered(call)) for call in calls]
    boundary = f"batch_{os.urandom(16).hex()}"
    parts = [_part(boundary, call, task.result()) for call, task in zip(calls, begun, strict=True)]
    return Response(
        b"".join(parts) + f"--{boundary}--\r\n".encode(),
        media_type=f"multipart/mixed; boundary={boundary}",
    )


async def _body_with_key(request: Request, auth: Auth) -> bytes:
    """The body, of which no more is held than `_WITHIN` before a key is known.

    Clients of Google's put the key into each call and not into the request. Raises Unauthorized,
    and KeyMissing if there is no key at all.
    """
    holder = auth.holder_of(key_of(request.headers))
    held: Held = request.scope["state"][BODY]
    if holder is not None:
        held.belongs_to(holder)
    received = b""
    keys: list[str] = []
    chunks: list[bytes] = []
    async for chunk in request.stream():
        chunks.append(chunk)
        if holder is None:
            received += chunk
            keys = _keys_in(received[:_WITHIN])
            holder = next(filter(None, map(auth.holder_of, keys)), None)
            if holder is not None:
                held.belongs_to(holder)
            elif len(received) >= _WITHIN:
                break
    if holder is None:
        where = f"in the first {_WITHIN:,} bytes of this batch, nor in its headers"
        if not keys:
            raise KeyMissing(f"There is no API key {where}.")
        raise Unauthorized(f"There is no API key that is known {where}.")
    return b"".join(chunks)


def _keys_in(head: bytes) -> list[str]:
    found = dict.fromkeys(match[1] for match in _KEY.finditer(head))
    return [unquote(key.decode("latin-1")) for key in found][:_MAX_KEYS]


async def _answer(call: Call, request: Request) -> _Answer:
    """What the whole application answers to one call, with authentication and limits."""
    answer = _Answer()
    sent = False

    async def receive() -> Event:
        nonlocal sent
        if sent:
            return {"type": "http.disconnect"}
        sent = True
        return {"type": "http.request", "body": call.body, "more_body": False}

    async def send(event: Event) -> None:
        if event["type"] == "http.response.start":
            answer.status, answer.headers = event["status"], list(event["headers"])
        else:
            answer.body += event.get("body", b"")

    await request.app(_scope(call, request), receive, send)
    return answer


def _scope(call: Call, request: Request) -> Scope:
    try:
        target = urlsplit(call.target)
    except ValueError:
        target = urlsplit(_SERVED)
    prefix = prefix_of(service_of(request).settings.public_url)
    path = without_prefix(target.path, prefix)
    path = path if path.startswith(_SERVED) else _SERVED
    outer = request.scope
    headers = [header for header in call.headers if header[0] not in SAID_BY_BROWSERS]
    headers += [header for header in outer["headers"] if header[0] in SAID_BY_BROWSERS]
    query = hide_key(target.query.encode("latin-1", "replace"), headers)
    if not any(holds_key(*header) for header in headers):
        headers += [header for header in request.headers.raw if holds_key(*header)]
    return {
        "type": "http",
        "asgi": outer["asgi"],
        "http_version": "1.1",
        "method": call.method,
        "scheme": outer["scheme"],
        "path": path,
        "raw_path": path.encode("latin-1", "replace"),
        "root_path": outer.get("root_path", ""),
        "query_string": query,
        "headers": headers,
        "client": outer["client"],
        "server": outer["server"],
        "state": {},  # whoever hangs up ends the batch, and it its calls
    }


def _part(boundary: str, call: Call, answer: _Answer) -> bytes:
    def lines() -> Iterator[bytes]:
        yield f"--{boundary}".encode()
        yield b"Content-Type: application/http"
        if call.content_id is not None:
            own_id = " ".join(call.content_id.split()).strip("<>")
            yield f"Content-ID: <response-{own_id}>".encode("ascii", "replace")
        yield b""
        yield f"HTTP/1.1 {answer.status} {_phrase(answer.status)}".encode()
        yield from (name + b": " + value for name, value in answer.headers)
        yield b""
        yield answer.body
        yield b""

    return b"\r\n".join(lines())


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
