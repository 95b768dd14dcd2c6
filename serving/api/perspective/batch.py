"""`POST /batch`: several calls in one `multipart/mixed` body, each answered as if it came alone."""

import asyncio
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from http import HTTPStatus
from itertools import islice
from typing import Final
from urllib.parse import unquote, urlsplit

from fastapi import APIRouter, Request, Response
from starlette.datastructures import Headers
from starlette.types import Message as Event
from starlette.types import Scope

from serving.addresses import prefix_of, without_prefix
from serving.api.perspective.errors import REFUSALS, PayloadError
from serving.door import Door, key_of
from serving.errors import KeyMissing, Unauthorized
from serving.origins import SAID_BY_BROWSERS
from serving.protocol import hide_key, holds_key
from serving.service import service_of
from serving.waiting import until_gone

router = APIRouter(tags=["perspective"])

MOST_CALLS: Final = 100

_KEY: Final = re.compile(
    rb"(?i)(?:[?&]key=|\nx-(?:goog-)?api-key:\s*|\nauthorization:\s*bearer\s+)([^&\s]{1,256})"
)
_MOST_HEADERS: Final = 64
_SERVED: Final = "/v1alpha1/"
_NOT_A_CALL: Final = b"POST /v1alpha1/not-a-call HTTP/1.1"


@dataclass(frozen=True, slots=True)
class _Call:
    """One part. content_id: as it came, None if it has none."""

    content_id: str | None
    method: str
    target: str
    headers: list[tuple[bytes, bytes]]
    body: bytes


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
async def batch(request: Request) -> Response:
    """Answer several calls of the Perspective API. A bad one fails alone."""
    service = service_of(request)
    calls = await asyncio.to_thread(
        _admitted_calls, service.door, request.headers, await request.body()
    )
    # A few at a time: single posts that come in meanwhile take their turn between them.
    slots = asyncio.Semaphore(2 * service.settings.scoring_threads)

    async def answered(call: _Call) -> _Answer:
        async with slots:
            return await _answer(call, request)

    with until_gone(request):
        async with asyncio.TaskGroup() as tasks:
            begun = [tasks.create_task(answered(call)) for call in calls]
    boundary = f"batch_{os.urandom(16).hex()}"
    parts = [_part(boundary, call, task.result()) for call, task in zip(calls, begun, strict=True)]
    return Response(
        b"".join(parts) + f"--{boundary}--\r\n".encode(),
        media_type=f"multipart/mixed; boundary={boundary}",
    )


def _admitted_calls(door: Door, headers: Headers, body: bytes) -> list[_Call]:
    """The calls of a body. Raises PayloadError, and Unauthorized if nobody known sent any of them.

    Asked first: to take a body apart is work.
    """
    keys = {
        unquote(found[1].decode("latin-1")) for found in islice(_KEY.finditer(body), MOST_CALLS)
    }
    keys = {key for key in (*keys, key_of(headers)) if key}
    if not any(door.knows(key) for key in keys or {""}):
        if not keys:
            raise KeyMissing("No call of this batch has an API key.")
        raise Unauthorized("No call of this batch has an API key that is known.")
    return [_call(part) for part in _parts(headers.get("content-type", ""), body)]


def _parts(media_type: str, body: bytes) -> list[bytes]:
    """What stands between the boundaries. Raises PayloadError."""
    message = Message()
    message["content-type"] = " ".join(media_type.split())
    boundary = message.get_boundary()
    if message.get_content_type() != "multipart/mixed" or not boundary:
        raise PayloadError(
            "Failed to parse batch request: the body is not multipart/mixed with a boundary."
        )
    limit = b"\n--" + boundary.encode("latin-1", "replace")
    _, *parts = (b"\n" + body).split(limit, MOST_CALLS + 2)
    ends = [place for place, part in enumerate(parts) if part.startswith(b"--")]
    if len(parts) > MOST_CALLS + 1:
        raise PayloadError(f"The batch has more than {MOST_CALLS} calls, and no more are taken.")
    if not ends:
        raise PayloadError("Failed to parse batch request: the body has no closing boundary.")
    return parts[: ends[0]]


def _call(part: bytes) -> _Call:
    """The request that a part holds; what is none becomes one that is refused."""
    outer, payload = _split(part.lstrip())
    line, _, rest = payload.lstrip().partition(b"\n")
    words = line.split()
    kinds = dict(outer)
    if len(words) != 3 or not kinds.get(b"content-type", b"").startswith(b"application/http"):
        words, rest = _NOT_A_CALL.split(), b""
    headers, body = _split(rest)
    content_id = kinds.get(b"content-id")
    return _Call(
        None if content_id is None else content_id.decode("latin-1"),
        words[0].decode("latin-1"),
        words[1].decode("latin-1"),
        headers,
        body,
    )


def _split(block: bytes) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """Headers, their names in lower case, and what follows the empty line after them."""
    if block[:1] in (b"\n", b"\r"):
        return [], block
    head, *rest = re.split(rb"\r?\n\r?\n", block, maxsplit=1)
    pairs = (line.partition(b":") for line in head.splitlines()[:_MOST_HEADERS])
    found = [(name.strip().lower(), value.strip()) for name, colon, value in pairs if colon]
    return found, rest[0] if rest else b""


async def _answer(call: _Call, request: Request) -> _Answer:
    """What the whole application answers to one call, door and limits and all."""
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


def _scope(call: _Call, request: Request) -> Scope:
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


def _part(boundary: str, call: _Call, answer: _Answer) -> bytes:
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
