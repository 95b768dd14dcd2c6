"""`POST /batch`: several calls in one `multipart/mixed` body, each answered as if it came alone."""

import asyncio
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from http import HTTPStatus
from itertools import islice
from typing import Final
from urllib.parse import unquote, urlsplit

from fastapi import APIRouter, Request, Response
from starlette.types import Message as Event
from starlette.types import Scope

from serving.api.perspective.errors import REFUSALS, PayloadError
from serving.door import key_of
from serving.errors import Unauthorized
from serving.protocol import KEY_HEADERS, hide_key
from serving.service import service_of
from serving.waiting import ON_HANG_UP

router = APIRouter(tags=["perspective"])

MOST_CALLS: Final = 100

_KEY: Final = re.compile(
    rb"(?i)(?:[?&]key=|\nx-(?:goog-)?api-key:\s*|\nauthorization:\s*bearer\s+)([^&\s]{1,256})"
)
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
    body = await request.body()
    _refuse_strangers(request, body)
    calls = await asyncio.to_thread(_calls, request.headers.get("content-type", ""), body)
    # A few at a time: single posts that come in meanwhile take their turn between them.
    slots = asyncio.Semaphore(2 * service_of(request).settings.scoring_threads)

    async def answered(call: _Call) -> _Answer:
        async with slots:
            return await _answer(call, request)

    async with asyncio.TaskGroup() as tasks:
        begun = [tasks.create_task(answered(call)) for call in calls]
    boundary = f"batch_{os.urandom(16).hex()}"
    parts = [_part(boundary, call, task.result()) for call, task in zip(calls, begun, strict=True)]
    return Response(
        b"".join(parts) + f"--{boundary}--\r\n".encode(),
        media_type=f"multipart/mixed; boundary={boundary}",
    )


def _refuse_strangers(request: Request, body: bytes) -> None:
    """Raise Unauthorized unless some call has a key that is known: to take a body apart is work."""
    door = service_of(request).door
    keys = {unquote(found.decode("latin-1")) for found in islice(_keys_in(body), MOST_CALLS)}
    keys.add(key_of(request.headers, request.query_params))
    if not any(door.knows(key) for key in keys):
        raise Unauthorized("No call of this batch has an API key that is known.")


def _keys_in(body: bytes) -> Iterator[bytes]:
    return (match[1] for match in _KEY.finditer(body))


def _calls(media_type: str, body: bytes) -> list[_Call]:
    """The calls of a body. Raises PayloadError."""
    head = b"Content-Type: " + media_type.encode("latin-1") + b"\r\n\r\n"
    message = BytesParser().parsebytes(head + body)
    if message.get_content_type() != "multipart/mixed" or not message.is_multipart():
        raise PayloadError(
            "Failed to parse batch request: the body is not multipart/mixed with a boundary."
        )
    parts = message.get_payload()
    assert isinstance(parts, list)  # noqa: S101 - it is multipart
    if len(parts) > MOST_CALLS:
        raise PayloadError(f"The batch has {len(parts)} calls, and at most {MOST_CALLS} are taken.")
    return [_call(part) for part in parts if isinstance(part, Message)]


def _call(part: Message) -> _Call:
    """The request that a part holds; what is none becomes one that is refused."""
    payload = part.get_payload(decode=True)
    line, _, rest = (payload if isinstance(payload, bytes) else b"").lstrip().partition(b"\n")
    words = line.split()
    if len(words) != 3 or part.get_content_type() != "application/http":
        words, rest = _NOT_A_CALL.split(), b""
    inner = BytesParser().parsebytes(rest)
    body = inner.get_payload(decode=True)
    return _Call(
        part.get("content-id"),
        words[0].decode("latin-1"),
        words[1].decode("latin-1"),
        [
            (name.lower().encode("latin-1", "replace"), value.encode("latin-1", "replace"))
            for name, value in inner.items()
        ],
        body if isinstance(body, bytes) else b"",
    )


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
    target = urlsplit(call.target)
    path = target.path if target.path.startswith(_SERVED) else _SERVED
    headers = list(call.headers)
    query = hide_key(target.query.encode("latin-1", "replace"), headers)
    if not any(name in KEY_HEADERS for name, _ in headers):
        headers += [pair for pair in request.headers.raw if pair[0] in KEY_HEADERS]
    outer = request.scope
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
        "state": {ON_HANG_UP: outer["state"].setdefault(ON_HANG_UP, [])},
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
