"""Admission: a permit for every text that waits or runs, and none beyond. Nothing else queues."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from serving.errors import NotReady, Overloaded
from serving.metrics import Metrics

State = Literal["loading", "ready", "draining"]


class Admission:
    """Who may come in: nobody while loading or draining, else as many texts as there are permits.

    Used by the event loop alone, but for `measured`, which scoring threads call: a measurement that
    is lost now and then does no harm.
    """

    def __init__(self, permits: int, threads: int, metrics: Metrics) -> None:
        self.state: State = "loading"
        self._permits = permits
        self._threads = threads
        self._taken = 0
        self._seconds_per_text = 0.005  # until measured
        self._metrics = metrics

    @property
    def taken(self) -> int:
        """Permits that are held."""
        return self._taken

    def measured(self, seconds: float) -> None:
        """Tell how long a text kept a thread, for `Retry-After`."""
        self._seconds_per_text += 0.05 * (seconds - self._seconds_per_text)

    def refuse_if_closed(self) -> None:
        """Raise NotReady while loading or draining."""
        if self.state == "loading":
            raise NotReady("The model is still loading: retry in a second.", retry_after=1)
        if self.state == "draining":
            raise NotReady("The service is stopping: send the request to another one.", 1)

    def refuse_if_full(self) -> None:
        """Raise NotReady while loading or draining, and Overloaded when no permit is free."""
        self.refuse_if_closed()
        if self._taken >= self._permits:
            self._metrics.refused.labels(cause="overloaded").inc()
            raise Overloaded(
                f"All {self._permits} permits are taken: retry after the time in Retry-After.",
                retry_after=self._seconds_to_drain(),
            )

    @contextmanager
    def permit(self) -> Iterator[None]:
        """Hold a permit while the block runs.

        Raises NotReady while loading or draining, and Overloaded when no permit is free: both
        before any work is done.
        """
        self.refuse_if_full()
        self.take()
        try:
            yield
        finally:
            self.give_back()

    def take(self) -> bool:
        """Take a permit if one is free. Whoever gets one gives it back."""
        if self._taken >= self._permits:
            return False
        self._taken += 1
        self._metrics.admitted.inc()
        self._metrics.in_flight.set(self._taken)
        return True

    def give_back(self) -> None:
        """Return a permit."""
        self._taken -= 1
        self._metrics.in_flight.set(self._taken)

    def _seconds_to_drain(self) -> int:
        """How long the admitted texts take at the measured rate, in whole seconds, at least one."""
        return max(1, math.ceil(self._taken * self._seconds_per_text / self._threads))
