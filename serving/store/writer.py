"""Writing to the store: on a thread of its own, and many rows to a commit."""

import asyncio
import logging
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from serving.errors import ServiceError, StoreDown, StoreOff
from serving.metrics import Metrics
from serving.store.address import StoreError

if TYPE_CHECKING:
    from sqlalchemy import Engine

log = logging.getLogger("upstander")

T = TypeVar("T")

Values = Mapping[str, Any]
Seal = Callable[[Any, bytes], Values]
"""What was given, and the salt of the store, to column and value; called on the store's thread."""

First = tuple[str, Values]

_WAITING: Final = 4096
"""Rows that wait to be written; more are refused."""

_TOGETHER: Final = 512
"""Most rows to a commit."""

_GATHERED: Final = 0.25
"""Seconds for which rows are gathered while nobody waits for them: a commit costs as much for one
row as for a hundred."""

_TRIED_AGAIN: Final = 1.0
"""Seconds for which a store that could not be opened is left alone."""

_TOLD_AGAIN: Final = 10.0
"""Seconds between two log lines that say that rows are lost."""


@dataclass(frozen=True, slots=True)
class _Row:
    """first: table and row that it needs beside it, if they are not there.

    done: None where nobody waits.
    """

    table: str
    given: Any
    seal: Seal | None
    first: First | None
    done: "Future[None] | None"

    def is_wanted(self) -> bool:
        return self.done is None or self.done.set_running_or_notify_cancel()


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
        self._urgent = threading.Event()
        """Somebody waits for a row that waits."""
        self._salt = b""
        self._file: tuple[int, int] | None = None
        self._opening = threading.Lock()
        self._failed: tuple[float, StoreError] | None = None
        self._told = 0.0

    async def keep(
        self,
        table: str,
        given: Any,
        deadline: float,
        seal: Seal | None = None,
        first: First | None = None,
    ) -> None:
        """Return once a row is on the disk.

        table: its name. given: column to value, in whose strings a NUL becomes U+FFFD, because
            PostgreSQL takes none; or what `seal` makes that of, without any. deadline: in the time
            of the event loop.
        first: table and row that it needs beside it, written in the same transaction.

        Raises StoreOff, and StoreDown if the row is not kept, or not known to be.
        """
        done: Future[None] = Future()
        if not self._put(_Row(table, given, seal, first, done)):
            raise StoreDown("The store is behind: nothing was kept; retry in a second.")
        try:
            async with asyncio.timeout_at(deadline):
                await asyncio.wrap_future(done)  # cancelled, it is not written if it waits yet
        except TimeoutError:
            raise StoreDown(
                "The store did not answer in time: what was sent may be kept or not."
            ) from None

    def offer(
        self, table: str, given: Any, seal: Seal | None = None, first: First | None = None
    ) -> None:
        """Keep a row if that is possible, without waiting; one that is lost is counted.

        Raises StoreOff.
        """
        if not self._put(_Row(table, given, seal, first, None)):
            self._lost(table, 1, "the store is behind")

    async def ask(self, question: "Callable[[Engine], T]", deadline: float) -> T:
        """What the store says to a question, which is put on another thread.

        Raises StoreOff, StoreDown, and what the question raises of ServiceErrors.
        """
        if not self._store:
            raise StoreOff("This service keeps nothing: it was started without a store.")
        try:
            async with asyncio.timeout_at(deadline):
                return await asyncio.to_thread(lambda: question(self._opened()))
        except ServiceError:
            raise
        except Exception as error:
            # Not its message: that of a library can hold the text.
            log.error("the store did not answer a question: %s", type(error).__name__)
            raise StoreDown("The store does not answer: retry later.", retry_after=5) from None

    def close(self) -> None:
        """End the thread after the rows that wait."""
        if self._thread is not None:
            self._rows.put(None)
            self._urgent.set()
            self._thread.join(10)
        if self._engine is not None:
            self._engine.dispose()

    def _put(self, row: _Row) -> bool:
        if not self._store:
            raise StoreOff("This service keeps nothing: it was started without a store.")
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="store", daemon=True)
            self._thread.start()
        try:
            self._rows.put_nowait(row)
        except queue.Full:
            return False
        if row.done is not None:
            self._urgent.set()
        return True

    def _work(self) -> None:
        ended = False
        while not ended:
            rows, ended = self._take()
            rows = [row for row in rows if row.is_wanted()]
            if rows and not self._written(rows):
                # One row that the database refuses is not the fault of the others.
                for row in rows:
                    self._written([row])

    def _take(self) -> tuple[list[_Row], bool]:
        """The rows that wait, at least one, and whether they are the last."""
        row = self._rows.get()
        # Each row that wakes this thread would take a moment from those that score.
        if row is not None and row.done is None and self._rows.qsize() < _TOGETHER:
            self._urgent.wait(_GATHERED)
        self._urgent.clear()
        rows: list[_Row] = []
        while row is not None:
            rows.append(row)
            if len(rows) == _TOGETHER:
                return rows, False
            try:
                row = self._rows.get_nowait()
            except queue.Empty:
                return rows, False
        return rows, True

    def _opened(self) -> "Engine":
        with self._opening:
            return self._open()

    def _open(self) -> "Engine":
        from serving.store.database import file_of

        if self._engine is not None and file_of(self._engine) != self._file:
            log.error("the file of the store was removed or replaced: it is opened anew")
            self._engine.dispose()
            self._engine = None
        if self._engine is None:
            if self._failed is not None and time.monotonic() - self._failed[0] < _TRIED_AGAIN:
                raise self._failed[1]
            # Here, because it takes memory that a service that keeps nothing never needs.
            from serving.store.database import open_store, salt_of

            try:
                engine = open_store(self._store)
                self._salt = salt_of(engine)
            except StoreError as error:
                log.error("nothing is kept: %s", error)
                self._failed = time.monotonic(), error
                raise
            self._engine, self._file = engine, file_of(engine)
            log.info("the store is open")
        return self._engine

    def _written(self, rows: Sequence[_Row]) -> bool:
        """Write rows in one transaction and tell those who wait.

        False if the rows failed together, and one of them may be the reason. The thread outlives
        whatever happens here.
        """
        try:
            engine = self._opened()
            self._write(engine, rows)
        except StoreError as error:
            self._tell(rows, error)
            return True
        except Exception as error:
            from sqlalchemy.exc import InterfaceError, OperationalError

            from serving.store.database import cause_of

            if len(rows) > 1 and not isinstance(error, OperationalError | InterfaceError):
                return False
            self._tell(rows, error, cause_of(error))
            return True
        self._tell(rows, None)
        return True

    def _write(self, engine: "Engine", rows: Sequence[_Row]) -> None:
        from serving.store.database import insert_into

        by_table: dict[str, list[Values]] = defaultdict(list)
        firsts = {id(row.first[1]): row.first for row in rows if row.first is not None}
        for table, needed in firsts.values():
            by_table[table].append(needed)
        for row in rows:
            if row.seal is None:
                by_table[row.table].append(_without_nul(dict(row.given)))
            else:
                by_table[row.table].append(row.seal(row.given, self._salt))
        with engine.begin() as connection:
            for table, values_of in by_table.items():
                insert_into(connection, table, values_of)

    def _tell(self, rows: Sequence[_Row], error: Exception | None, cause: str = "") -> None:
        for row in rows:
            if error is None:
                self._metrics.kept.labels(table=row.table, result="kept").inc()
                if row.done is not None:
                    row.done.set_result(None)
            else:
                self._lost(row.table, 1, cause)
                if row.done is not None:
                    row.done.set_exception(
                        StoreDown("The store does not answer: nothing was kept.", retry_after=5)
                    )

    def _lost(self, table: str, rows: int, cause: str) -> None:
        self._metrics.kept.labels(table=table, result="failed").inc(rows)
        now = time.monotonic()
        if cause and now - self._told > _TOLD_AGAIN:
            self._told = now
            log.error("rows of %s are not kept: %s", table, cause)


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    if isinstance(value, list):
        return [_without_nul(item) for item in value]
    if isinstance(value, dict):
        return {name: _without_nul(item) for name, item in value.items()}
    return value
