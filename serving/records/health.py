"""Health check of the store, for services that must record every decision."""

import asyncio
import logging
import time
from collections.abc import Iterator
from typing import Final

from upstander.serving.errors import ServiceError
from upstander.serving.request_logging import log_fault
from upstander.serving.store.writer import Writer

log = logging.getLogger("upstander")

_TICK: Final = 0.5


class RecordsHealth:
    """Keeps a row where nothing else was kept lately.

    So a service that would refuse every post is not ready, before a post comes and while none does,
    and is ready again without one.
    """

    def __init__(self, store: Writer, interval: float) -> None:
        """interval: seconds between two rows, and for one to be kept."""
        self._store = store
        self._interval = interval

    def problems(self) -> Iterator[str]:
        """Why answers are refused, a line each."""
        if (seconds := self._silent()) is None:
            yield "no decision can be recorded"
        elif seconds > 2 * self._interval + _TICK:
            yield f"no decision could be recorded for {seconds:.0f} s"

    async def watch(self) -> None:
        """See to it that rows are kept, until cancelled."""
        while True:
            seconds = self._silent()
            if seconds is None or seconds >= self._interval:
                try:
                    await self._store.probe(asyncio.get_running_loop().time() + self._interval)
                except ServiceError:
                    pass  # the store's own thread logs the reason
                except Exception as error:
                    log.error("the check of the store failed")
                    log_fault(error)
            await asyncio.sleep(_TICK)

    def _silent(self) -> float | None:
        """Seconds since a row was kept; None if none is now."""
        last = self._store.last_kept
        return None if last is None else time.monotonic() - last
