"""Writing to the store on a background thread, in batches."""

import asyncio
import logging
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from upstander.serving.errors import ServiceError, StoreDown, StoreOff, StoreRefused
from upstander.serving.metrics import Metrics
from upstander.serving.store.address import StoreError
from upstander.serving.store.lazy import LazyStore
from upstander.serving.store.nul import without_nul

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

_LOG_INTERVAL: Final = 10.0
"""Seconds between two log lines that say that rows are lost."""

_PROBE: Final = "properties"
"""The table that is written to see whether rows can be kept; its rows count as none."""


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
    once and not for each. A row that the store does not take fails alone.
    """

    def __init__(self, store: str, metrics: Metrics, salt_file: Path | None = None) -> None:
        """store: as in the setting; empty keeps nothing. salt_file: as in the setting."""
        self._is_on = bool(store)
        self._store = LazyStore(store, salt_file)
        self._metrics = metrics
        self._rows: queue.Queue[_Row | None] = queue.Queue(_WAITING)
        self._thread: threading.Thread | None = None
        self._urgent = threading.Event()
        """Somebody waits for a row that waits."""
        self._logged = 0.0
        self.last_kept: float | None = None
        """When the store last kept a row, in monotonic seconds; None if it does not now."""

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

        Raises StoreOff, StoreDown if the row is not kept, or not known to be, and StoreRefused if
        the store takes other rows and not this one.
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

    async def probe(self, deadline: float) -> None:
        """Find out whether a decision can be recorded, with its salt, by keeping a row.

        Raises StoreOff and StoreDown.
        """
        row = {"name": "probe", "value": f"{time.time():.0f}".encode()}
        await self.keep(_PROBE, row, deadline, seal=lambda given, _: given)

    async def ask(self, question: "Callable[[Engine], T]", deadline: float) -> T:
        """What the store says to a question, which is put on another thread.

        Raises StoreOff, StoreDown, and what the question raises of ServiceErrors.
        """
        self._check_on()
        try:
            async with asyncio.timeout_at(deadline):
                return await asyncio.to_thread(lambda: question(self._store.engine()))
        except ServiceError:
            raise
        except Exception as error:
            # Not its message: that of a library can hold the text.
            log.error("the store did not answer a query: %s", type(error).__name__)
            raise StoreDown("The store does not answer: retry later.", retry_after=5) from None

    def salt(self) -> bytes:
        """The salt of the store's hashes. Raises StoreError."""
        return self._store.salt()

    def close(self) -> None:
        """End the thread after the rows that wait."""
        if self._thread is not None:
            self._rows.put(None)
            self._urgent.set()
            self._thread.join(10)
        self._store.close()

    def _check_on(self) -> None:
        if not self._is_on:
            raise StoreOff("This service stores nothing: it was started without a store.")

    def _put(self, row: _Row) -> bool:
        self._check_on()
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
            self._metrics.store_waiting.set(self._rows.qsize())
            rows = [row for row in rows if row.is_wanted()]
            sealed = [row for row in rows if row.seal is not None]
            if sealed and not self._has_salt(sealed):
                rows = [row for row in rows if row.seal is None]
            if rows:
                self._keep_all(rows)

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

    def _has_salt(self, sealed: Sequence[_Row]) -> bool:
        """Whether rows can be sealed; if not, they fail without those that need no salt."""
        try:
            self._store.salt()
        except Exception as error:
            self._fail(sealed, error, is_down=True)
            return False
        return True

    def _keep_all(self, rows: Sequence[_Row]) -> None:
        """Write rows in their order, together if that can be, and tell those who wait.

        Where one of them is refused, each half is written by itself, and so on down to that one.
        The thread outlives whatever happens here.
        """
        from upstander.serving.store.faults import is_down

        pieces = [rows]
        while pieces:
            piece = pieces.pop()
            try:
                self._write(piece)
            except Exception as error:
                if is_down(error):
                    lost = [row for other in (piece, *reversed(pieces)) for row in other]
                    self._fail(lost, error, is_down=True)
                    return
                middle = len(piece) // 2
                if middle:
                    pieces += [piece[middle:], piece[:middle]]
                else:
                    self._fail(piece, error, is_down=False)
            else:
                self._succeed(piece)

    def _write(self, rows: Sequence[_Row]) -> None:
        from upstander.serving.store.database import insert_into, try_insert

        engine = self._store.engine()
        salt = self._store.salt() if any(row.seal for row in rows) else b""
        by_table: dict[str, list[Values]] = defaultdict(list)
        firsts = {id(row.first[1]): row.first for row in rows if row.first is not None}
        for table, needed in firsts.values():
            by_table[table].append(needed)
        for row in rows:
            if row.seal is None:
                by_table[row.table].append(without_nul(dict(row.given)))
            else:
                by_table[row.table].append(row.seal(row.given, salt))
        with engine.begin() as connection:
            for table, values_of in by_table.items():
                insert_into(connection, table, values_of)
            if _PROBE in by_table:
                try_insert(connection, "decisions")

    def _succeed(self, rows: Sequence[_Row]) -> None:
        self.last_kept = time.monotonic()
        for row in rows:
            if row.table != _PROBE:
                self._metrics.kept.labels(table=row.table, result="kept").inc()
            if row.done is not None:
                row.done.set_result(None)

    def _fail(self, rows: Sequence[_Row], error: Exception, is_down: bool) -> None:
        from upstander.serving.store.faults import name_of

        if is_down:
            self.last_kept = None
        # A StoreError was logged where the store was opened.
        cause = "" if isinstance(error, StoreError) else name_of(error)
        for row in rows:
            self._lost(row.table, 1, cause)
            if row.done is not None:
                row.done.set_exception(
                    StoreDown("The store does not answer: nothing was kept.", retry_after=5)
                    if is_down
                    else StoreRefused(
                        "The store takes other posts and not this one: nothing of it was kept, and "
                        "it is of no use to send it again. The log has the reason."
                    )
                )

    def _lost(self, table: str, rows: int, cause: str) -> None:
        if table != _PROBE:
            self._metrics.kept.labels(table=table, result="failed").inc(rows)
        now = time.monotonic()
        if cause and now - self._logged > _LOG_INTERVAL:
            self._logged = now
            log.error("rows of %s were not stored: %s", table, cause)
