"""The limit on the bytes that suggestions may take in the store."""

import time
from typing import TYPE_CHECKING, Final

from upstander.serving.errors import StoreFull
from upstander.serving.store.writer import Writer

if TYPE_CHECKING:
    from sqlalchemy import Engine

_REFRESH_INTERVAL: Final = 60.0
"""Seconds after which the store is asked again what they take: others write and purge, too."""


class SuggestionLimit:
    """The bytes that suggestions may still take."""

    def __init__(self, most: int, store: Writer) -> None:
        """most: bytes of all of them; 0 for any number."""
        self._most = most
        self._store = store
        self._taken = 0
        self._asked: float | None = None

    async def take(self, size: int, deadline: float) -> None:
        """Count a suggestion that is about to be kept. size: in bytes.

        deadline: in the time of the event loop. Raises StoreFull, StoreOff and StoreDown.
        """
        if not self._most:
            return
        now = time.monotonic()
        if self._asked is None or now - self._asked > _REFRESH_INTERVAL:
            self._taken = await self._store.ask(_taken, deadline)
            self._asked = now
        if self._taken + size > self._most:
            raise StoreFull(
                f"Suggestions may take {self._most:,} bytes in the store, and they do: whoever "
                "runs the service exports and purges them, or allows more "
                "(--max-suggestions-bytes)."
            )
        self._taken += size


def _taken(engine: "Engine") -> int:
    from upstander.serving.records.archive import bytes_of_suggestions

    return bytes_of_suggestions(engine)
