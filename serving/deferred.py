"""Metrics that are updated after the response is sent."""

from collections import deque
from collections.abc import Callable
from typing import Final

_MANY: Final = 16
"""Counts that wait from which on they should be made: they take as long as a few answers."""


class Deferred:
    """Counts that are made later, and before anybody looks.

    The dozen metrics of a text take a tenth of the time that the event loop has for it, and less
    when those of several texts are counted one after another. Used by several threads.
    """

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], None]] = deque()
        self._looked_at: list[Callable[[], None]] = []

    def later(self, count: Callable[[], None]) -> bool:
        """Count something soon. True if so much waits that it should be counted now."""
        self._waiting.append(count)
        return len(self._waiting) >= _MANY

    def looked_at(self, tell: Callable[[], None]) -> None:
        """Have something tell of itself whenever somebody looks, because it changes too often."""
        self._looked_at.append(tell)

    def catch_up(self) -> None:
        """Count what waits."""
        while True:
            try:
                count = self._waiting.popleft()
            except IndexError:  # another thread may have taken the last
                break
            count()
        for tell in self._looked_at:
            tell()
