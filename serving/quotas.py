"""Rates and quotas of API keys, counted in memory or in Redis."""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, TypeVar, cast
from urllib.parse import urlsplit

from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerMinute
from limits.aio.storage import Storage
from limits.aio.strategies import FixedWindowRateLimiter, SlidingWindowCounterRateLimiter
from limits.errors import ConfigurationError, StorageError
from limits.storage import storage_from_string

from upstander.models.errors import UpstanderError
from upstander.serving.errors import RateLimited
from upstander.serving.keys import Entry
from upstander.serving.metrics import Metrics

log = logging.getLogger("upstander")

T = TypeVar("T")

_STORE_SECONDS: Final = 0.25
"""For the store of counts to answer."""

_RETRY_INTERVAL: Final = 1.0
"""Seconds for which it is left alone once it did not: nobody should wait for it again and again."""

_LOG_INTERVAL: Final = 10.0
"""Seconds between two log lines that say so."""

_TOKENS: Final = "tokens"


class Quotas:
    """Counts requests a minute, posts a day and tokens a day, of the keys that have such limits."""

    def __init__(self, store: str, metrics: Metrics) -> None:
        """store: where counts are kept, as `limits` writes it: `memory://`, `redis://HOST:PORT`.

        Raises UpstanderError if that is no such place.
        """
        storage = _storage(store)
        self._rates = SlidingWindowCounterRateLimiter(storage)
        self._quotas = FixedWindowRateLimiter(storage)
        self._metrics = metrics
        self._lost = -math.inf
        self._logged = -math.inf

    async def take_request(self, entry: Entry) -> dict[str, str]:
        """Take one request off a rate, and say in headers what is left. Raises RateLimited."""
        if not entry.rate:
            return {}
        return await self._unless_lost(partial(self._take_request, entry), {})

    async def take_posts(self, entry: Entry, posts: int) -> None:
        """Take posts off the quota of the day.

        Raises RateLimited if fewer are left, or no token is.
        """
        if entry.tokens:
            await self._unless_lost(partial(self._refuse_without_tokens, entry), None)
        if entry.quota:
            await self._unless_lost(partial(self._take_posts, entry, posts), None)

    async def take_tokens(self, entry: Entry, tokens: int) -> None:
        """Take the tokens of a text off those of the day, now that they are counted.

        The last text of a day may take more than are left.
        """
        if entry.tokens and tokens:
            await self._unless_lost(partial(self._take_tokens, entry, tokens), None)

    async def _take_request(self, entry: Entry) -> dict[str, str]:
        item = RateLimitItemPerMinute(entry.rate)
        allowed = await self._rates.hit(item, entry.id)
        reset, left = await self._rates.get_window_stats(item, entry.id)
        seconds = max(0, math.ceil(reset - time.time()))
        if not allowed:
            self._metrics.refused.labels(cause="rate").inc()
            raise RateLimited(
                f"This key may send {entry.rate:,} requests a minute: slow down.",
                retry_after=max(1, seconds),
                allowed=entry.rate,
                per="minute",
                left=left,
            )
        return {
            "RateLimit-Limit": str(entry.rate),
            "RateLimit-Remaining": str(left),
            "RateLimit-Reset": str(seconds),
        }

    async def _take_posts(self, entry: Entry, posts: int) -> None:
        item = RateLimitItemPerDay(entry.quota)
        # Asked first: a refused request takes nothing off the quota. Whoever asks at the same time
        # may go over it by their requests in flight.
        if await self._quotas.test(item, entry.id, cost=posts):
            await self._quotas.hit(item, entry.id, cost=posts)
            return
        await self._refuse(
            item,
            (entry.id,),
            f"The quota of {entry.quota:,} posts a day leaves {{left:,}}, and this request has "
            f"{posts:,}.",
        )

    async def _refuse_without_tokens(self, entry: Entry) -> None:
        item = RateLimitItemPerDay(entry.tokens)
        if not await self._quotas.test(item, entry.id, _TOKENS):
            await self._refuse(
                item,
                (entry.id, _TOKENS),
                f"The {entry.tokens:,} tokens that this key has a day are used up.",
            )

    async def _take_tokens(self, entry: Entry, tokens: int) -> None:
        await self._quotas.hit(RateLimitItemPerDay(entry.tokens), entry.id, _TOKENS, cost=tokens)

    async def _refuse(self, item: RateLimitItem, place: tuple[str, ...], message: str) -> None:
        reset, left = await self._quotas.get_window_stats(item, *place)
        self._metrics.refused.labels(cause="quota").inc()
        raise RateLimited(
            message.format(left=left),
            retry_after=max(1, math.ceil(reset - time.time())),
            allowed=item.amount,
            per="day",
            left=left,
        )

    async def _unless_lost(self, count: Callable[[], Awaitable[T]], instead: T) -> T:
        """What counting gives; without the store of counts a key that is known may go on."""
        if time.monotonic() - self._lost > _RETRY_INTERVAL:
            try:
                async with asyncio.timeout(_STORE_SECONDS):
                    return await count()
            except (StorageError, TimeoutError):
                self._lost = now = time.monotonic()
                if now - self._logged > _LOG_INTERVAL:
                    self._logged = now
                    log.error("the limits store does not answer: requests are not counted")
        self._metrics.uncounted.inc()
        return instead


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
