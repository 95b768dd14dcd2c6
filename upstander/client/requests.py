"""What both clients send, and how they read what comes back."""

import json
from collections.abc import AsyncIterable, Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, TypeVar

import httpx
from pydantic import BaseModel, TypeAdapter, ValidationError

from upstander.client.errors import ClientError, Misunderstood, Refused, Unreachable
from upstander.client.retries import seconds_of
from upstander.replies import BatchReply, ErrorReply, Reply

Answer = TypeVar("Answer", bound=BaseModel)

DEFAULT_URL: Final = "http://127.0.0.1:8000"


@dataclass(frozen=True, slots=True)
class Post:
    """A text to score.

    id: yours; it comes back with the answer. policy: id of the one to decide by. community_id:
    where the post stands; a policy may be for it. do_not_store: nothing of it is remembered.
    """

    text: str
    id: str | None = None
    policy: str | None = None
    community_id: str | None = None
    do_not_store: bool = False


AnyReply = Reply | ErrorReply
AnyPosts = Iterable[Post | str] | AsyncIterable[Post | str]

_LINE: Final[TypeAdapter[AnyReply]] = TypeAdapter(AnyReply)


def options_for(url: str, key: str | None, timeout: float) -> dict[str, Any]:
    """What a client of httpx is made with. Raises ClientError if url is not an address."""
    if not url.startswith(("http://", "https://")):
        raise ClientError(f"{url} is not an address: it begins with http:// or https://.")
    headers = {"user-agent": "upstander-client"}
    if key is not None:
        headers["authorization"] = f"Bearer {key}"
    return {"base_url": url, "headers": headers, "timeout": timeout}


def fields_of(post: Post | str) -> dict[str, Any]:
    """A post, or a text alone, as JSON has it."""
    whole = Post(post) if isinstance(post, str) else post
    return {name: value for name, value in asdict(whole).items() if value not in (None, False)}


def line_of(post: Post | str) -> bytes:
    """A post as a line of a stream."""
    return json.dumps(fields_of(post)).encode() + b"\n"


def review_of(
    decision_id: str,
    outcome: Literal["upheld", "overturned"],
    reason: str,
    labels: dict[str, bool] | None,
    text: str | None,
) -> dict[str, Any]:
    """The body of a review."""
    body = {"decision_id": decision_id, "outcome": outcome, "reason": reason}
    optional = {"labels": labels, "text": text}
    return body | {name: value for name, value in optional.items() if value is not None}


def read(kind: type[Answer], response: httpx.Response) -> Answer:
    """What the service answered. Raises Refused and Misunderstood."""
    if not response.is_success:
        raise refused(response)
    try:
        return kind.model_validate_json(response.content)
    except ValidationError as error:
        raise misunderstood(response.url) from error


def read_batch(response: httpx.Response, wanted: int) -> list[AnyReply]:
    """The replies to so many posts, in their order. Raises Refused and Misunderstood."""
    results = read(BatchReply, response).results
    if len(results) != wanted:
        raise misunderstood(response.url)
    return list(results)


def read_line(line: str, url: httpx.URL) -> AnyReply:
    """A line of a stream. Raises Misunderstood."""
    try:
        return _LINE.validate_json(line)
    except ValidationError as error:
        raise misunderstood(url) from error


def is_end(reply: AnyReply) -> bool:
    """Whether a line says that the service is stopping, so that the rest is to be sent anew."""
    return isinstance(reply, ErrorReply) and reply.error.code in ("not_ready", "body_too_slow")


def refused(response: httpx.Response) -> Refused:
    """The refusal that a response is, whoever wrote it: a proxy has no code."""
    retry_after = seconds_of(response)
    try:
        problem = ErrorReply.model_validate_json(response.content).error
    except ValidationError:
        return Refused(
            f"It answered {response.status_code}: is {response.url} an address of the service?",
            response.status_code,
            "unknown",
            retry_after,
        )
    return Refused(problem.message, response.status_code, problem.code, retry_after)


def unreachable(error: httpx.RequestError, url: httpx.URL) -> Unreachable:
    """In words for people."""
    if isinstance(error, httpx.TimeoutException):
        return Unreachable(f"{url} did not answer in time: retry later, or allow a longer timeout.")
    return Unreachable(f"{url} cannot be reached: is the service running there?")


def misunderstood(url: httpx.URL) -> Misunderstood:
    """In words for people."""
    return Misunderstood(
        f"What answers at {url} does not speak as Upstander does: is this its address, is a proxy "
        "in between, and are client and service of one version?"
    )
