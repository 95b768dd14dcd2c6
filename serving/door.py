"""The door: who calls, whether they may, and how much they have left.

Without a file of keys the service is open, and says so in its log; it then listens on loopback
only, unless it is told otherwise (`serving/server.py`).
"""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Literal, TypeVar, cast
from urllib.parse import urlsplit

from limits import RateLimitItemPerDay, RateLimitItemPerMinute
from limits.aio.storage import Storage
from limits.aio.strategies import FixedWindowRateLimiter, SlidingWindowCounterRateLimiter
from limits.errors import ConfigurationError, StorageError
from limits.storage import storage_from_string
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from models.errors import UpstanderError
from serving.admission import Admission
from serving.errors import Forbidden, KeyMissing, RateLimited, ServiceError, Unauthorized
from serving.keys import Entry, KeyFileError, Keys, Role, read_keys
from serving.metrics import Metrics

log = logging.getLogger("upstander")

T = TypeVar("T")

_LOOKED_AGAIN: Final = 1.0
"""Seconds after which a changed file of keys is noticed at the latest."""

_STORE_SECONDS: Final = 0.25
"""For the store of counts to answer."""

_ASKED_AGAIN: Final = 1.0
"""Seconds for which it is left alone once it did not: nobody should wait for it again and again."""

_TOLD_AGAIN: Final = 10.0
"""Seconds between two log lines that say so."""


SCORING: Final = ("/v1/score", "/v1/moderations", "/v1alpha1/comments:", "/batch")
"""Paths, or what they begin with, where texts are scored or kept."""

_FOR_ANY_KEY: Final = ("/v1/key", "/v1/model", "/v1/model-card", "/v1/policies")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls. key: None where the service is open. headers: for the answer."""

    key: Entry | None
    headers: Mapping[str, str]

    @property
    def key_id(self) -> str | None:
        """The id of the key, which tells nothing of the key itself."""
        return None if self.key is None else self.key.id


_ANYBODY: Final = Caller(None, {})


class Door:
    """Knows the keys, and counts what each of them has used."""

    def __init__(self, path: Path | None, store: str, metrics: Metrics) -> None:
        """path: of the file of keys; None leaves the door open.

        store: where counts are kept, as `limits` writes it: `memory://`, `redis://HOST:PORT`.
            Raises UpstanderError if that is no such place.
        """
        self._path = path
        self._metrics = metrics
        self._keys = Keys(())
        self._stamp: tuple[int, int] | None = None
        self._looked = -math.inf
        self._lost = -math.inf
        self._told = -math.inf
        storage = _storage(store)
        self._rates = SlidingWindowCounterRateLimiter(storage)
        self._quotas = FixedWindowRateLimiter(storage)

    async def admit(self, scope: Scope, role: Role | Literal["any"]) -> Caller:
        """Who calls, and one request less for them.

        Raises Unauthorized, Forbidden for a key of another role, and RateLimited.
        """
        if self._path is None:
            if role in ("review", "admin"):
                raise Forbidden(f"This needs keys: 'upstander keys create NAME --{role}'.")
            return _ANYBODY
        key = key_of(Headers(scope=scope))
        if not key:
            raise self._refused(
                "unauthorized",
                KeyMissing(
                    "This service needs an API key: send it as 'Authorization: Bearer KEY'."
                ),
            )
        entry = self._current(self._path).find(key)
        if entry is None:
            raise self._refused(
                "unauthorized", Unauthorized("This API key is not known, or no longer.")
            )
        if role not in ("any", entry.role):
            raise self._refused(
                "forbidden",
                Forbidden(f"This needs a key with the role '{role}', and yours is for others."),
            )
        told: dict[str, str] = {}
        if entry.rate:
            told = await self._unless_lost(partial(self._spend, entry), told)
        return Caller(entry, told)

    def knows(self, key: str) -> bool:
        """Whether a key may call at all; nothing is counted."""
        return self._path is None or self._current(self._path).find(key) is not None

    async def charge(self, caller: Caller, posts: int) -> None:
        """Take posts off the day's quota of the caller. Raises RateLimited if it is used up."""
        if caller.key is not None and caller.key.quota:
            await self._unless_lost(partial(self._take, caller.key, posts), None)

    async def _spend(self, entry: Entry) -> dict[str, str]:
        """Take one request off a rate, and say in headers what is left of it."""
        item = RateLimitItemPerMinute(entry.rate)
        allowed = await self._rates.hit(item, entry.id)
        reset, left = await self._rates.get_window_stats(item, entry.id)
        seconds = max(0, math.ceil(reset - time.time()))
        if not allowed:
            raise self._refused(
                "rate",
                RateLimited(
                    f"This key may send {entry.rate:,} requests a minute: slow down.",
                    retry_after=max(1, seconds),
                    allowed=entry.rate,
                    per="minute",
                    left=left,
                ),
            )
        return {
            "RateLimit-Limit": str(entry.rate),
            "RateLimit-Remaining": str(left),
            "RateLimit-Reset": str(seconds),
        }

    async def _take(self, entry: Entry, posts: int) -> None:
        item = RateLimitItemPerDay(entry.quota)
        # Asked first: a refused request takes nothing off the quota. Whoever asks at the same time
        # may go over it by their requests in flight.
        if await self._quotas.test(item, entry.id, cost=posts):
            await self._quotas.hit(item, entry.id, cost=posts)
            return
        reset, left = await self._quotas.get_window_stats(item, entry.id)
        raise self._refused(
            "quota",
            RateLimited(
                f"The quota of {entry.quota:,} posts a day leaves {left:,}, and this "
                f"request has {posts:,}.",
                retry_after=max(1, math.ceil(reset - time.time())),
                allowed=entry.quota,
                per="day",
                left=left,
            ),
        )

    async def _unless_lost(self, count: Callable[[], Awaitable[T]], instead: T) -> T:
        """What counting gives; without the store of counts a key that is known may go on."""
        if time.monotonic() - self._lost > _ASKED_AGAIN:
            try:
                async with asyncio.timeout(_STORE_SECONDS):
                    return await count()
            except (StorageError, TimeoutError):
                self._lost = now = time.monotonic()
                if now - self._told > _TOLD_AGAIN:
                    self._told = now
                    log.error("the store of counts does not answer: requests go on uncounted")
        self._metrics.uncounted.inc()
        return instead

    def _refused(self, cause: str, error: ServiceError) -> ServiceError:
        self._metrics.refused.labels(cause=cause).inc()
        return error

    def _current(self, path: Path) -> Keys:
        """The keys as the file has them now; a file that went bad leaves those from before."""
        now = time.monotonic()
        if now - self._looked < _LOOKED_AGAIN:
            return self._keys
        self._looked = now
        try:
            status = path.stat()
            stamp = (status.st_mtime_ns, status.st_ino)
            if stamp != self._stamp:
                self._keys, self._stamp = read_keys(path), stamp
        except FileNotFoundError:
            self._keys, self._stamp = Keys(()), None
        except (KeyFileError, OSError) as error:
            log.error("the keys of before stay in force: %s", error)
        return self._keys


class AtTheDoor:
    """ASGI middleware: asks for a free permit and the key before anything of the body is read.

    The caller is left in the state of the request, and what they have left goes with every answer.
    """

    def __init__(
        self,
        app: ASGIApp,
        door: Door,
        admission: Admission,
        on_refusal: Callable[[ServiceError], ASGIApp],
    ) -> None:
        self._app = app
        self._door = door
        self._admission = admission
        self._on_refusal = on_refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        role = _role_for(scope["path"])
        try:
            if scope["path"].startswith(SCORING):  # a flood ends here, at its cheapest
                self._admission.refuse_if_full()
            caller = await self._door.admit(scope, role) if role else None
        except ServiceError as error:
            await self._on_refusal(error)(scope, receive, send)
            return
        if caller is None:
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})["caller"] = caller
        if not caller.headers:
            await self._app(scope, receive, send)
            return
        told = [(name.lower().encode(), value.encode()) for name, value in caller.headers.items()]

        async def with_limits(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *told]
            await send(message)

        await self._app(scope, receive, with_limits)


def _storage(store: str) -> Storage:
    options: dict[str, str | float | bool] = {"wrap_exceptions": True}
    if store.startswith("redis"):
        options |= {
            "implementation": "redispy",
            "socket_timeout": _STORE_SECONDS,
            "socket_connect_timeout": _STORE_SECONDS,
        }
    try:
        return cast("Storage", storage_from_string(f"async+{store}", **options))
    except ConfigurationError as error:
        raise UpstanderError(
            f"--limits-store {urlsplit(store).scheme}://: {error}; "
            "give memory:// or redis://HOST:PORT, which needs the package redis"
        ) from error


def _role_for(path: str) -> Role | Literal["any"] | None:
    """Whose key may ask for a path; None where none is needed."""
    if path in _FOR_ANY_KEY:
        return "any"
    if path.startswith("/v1/admin/"):
        return "admin"
    if path.startswith("/v1/reviews"):
        return "review"
    return "score" if path.startswith(("/v1/", "/v1alpha1/")) else None


def key_of(headers: Mapping[str, str]) -> str:
    """The key as a client sent it: a bearer token, or a header of its own.

    One in the query has become a header by now (`hide_key` in `serving/protocol.py`).
    """
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    return headers.get("x-api-key", "") or headers.get("x-goog-api-key", "")
