"""`POST /v1/score/stream`: JSON lines in, JSON lines out, in order and in constant memory."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Final

from fastapi import APIRouter, Request, Response
from pydantic import TypeAdapter
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from serving.api.score import outcome_of
from serving.api.wire import AnyPost, BadPost, Post, explain
from serving.door import Caller
from serving.errors import ServiceError
from serving.service import Service, caller_of, service_of
from upstander.replies import ErrorReply, Problem, Reply

router = APIRouter(prefix="/v1", tags=["score"])

MEDIA_TYPE: Final = "application/x-ndjson"
_OF: Final = "#/components/schemas/"

_POST: Final[TypeAdapter[Post | BadPost]] = TypeAdapter(AnyPost)
_ESCAPED: Final = 6
"""Bytes of JSON that one byte of a text may take."""
_AROUND: Final = 4096
"""Bytes of a line that are not its text."""


@router.post(
    "/score/stream",
    response_class=Response,
    responses={
        200: {
            "description": "A line for each post, in their order.",
            "content": {
                MEDIA_TYPE: {
                    "itemSchema": {
                        "anyOf": [{"$ref": _OF + name} for name in ("Reply", "ErrorReply")]
                    }
                }
            },
        }
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {MEDIA_TYPE: {"itemSchema": {"$ref": f"{_OF}Post"}}},
        }
    },
)
async def score_stream(request: Request) -> Response:
    """Score a post a line, for as long as lines come.

    Each line is answered by a line, in order: an answer as of `/v1/score`, or an error. Answers
    come while lines are still sent, so read them meanwhile: while nobody does, no line is taken.
    """
    return _Answers(request, service_of(request), caller_of(request))


class _Answers(Response):
    """Answers that are sent as they are found. One permit is held from the first to the last."""

    media_type = MEDIA_TYPE

    def __init__(self, request: Request, service: Service, caller: Caller) -> None:
        super().__init__()
        del self.headers["content-length"]
        self._chunks = request.stream()
        self._service = service
        self._caller = caller

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Raises Overloaded or NotReady before anything is sent."""
        service = self._service
        largest = _ESCAPED * service.settings.max_text_bytes + _AROUND

        async def answer(line: bytes) -> bytes:
            reply = await _answer(line, service, self._caller)
            return reply.model_dump_json(exclude_none=True).encode() + b"\n"

        with service.engine.admission.permit():
            chunks = await _asked_for(self._chunks)
            start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
            await send(start)
            lines = self._until_draining(lines_of(chunks, largest))
            try:
                async with aclosing(service.engine.in_order(lines, answer)) as answers:
                    async for found in answers:
                        body = b"".join(found)
                        await send({"type": "http.response.body", "body": body, "more_body": True})
            except ClientDisconnect:
                return
            except ServiceError as error:  # the body broke off: it came too slowly
                told = ErrorReply(error=Problem(code=error.code, message=str(error)))
                last = told.model_dump_json(exclude_none=True).encode() + b"\n"
                await send({"type": "http.response.body", "body": last, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _until_draining(self, lines: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """A stream has no end of its own, so what stops the service stops it."""
        async for line in lines:
            self._service.engine.admission.refuse_if_closed()
            yield line


async def _asked_for(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same chunks, the first of which is asked for: a client may wait for that to send it."""
    first = asyncio.ensure_future(anext(chunks, b""))
    await asyncio.sleep(0)

    async def all_of_them() -> AsyncIterator[bytes]:
        yield await first
        async for chunk in chunks:
            yield chunk

    return all_of_them()


async def _answer(line: bytes, service: Service, caller: Caller) -> Reply | ErrorReply:
    post = _read(line)
    deadline = asyncio.get_running_loop().time() + service.settings.request_timeout
    reply, _ = await outcome_of(post, service, deadline, caller, is_charged=False)
    return reply


def _read(line: bytes) -> Post | BadPost:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return BadPost(id=None, message=explain([{"type": "json_invalid"}]))
    return _POST.validate_python(value)


async def lines_of(chunks: AsyncIterator[bytes], largest: int) -> AsyncIterator[bytes]:
    """The lines of a body that arrives in pieces, without their ends; blank ones are left out.

    A line of over `largest` bytes is cut there, which no reader of JSON will take, and the rest of
    it is never held in memory.
    """
    held = b""
    is_cut = False
    async for chunk in chunks:
        *ended, rest = (held + chunk).split(b"\n")
        for line in ended:
            if not is_cut and line.strip():
                yield line[:largest]
            is_cut = False
        held = rest
        if len(held) > largest:
            if not is_cut:
                yield held[:largest]
            held, is_cut = b"", True
    if held.strip() and not is_cut:
        yield held
