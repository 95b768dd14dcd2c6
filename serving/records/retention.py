"""Purging records and suggestions after their retention period."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from upstander.serving.errors import ServiceError
from upstander.serving.store.writer import Writer

if TYPE_CHECKING:
    from sqlalchemy import Engine

log = logging.getLogger("upstander")

_EVERY: Final = 3600.0
"""Seconds between two purges."""

_MAX_MOVED: Final = 3600.0
"""Seconds by which a clock may be set right without anybody being asked."""

Purge = Callable[["Engine", datetime, Callable[[], bool]], int]


class Clock:
    """Tells whether the clock was moved since this process began, by more than it may be.

    A clock that jumps ahead would make everything old at once, and a purge cannot be undone.
    """

    def __init__(self) -> None:
        self._begun = time.time() - _steady()

    def moved(self) -> float:
        """Seconds by which it was moved; 0 if they are few."""
        seconds = time.time() - _steady() - self._begun
        return seconds if abs(seconds) > _MAX_MOVED else 0.0


def _steady() -> float:
    """Seconds that nobody sets; on Linux those of sleep count too, as they do for the clock."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


async def purge_again_and_again(
    store: Writer, record_days: int, suggestion_days: int, every: float = _EVERY
) -> None:
    """Delete what is older, once an hour, until cancelled. Days: 0 for never. every: in seconds."""
    clock = Clock()
    while True:
        if seconds := clock.moved():
            log.error(
                "the clock was moved by %+.0f s since the start: nothing is purged until the "
                "service is started again with a clock that is right",
                seconds,
            )
            await asyncio.sleep(every)
            continue
        if record_days:
            await purge_once(store, record_days)
        if suggestion_days:
            await purge_once(store, suggestion_days, "suggestions")
        await asyncio.sleep(every)


async def purge_once(store: Writer, days: int, what: str = "records") -> None:
    """Delete what is older than `days`; a store that is down is purged the next time.

    what: `records` or `suggestions`.
    """
    from upstander.serving.records.archive import purge, purge_suggestions

    work: Purge = purge if what == "records" else purge_suggestions
    before = datetime.now(UTC).replace(tzinfo=None) - timedelta(days=days)
    stopped = threading.Event()
    try:
        deadline = asyncio.get_running_loop().time() + _EVERY
        purged = await store.ask(
            lambda engine: work(engine, before, lambda: not stopped.is_set()), deadline
        )
    except asyncio.CancelledError:
        stopped.set()  # its thread ends with the piece in hand
        raise
    except ServiceError as error:
        log.error("%s older than %d days could not be deleted: %s", what, days, error)
    else:
        if purged:
            log.info("%d %s older than %d days were deleted", purged, what, days)
