"""Parsing a `multipart/mixed` body into calls, in time that is linear in its length."""

from dataclasses import dataclass
from email.message import Message
from typing import Final

from upstander.serving.api.perspective.errors import PayloadError
from upstander.serving.protocol import MAX_HEADER_BYTES

MAX_CALLS: Final = 100

_MAX_HEADERS: Final = 64
_NOT_A_CALL: Final = b"POST /v1alpha1/not-a-call HTTP/1.1"


@dataclass(frozen=True, slots=True)
class Call:
    """One part. content_id: as it came, None if it has none."""

    content_id: str | None
    method: str
    target: str
    headers: list[tuple[bytes, bytes]]
    body: bytes


def calls_of(media_type: str, body: bytes) -> list[Call]:
    """The calls of a body of this type. Raises PayloadError."""
    return [_call(part) for part in _parts(media_type, body)]


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
    _, *parts = (b"\n" + body).split(limit, MAX_CALLS + 2)
    ends = [place for place, part in enumerate(parts) if part.startswith(b"--")]
    if len(parts) > MAX_CALLS + 1:
        raise PayloadError(f"The batch has more than {MAX_CALLS} calls, the maximum.")
    if not ends:
        raise PayloadError("Failed to parse batch request: the body has no closing boundary.")
    return parts[: ends[0]]


def _call(part: bytes) -> Call:
    """The request that a part holds; what is none becomes one that is refused."""
    outer, payload = _split(part.lstrip())
    payload = payload.lstrip()
    end = payload.find(b"\n", 0, MAX_HEADER_BYTES)
    words = payload[: end if end >= 0 else MAX_HEADER_BYTES].split()
    rest = payload[end + 1 :] if end >= 0 else b""
    kinds = dict(outer)
    if len(words) != 3 or not kinds.get(b"content-type", b"").startswith(b"application/http"):
        words, rest = _NOT_A_CALL.split(), b""
    headers, body = _split(rest)
    content_id = kinds.get(b"content-id")
    return Call(
        None if content_id is None else content_id.decode("latin-1"),
        words[0].decode("latin-1"),
        words[1].decode("latin-1"),
        headers,
        body,
    )


def _split(block: bytes) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """Headers, their names in lower case, and what follows the empty line after them.

    Headers that do not end within `MAX_HEADER_BYTES` are none.
    """
    if block[:1] in (b"\n", b"\r"):
        return [], block
    ends = []
    for blank in (b"\n\n", b"\n\r\n"):
        place = block.find(blank, 0, MAX_HEADER_BYTES)
        if place >= 0:
            ends.append((place, place + len(blank)))
    if not ends and len(block) > MAX_HEADER_BYTES:
        return [], b""
    end, begin = min(ends, default=(len(block), len(block)))
    pairs = (line.partition(b":") for line in block[:end].splitlines()[:_MAX_HEADERS])
    found = [(name.strip().lower(), value.strip()) for name, colon, value in pairs if colon]
    return found, block[begin:]
