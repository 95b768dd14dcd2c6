"""Writing to the store: on a thread of its own, and many rows to a commit."""

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from serving.errors import StoreDown, StoreOff
from serving.metrics import Metrics
from serving.store.address import StoreError

if TYPE_CHECKING:
    from sqlalchemy import Engine

log = logging.getLogger("upstander")

_WAITING: Final = 1024
"""Rows that wait to be written; more are refused."""

_TOGETHER: Final = 256
"""Most rows to a commit."""

_TRIED_AGAIN: Final = 1.0
"""Seconds for which a store that could not be opened is left alone."""


@dataclass(frozen=True, slots=True)
class _Row:
    table: str
    values: Mapping[str, Any]
    done: "Future[None]"


class Writer:
    """Writes rows to one store, which is opened when the first comes.

    Rows that come while a commit is on its way share the next one, so the disk is waited for
    once and not for each.
    """

    def __init__(self, store: str, metrics: Metrics) -> None:
        """store: as in the setting; empty keeps nothing."""
        self._store = store
        self._metrics = metrics
        self._rows: queue.Queue[_Row | None] = queue.Queue(_WAITING)
        self._thread: threading.Thread | None = None
        self._engine: Engine | None = None
        self._failed: tuple[float, StoreError] | None = None

    async def keep(self, table: str, values: Mapping[str, Any], deadline: float) -> None:
        """Return once a row is on the disk.

        table: its name. values: column to value; a NUL in a string becomes U+FFFD, because
            PostgreSQL takes none. deadline: in the time of the event loop.

        Raises StoreOff, and StoreDown if the row is not kept, or not known to be.
        """
        if not self._store:
            raise StoreOff("This service keeps nothing: it was started without a store.")
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="store", daemon=True)
            self._thread.start()
        row = _Row(table, _without_nul(dict(values)), Future())
        try:
            self._rows.put_nowait(row)
        except queue.Full:
            raise StoreDown("The store is behind: nothing was kept; retry in a second.") from None
        try:
            async with asyncio.timeout_at(deadline):
                await asyncio.wrap_future(row.done)  # cancelled, it is not written if it waits yet
        except TimeoutError:
            raise StoreDown(
                "The store did not answer in time: retry; what comes twice is counted once."
            ) from None

    def close(self) -> None:
        """End the thread after the rows that wait."""
        if self._thread is not None:
            self._rows.put(None)
            self._thread.join(10)
        if self._engine is not None:
            self._engine.dispose()

    def _work(self) -> None:
        ended = False
        while not ended:
            rows, ended = self._take()
            rows = [row for row in rows if row.done.set_running_or_notify_cancel()]
            if rows and not self._written(rows):
                # One row that the database refuses is not the fault of the others.
                for row in rows:
                    self._written([row])

    def _take(self) -> tuple[list[_Row], bool]:
        """The rows that wait, at least one, and whether they are the last."""
        rows: list[_Row] = []
        take: Callable[[], _Row | None] = self._rows.get
        while len(rows) < _TOGETHER:
            try:
                row = take()
            except queue.Empty:
                break
            if row is None:
                return rows, True
            rows.append(row)
            take = partial(self._rows.get, block=False)
        return rows, False

    def _opened(self) -> "Engine":
        if self._engine is None:
            if self._failed is not None and time.monotonic() - self._failed[0] < _TRIED_AGAIN:
                raise self._failed[1]
            # Here, because it takes memory that a service that keeps nothing never needs.
            from serving.store.database import open_store

            try:
                self._engine = open_store(self._store)
                log.info("the store is open")
            except StoreError as error:
                log.error("nothing is kept: %s", error)
                self._failed = time.monotonic(), error
                raise
        return self._engine

    def _written(self, rows: Sequence[_Row]) -> bool:
        """Write rows in one transaction and tell those who wait; False if several failed together.

        The thread outlives whatever happens here.
        """
        try:
            engine = self._opened()
            from serving.store.tables import METADATA

            with engine.begin() as connection:
                for row in rows:
                    connection.execute(METADATA.tables[row.table].insert().values(row.values))
        except StoreError as error:
            self._tell(rows, error)
            return True
        except Exception as error:
            if len(rows) > 1:
                return False
            from serving.store.database import cause_of

            log.error("a row of %s was not kept: %s", rows[0].table, cause_of(error))
            self._tell(rows, error)
            return True
        self._tell(rows, None)
        return True

    def _tell(self, rows: Sequence[_Row], error: Exception | None) -> None:
        result = "kept" if error is None else "failed"
        for row in rows:
            self._metrics.kept.labels(table=row.table, result=result).inc()
            if error is None:
                row.done.set_result(None)
            else:
                row.done.set_exception(
                    StoreDown("The store does not answer: nothing was kept.", retry_after=5)
                )


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    if isinstance(value, list):
        return [_without_nul(item) for item in value]
    if isinstance(value, dict):
        return {name: _without_nul(item) for name, item in value.items()}
    return value
