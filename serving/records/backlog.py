"""Metrics of the review backlog."""

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from upstander.serving.errors import ServiceError
from upstander.serving.metrics import Metrics
from upstander.serving.store.writer import Writer

if TYPE_CHECKING:
    from sqlalchemy import Engine

_EVERY: Final = 60.0
_SECONDS: Final = 10.0
"""For the store to answer; one that does not is asked again the next time."""


async def watch_backlog(store: Writer, metrics: Metrics) -> None:
    """Count what waits once a minute, until cancelled."""
    while True:
        try:
            deadline = asyncio.get_running_loop().time() + _SECONDS
            waiting, seconds = await store.ask(_backlog, deadline)
        except ServiceError:
            pass  # logged where it was asked
        else:
            metrics.reviews_waiting.set(waiting)
            metrics.reviews_oldest.set(seconds)
        await asyncio.sleep(_EVERY)


def _backlog(engine: "Engine") -> tuple[int, float]:
    """Decisions that wait, and the age of the oldest in seconds."""
    from sqlalchemy import func, select

    from upstander.serving.store.tables import DECISIONS

    wanted = select(func.count(), func.min(DECISIONS.c.decided)).where(
        DECISIONS.c.reviewed.is_(False), DECISIONS.c.band == "review"
    )
    with engine.connect().execution_options(reads_only=True) as connection:
        waiting, oldest = connection.execute(wanted).one()
    now = datetime.now(UTC).replace(tzinfo=None)
    return waiting, 0.0 if oldest is None else max(0.0, (now - oldest).total_seconds())
