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

from upstander.models.schemas import ErrorReply, Problem
from upstander.serving.admission import Permit
from upstander.serving.api.post_schemas import AnyPost, BadPost, Post, explain
from upstander.serving.api.score import json_of_error, outcome_of
from upstander.serving.auth import Caller
from upstander.serving.errors import BodyTooSlow, InvalidRequest, ServiceError
from upstander.serving.routes import Declaration, declares
from upstander.serving.service import Service, caller_of, service_of

router = APIRouter(prefix="/v1", tags=["score"])

MEDIA_TYPE: Final = "application/x-ndjson"
_OF: Final = "#/components/schemas/"

_POST: Final[TypeAdapter[Post | BadPost]] = TypeAdapter(AnyPost)
_ESCAPED: Final = 6
"""Bytes of JSON that one byte of a text may take."""
_AROUND: Final = 4096
"""Bytes of a line that are not its text."""
_MAX_BLANK: Final = 16
"""Blank lines in a row that are passed over: nothing counts them, so more are not taken."""


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
@declares(Declaration("score", needs_permit=True, streams=True))
async def score_stream(request: Request) -> Response:
    """Score a post a line, for as long as lines come.

    Each line is answered by a line, in order: an answer as of `/v1/score`, or an error. Answers
    come while lines are still sent, so read them meanwhile: while nobody does, no line is taken.
    A stream into which no post comes for `--idle-timeout` is ended.
    """
    return _Answers(request, service_of(request), caller_of(request))


class _Answers(Response):
    """Answers that are sent as they are found. Each post has a permit while it is on its way."""

    media_type = MEDIA_TYPE

    def __init__(self, request: Request, service: Service, caller: Caller) -> None:
        super().__init__()
        del self.headers["content-length"]
        self._chunks = request.stream()
        self._service = service
        self._caller = caller
        self._idle_timeout = service.settings.idle_timeout
        self._on_way = 0
        """Posts whose answers have not been sent."""
        self._patience: asyncio.Timeout | None = None
        """For the next post, while it is waited for."""

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Raises Overloaded or NotReady before anything is sent."""
        engine, holder = self._service.engine, self._caller.holder
        largest = _ESCAPED * self._service.settings.max_text_bytes + _AROUND
        engine.admission.refuse_if_closed()
        with engine.streams.opened(holder):
            chunks = await _asked_for(self._chunks)
            start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
            await send(start)
            lines = self._posts(lines_of(chunks, largest))
            try:
                found = engine.in_order(lines, self._answer, len, holder)
                async with aclosing(found) as answers:
                    async for group in answers:
                        body = b"".join(group)
                        await send({"type": "http.response.body", "body": body, "more_body": True})
                        self._sent(len(group))
            except ClientDisconnect:
                return
            except ServiceError as error:  # the body broke off: it came too slowly
                reply = ErrorReply(error=Problem(code=error.code, message=str(error)))
                last = json_of_error(reply) + b"\n"
                await send({"type": "http.response.body", "body": last, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _posts(self, lines: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The lines of posts, as they come.

        Raises BodyTooSlow if none comes for too long while none is on its way, and NotReady when
        the service stops: a stream has no end of its own.
        """
        loop = asyncio.get_running_loop()
        while True:
            ends = None if self._on_way else loop.time() + self._idle_timeout
            try:
                async with asyncio.timeout_at(ends) as self._patience:
                    line = await anext(lines)
            except StopAsyncIteration:
                return
            except TimeoutError:
                raise BodyTooSlow(
                    f"No post came for {self._idle_timeout:g} s: open a stream again when there is "
                    "one."
                ) from None
            finally:
                self._patience = None
            self._service.engine.admission.refuse_if_closed()
            self._on_way += 1
            yield line

    def _sent(self, answers: int) -> None:
        self._on_way -= answers
        if not self._on_way and self._patience is not None:
            now = asyncio.get_running_loop().time()
            self._patience.reschedule(now + self._idle_timeout)

    async def _answer(self, line: bytes, permit: Permit) -> bytes:
        service = self._service
        post = _read(line)
        deadline = asyncio.get_running_loop().time() + service.settings.request_timeout
        reply, _ = await outcome_of(post, service, deadline, self._caller, permit, is_charged=False)
        return reply + b"\n"


async def _asked_for(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same chunks, the first of which is asked for: a client may wait for that to send it."""
    first = asyncio.ensure_future(anext(chunks, b""))
    await asyncio.sleep(0)

    async def all_of_them() -> AsyncIterator[bytes]:
        yield await first
        async for chunk in chunks:
            yield chunk

    return all_of_them()


def _read(line: bytes) -> Post | BadPost:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return BadPost(id=None, message=explain([{"type": "json_invalid"}]))
    return _POST.validate_python(value)


async def lines_of(chunks: AsyncIterator[bytes], largest: int) -> AsyncIterator[bytes]:
    """The lines of a body that arrives in pieces, without their ends; blank ones are left out.

    A line of over `largest` bytes is cut there, which no reader of JSON will take, and the rest of
    it is never held in memory. Raises InvalidRequest for too many blank lines in a row.
    """
    held = b""
    is_cut = False
    blank = 0
    async for chunk in chunks:
        *ended, rest = (held + chunk).split(b"\n")
        for line in ended:
            if not is_cut and line.strip():
                blank = 0
                yield line[:largest]
            elif not is_cut:
                blank += 1
                if blank > _MAX_BLANK:
                    raise InvalidRequest(
                        f"Over {_MAX_BLANK} blank lines in a row: send a post in each line."
                    )
            is_cut = False
        held = rest
        if len(held) > largest:
            if not is_cut:
                yield held[:largest]
            held, is_cut = b"", True
    if held.strip() and not is_cut:
        yield held
