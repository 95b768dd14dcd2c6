"""What both clients send, and how they read what comes back."""

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from typing import Any, Final

import httpx
from httpx_retries import Retry
from pydantic import TypeAdapter, ValidationError

from serving.api.wire import Batch, BatchReply, ErrorReply, Post, Reply
from upstander.client.errors import Refused, Unreachable

AnyReply = Reply | ErrorReply
AnyPosts = Iterable[Post | str] | AsyncIterable[Post | str]

DEFAULT_URL: Final = "http://127.0.0.1:8000"

_PIECE_BYTES: Final = 32_768
"""Of a stream that are sent before its answers are read: less than any socket holds, so that
neither side waits for the other for ever."""
_PIECE_LINES: Final = 64

_LINE: Final[TypeAdapter[AnyReply]] = TypeAdapter(AnyReply)


def retrying(retries: int) -> Retry:
    """Scoring may be repeated: it changes nothing. The service's own Retry-After is kept to."""
    return Retry(
        total=retries, allowed_methods=("GET", "POST"), backoff_factor=0.25, backoff_jitter=0.5
    )


def retrying_what_was_not_done(retries: int) -> Retry:
    """For what must not be done twice: only what surely never began is repeated."""
    return Retry(
        total=retries,
        allowed_methods=("GET", "POST"),
        status_forcelist=(429,),
        retry_on_exceptions=(httpx.ConnectError, httpx.ConnectTimeout),
        backoff_factor=0.25,
        backoff_jitter=0.5,
    )


def headers_for(key: str | None) -> dict[str, str]:
    """Headers of every request."""
    return {"user-agent": "upstander-client"} | (
        {"authorization": f"Bearer {key}"} if key is not None else {}
    )


def as_post(post: Post | str) -> Post:
    """A text alone is a post too."""
    return Post(text=post) if isinstance(post, str) else post


def body_of(post: Post) -> bytes:
    """A post as JSON."""
    return post.model_dump_json(exclude_defaults=True).encode()


def batch_of(posts: Iterable[Post | str]) -> bytes:
    """Posts as one request."""
    return (
        Batch(posts=[as_post(post) for post in posts])
        .model_dump_json(exclude_defaults=True)
        .encode()
    )


class Pieces:
    """Gathers posts as lines until there are as many as may be sent before an answer is read."""

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._size = 0

    def add(self, post: Post | str) -> list[bytes]:
        """Take a post in; the lines before it if it did not fit, else none."""
        line = body_of(as_post(post)) + b"\n"
        full: list[bytes] = []
        if self._lines and (
            self._size + len(line) > _PIECE_BYTES or len(self._lines) == _PIECE_LINES
        ):
            full = self.rest()
        self._lines.append(line)
        self._size += len(line)
        return full

    def rest(self) -> list[bytes]:
        """The lines that were gathered, which begins anew."""
        lines, self._lines, self._size = self._lines, [], 0
        return lines


def pieces(posts: Iterable[Post | str]) -> Iterator[list[bytes]]:
    """Posts as lines, a piece at a time."""
    gathered = Pieces()
    for post in posts:
        if piece := gathered.add(post):
            yield piece
    if piece := gathered.rest():
        yield piece


async def pieces_of(posts: AnyPosts) -> AsyncIterator[list[bytes]]:
    """The same of posts that may have to be awaited."""
    if isinstance(posts, Iterable):
        for piece in pieces(posts):
            yield piece
        return
    gathered = Pieces()
    async for post in posts:
        if piece := gathered.add(post):
            yield piece
    if piece := gathered.rest():
        yield piece


def read_reply(response: httpx.Response) -> Reply:
    """The reply to one post."""
    return Reply.model_validate_json(response.content)


def read_batch(response: httpx.Response) -> list[AnyReply]:
    """The replies to a batch, in its order."""
    return list(BatchReply.model_validate_json(response.content).results)


def read_line(line: str) -> AnyReply:
    """A line of a stream."""
    return _LINE.validate_json(line)


def refused(response: httpx.Response) -> Refused:
    """The refusal that a response is, whoever wrote it: a proxy has no code."""
    after = response.headers.get("retry-after", "")
    retry_after = int(after) if after.isdigit() else None
    try:
        problem = ErrorReply.model_validate_json(response.content).error
    except ValidationError:
        return Refused(
            f"It answered {response.status_code}: is this the address of the service?",
            response.status_code,
            "unknown",
            retry_after,
        )
    return Refused(problem.message, response.status_code, problem.code, retry_after)


def review_of(
    decision_id: str, outcome: str, reason: str, labels: dict[str, bool] | None, text: str | None
) -> dict[str, Any]:
    """The body of a review."""
    body: dict[str, Any] = {"decision_id": decision_id, "outcome": outcome, "reason": reason}
    if labels is not None:
        body["labels"] = labels
    if text is not None:
        body["text"] = text
    return body


def unreachable(error: httpx.TransportError, url: httpx.URL) -> Unreachable:
    """In words for people."""
    if isinstance(error, httpx.TimeoutException):
        return Unreachable(f"{url} did not answer in time: retry later, or allow a longer timeout.")
    return Unreachable(f"{url} cannot be reached: is the service running there?")


def is_end(reply: AnyReply) -> bool:
    """Whether a line says that the service is stopping, so that the rest is to be sent anew."""
    return isinstance(reply, ErrorReply) and reply.error.code in ("not_ready", "body_too_slow")
