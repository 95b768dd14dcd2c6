"""Admission: permits for the texts that wait or run, and none beyond. Nothing else queues.

A permit is worth up to `WINDOWS_A_PERMIT` windows of the model, so that a long text takes several:
what is admitted is work, not posts. Permits are shared fairly between keys (`shares.py`).
"""

import asyncio
import math
from collections import deque
from types import TracebackType
from typing import Final, Literal, Self

from upstander.serving.errors import NotReady, Overloaded
from upstander.serving.metrics import Metrics
from upstander.serving.shares import Shares

State = Literal["loading", "ready", "draining"]

WINDOWS_A_PERMIT: Final = 16

BYTES_A_PERMIT: Final = 2048
"""Bytes of UTF-8 that make so many windows of an English text, at 4 bytes a token."""


class Permit:
    """What one text holds while it waits and runs. Give it back once, or use it in a `with`."""

    def __init__(self, admission: "Admission", holder: str, units: int) -> None:
        self.holder = holder
        self.units = units
        self._admission = admission

    def weigh(self, windows: float) -> None:
        """Hold as much as a text of so many windows is worth, now that they are counted.

        windows: a run that costs more than others counts as several. Nothing is held again once it
        was given back: whoever waited may have gone.
        """
        if not self.units:
            return
        units = math.ceil(windows / WINDOWS_A_PERMIT)
        self._admission.change(self.holder, units - self.units)
        self.units = units

    def give_back(self) -> None:
        """Let others have it."""
        self._admission.change(self.holder, -self.units)
        self.units = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.give_back()


class Admission:
    """Who may come in: nobody while loading or draining, else whoever has room in its share.

    A holder is the id of a key, or "" where no keys are asked for. Used by the event loop alone.
    """

    def __init__(self, permits: int, threads: int, metrics: Metrics) -> None:
        self.state: State = "loading"
        self._shares = Shares(permits)
        self._threads = threads
        self._waiting: dict[str, deque[tuple[asyncio.Future[None], int]]] = {}
        self._seconds_a_permit = 0.005  # until measured
        self._metrics = metrics
        self._untold = 0
        """Permits that were given out and are not counted in the metrics yet."""
        metrics.looked_at(self._tell)

    @property
    def taken(self) -> int:
        """Permits that are held."""
        return self._shares.taken

    def measured(self, seconds: float, units: int) -> None:
        """Tell how long a text of so many permits kept threads busy, for `Retry-After`."""
        self._seconds_a_permit += 0.05 * (seconds / max(1, units) - self._seconds_a_permit)

    def refuse_if_closed(self) -> None:
        """Raise NotReady while loading or draining."""
        if self.state == "loading":
            raise NotReady("The model is still loading: retry in a second.", retry_after=1)
        if self.state == "draining":
            raise NotReady("The service is shutting down: send the request to another instance.", 1)

    def refuse_if_full(self, holder: str = "") -> None:
        """Raise NotReady while loading or draining, and Overloaded when a holder has its share."""
        self.refuse_if_closed()
        if not self._has_room(holder):
            self._metrics.refused.labels(cause="overloaded").inc()
            raise Overloaded(
                f"This client holds its whole share of permits, {self._shares.share_of(holder)} of "
                f"{self._shares.capacity}: retry after the time in Retry-After.",
                retry_after=self._seconds_to_drain(),
            )

    def permit(self, holder: str = "", size: int = 0) -> Permit:
        """A permit for one text. size: its bytes of UTF-8, by which its work is estimated.

        Raises NotReady while loading or draining, and Overloaded when the holder has its share:
        both before any work is done.
        """
        self.refuse_if_full(holder)
        units = _units(size)
        self.change(holder, units)
        return Permit(self, holder, units)

    async def wait_for_permit(self, holder: str = "", size: int = 0) -> Permit:
        """The same for one of many texts, which waits for it; those that wait come first."""
        units = _units(size)
        if self._has_room(holder):
            self.change(holder, units)
            return Permit(self, holder, units)
        granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(holder, deque()).append((granted, units))
        try:
            await granted
        except asyncio.CancelledError:
            if granted.done() and not granted.cancelled():
                self.change(holder, -units)
            raise
        return Permit(self, holder, units)

    def change(self, holder: str, units: int) -> None:
        """Count permits as taken, or as given back if there are fewer than 0 of them."""
        if units > 0:
            self._shares.take(holder, units)
            self._untold += units
        elif units < 0:
            self._shares.give_back(holder, -units)
            if self._waiting:
                self._grant()

    def _has_room(self, holder: str) -> bool:
        return holder not in self._waiting and self._shares.has_room(holder)

    def _grant(self) -> None:
        """Give permits to those who wait and have room now."""
        for holder, waiting in list(self._waiting.items()):
            while waiting and (waiting[0][0].done() or self._shares.has_room(holder)):
                granted, units = waiting.popleft()
                if not granted.done():
                    self._shares.take(holder, units)
                    self._untold += units
                    granted.set_result(None)
            if not waiting:
                del self._waiting[holder]

    def _tell(self) -> None:
        self._metrics.in_flight.set(self._shares.taken)
        untold, self._untold = self._untold, 0
        if untold:
            self._metrics.admitted.inc(untold)

    def _seconds_to_drain(self) -> int:
        """How long what is admitted takes at the measured rate, in whole seconds, at least one."""
        return max(1, math.ceil(self.taken * self._seconds_a_permit / self._threads))


def _units(size: int) -> int:
    return max(1, math.ceil(size / BYTES_A_PERMIT))
