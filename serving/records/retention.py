"""Records are kept as long as the settings say, and no longer."""

import asyncio
import logging
import threading
from datetime import UTC, datetime, timedelta
from typing import Final

from serving.errors import ServiceError
from serving.store.writer import Writer

log = logging.getLogger("upstander")

_EVERY: Final = 3600.0
"""Seconds between two purges."""


async def purge_again_and_again(store: Writer, days: int) -> None:
    """Delete what is older than `days`, once an hour, until cancelled."""
    while True:
        await purge_once(store, days)
        await asyncio.sleep(_EVERY)


async def purge_once(store: Writer, days: int) -> None:
    """Delete what is older than `days`; a store that is down is purged the next time."""
    from serving.records.archive import purge

    before = datetime.now(UTC).replace(tzinfo=None) - timedelta(days=days)
    stopped = threading.Event()
    try:
        deadline = asyncio.get_running_loop().time() + _EVERY
        purged = await store.ask(
            lambda engine: purge(engine, before, lambda: not stopped.is_set()), deadline
        )
    except asyncio.CancelledError:
        stopped.set()  # its thread ends with the piece in hand
        raise
    except ServiceError as error:
        log.error("records of over %d days are not purged: %s", days, error)
    else:
        if purged:
            log.info("%d records of over %d days are gone", purged, days)
