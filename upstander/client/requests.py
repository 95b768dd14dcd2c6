"""Building requests and parsing responses, for both clients."""

import json
import re
from collections.abc import AsyncIterable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, TypeVar

import httpx
from pydantic import BaseModel, TypeAdapter, ValidationError

from upstander.client.errors import InvalidResponse, Refused, Unsendable
from upstander.client.retries import seconds_of
from upstander.models.review_schemas import Outcome, ReasonCode
from upstander.models.schemas import BatchReply, ErrorReply, Reply

Answer = TypeVar("Answer", bound=BaseModel)

DEFAULT_URL: Final = "http://127.0.0.1:8000"


@dataclass(frozen=True, slots=True)
class Post:
    """A text to score.

    id: yours; it comes back with the answer. policy: id of the one to decide by. community_id:
    where the post stands; a policy may be for it. do_not_store: nothing of it is remembered.
    language: its tag, such as de or pt-BR; None to have it identified.
    """

    text: str
    id: str | None = None
    policy: str | None = None
    community_id: str | None = None
    do_not_store: bool = False
    language: str | None = None


AnyReply = Reply | ErrorReply
AnyPost = Post | str | Mapping[str, Any]
"""A Post, its text alone, or its fields by name."""
AnyPosts = Iterable[AnyPost] | AsyncIterable[AnyPost]

_LINE: Final[TypeAdapter[AnyReply]] = TypeAdapter(AnyReply)
_KEY: Final = re.compile("[!-~]+")
_LARGEST_PORT: Final = 65_535


def options_for(url: str, key: str | None, timeout: float) -> dict[str, Any]:
    """What a client of httpx is made with.

    Raises Unsendable if url is not an address, or no header can hold key.
    """
    headers = {"user-agent": "upstander-client"}
    if key is not None:
        headers["authorization"] = f"Bearer {_sendable(key)}"
    return {"base_url": _address(url), "headers": headers, "timeout": timeout}


def _address(url: str) -> httpx.URL:
    try:
        address = httpx.URL(url)
    except (httpx.InvalidURL, TypeError, UnicodeError):
        address = httpx.URL()
    has_place = address.host and (address.port or 0) <= _LARGEST_PORT
    if address.scheme not in ("http", "https") or not has_place:
        raise Unsendable(
            f"{url!a} is not an address: it begins with http:// or https://, and a host follows."
        )
    return address


def _sendable(key: str) -> str:
    """A key without the blanks and the line end that come along from a file."""
    bare = key.strip() if isinstance(key, str) else ""
    if not bare:
        raise Unsendable(
            "The key is empty: give the one that 'upstander keys create' printed, or None where "
            "the service asks for none."
        )
    if not _KEY.fullmatch(bare):
        raise Unsendable(
            "The key holds a character that no key has: copy it again from where it was made."
        )
    return bare


def several(posts: Iterable[AnyPost], at_a_time: int) -> None:
    """Raise Unsendable for what is not several posts: one text would be taken for its letters."""
    if isinstance(posts, str | bytes | Mapping | Post):
        raise Unsendable("This is one post: give it in a list, or call 'score'.")
    if not isinstance(posts, Iterable):
        raise Unsendable(
            f"Posts come in a list or an iterator, and not as {type(posts).__name__}; those that "
            "have to be awaited are for the stream of AsyncClient."
        )
    if at_a_time < 1:
        raise Unsendable(f"at_a_time is {at_a_time}, and must be at least 1.")


def fields_of(post: AnyPost) -> dict[str, Any]:
    """A post as JSON has it. Raises Unsendable if it is none."""
    if isinstance(post, str):
        post = Post(post)
    if isinstance(post, Post):
        post = {name: value for name, value in asdict(post).items() if value is not False}
    if not isinstance(post, Mapping):
        raise Unsendable(
            "A post is a text, a Post, or a dictionary with 'text', and one is of the type "
            f"{type(post).__name__}."
        )
    return {name: value for name, value in post.items() if value is not None}


def line_of(post: AnyPost) -> bytes:
    """A post as a line of a stream. Raises Unsendable."""
    return _json(fields_of(post)) + b"\n"


def body_of(value: Any) -> dict[str, Any]:
    """A JSON body and its type, as httpx takes them. Raises Unsendable."""
    return {"content": _json(value), "headers": {"content-type": "application/json"}}


def _json(value: Any) -> bytes:
    """JSON in ASCII: its escapes carry half an emoji, which UTF-8 cannot."""
    try:
        return json.dumps(value, allow_nan=False).encode("ascii")
    except (TypeError, ValueError, RecursionError):
        raise Unsendable(
            "A post holds what JSON has no word for: its fields are strings, numbers and booleans."
        ) from None


def review_of(
    decision_id: str,
    outcome: Outcome,
    reason: str | None,
    reason_code: ReasonCode | None,
    labels: dict[str, bool] | None,
    text: str | None,
    claimant: str | None,
) -> dict[str, Any]:
    """The body of a review."""
    body = {"decision_id": decision_id, "outcome": outcome}
    optional = {
        "reason": reason,
        "reason_code": reason_code,
        "labels": labels,
        "text": text,
        "claimant": claimant,
    }
    return body | {name: value for name, value in optional.items() if value is not None}


def claim_of(
    claimant: str, limit: int, first: Iterable[str], skip: Iterable[str], unsure: bool
) -> dict[str, Any]:
    """The body of a claim."""
    return {
        "claimant": claimant,
        "limit": limit,
        "first": [*first],
        "skip": [*skip],
        "unsure": unsure,
    }


def read(kind: type[Answer], response: httpx.Response) -> Answer:
    """What the service answered. Raises Refused and InvalidResponse."""
    if not response.is_success:
        raise refused(response)
    try:
        return kind.model_validate_json(response.content)
    except ValidationError as error:
        raise invalid_response(response.url) from error


def read_batch(response: httpx.Response, wanted: int) -> list[AnyReply]:
    """The replies to so many posts, in their order. Raises Refused and InvalidResponse."""
    results = read(BatchReply, response).results
    if len(results) != wanted:
        raise invalid_response(response.url)
    return list(results)


def read_line(line: bytes, url: httpx.URL) -> AnyReply:
    """A line of a stream. Raises InvalidResponse."""
    try:
        return _LINE.validate_json(line)
    except ValidationError as error:
        raise invalid_response(url) from error


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


def invalid_response(url: httpx.URL) -> InvalidResponse:
    """In words for people."""
    return InvalidResponse(
        f"What answers at {url} does not speak as Upstander does: is this its address, is a proxy "
        "in between, and are client and service of one version?"
    )
