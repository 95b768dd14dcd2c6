"""Checks of a running service, through the proxy in front of it."""

import json
import ssl
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import Final

from upstander.doctor.finding import Finding, Findings, wrong

_SECONDS: Final = 10
_MAX_SKEW: Final = 5.0
"""Seconds by which the clock of another machine may differ."""


def look_at_service(url: str) -> Findings:
    """Everything that can be told from outside, without a key. url: the address of clients."""
    base = url.rstrip("/")
    if not base.startswith(("http://", "https://")):
        yield wrong("service", f"{url} is no address: give http://HOST:PORT or https://...")
        return
    own = uuid.uuid4().hex
    try:
        status, headers, body = _get(f"{base}/readyz", {"X-Request-ID": own})
    except (OSError, HTTPException, ssl.SSLError) as error:
        reason = getattr(error, "reason", error)
        yield wrong("service", f"{base} cannot be reached: {reason}")
        return
    message = _status_of(body)
    if status == 200 and message:
        yield Finding("ok", "service", f"{base} is ready")
    elif message:
        yield wrong("service", f"{base} is not ready: {message}")
    else:
        yield wrong("service", f"{base} answers {status}, and not as the service does: see a proxy")
        return
    yield from look_at_headers(base, headers, own, datetime.now(UTC))
    for path, meaning in (("/metrics", "counts"), ("/v1/admin/reload", "the admin routes")):
        reached, _, _ = _get(f"{base}{path}", {})
        if base.startswith("https://") and reached in (200, 401, 405):
            yield Finding("note", "proxy", f"{path} is reached from outside: {meaning}")


def look_at_headers(base: str, headers: Mapping[str, str], own: str, now: datetime) -> Findings:
    """What the answer says of the way that it came.

    headers: with names in small letters. own: the request id that was sent.
    """
    if headers.get("x-request-id") != own:
        yield Finding("note", "proxy", "it does not pass X-Request-ID on: logs cannot be joined")
    if base.startswith("https://") and "strict-transport-security" not in headers:
        yield Finding("note", "proxy", "it sends no Strict-Transport-Security")
    if date := headers.get("date"):
        skew = abs((now - parsedate_to_datetime(date)).total_seconds())
        if skew > _MAX_SKEW:
            message = f"that of {base} differs from this one by {skew:.0f} s: set both"
            yield Finding("wrong", "clock", message)


def _status_of(body: bytes) -> str:
    """What `/readyz` says; empty if it was not the service that answered."""
    try:
        status = json.loads(body)["status"]
    except (ValueError, KeyError, TypeError):
        return ""
    return str(status)


def _get(url: str, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
    request = urllib.request.Request(url, headers=dict(headers))  # noqa: S310 - http or https
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
            return answer.status, _lower(answer.headers), answer.read(65536)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, _lower(error.headers), error.read(65536)


def _lower(headers: Message) -> Mapping[str, str]:
    return {name.lower(): value for name, value in headers.items()}
