"""Limits on open streams, shared between API keys."""

from collections.abc import Iterator
from contextlib import contextmanager

from upstander.serving.errors import Overloaded
from upstander.serving.metrics import Metrics
from upstander.serving.shares import Shares


class Streams:
    """Streams hold no permit while no post of theirs is on its way, so they are counted here."""

    def __init__(self, most: int, metrics: Metrics) -> None:
        """most: open at a time, shared fairly between keys."""
        self._shares = Shares(most)
        self._metrics = metrics

    @contextmanager
    def opened(self, holder: str) -> Iterator[None]:
        """Count a stream while the block runs. Raises Overloaded if its holder has its share."""
        if not self._shares.has_room(holder):
            self._metrics.refused.labels(cause="streams").inc()
            raise Overloaded(
                f"This client has {self._shares.held_by(holder):,} streams open, and at most "
                f"{self._shares.capacity:,} are allowed for all clients together (--max-streams): "
                "send more posts in one stream, or end one.",
                retry_after=1,
            )
        self._change(holder, 1)
        try:
            yield
        finally:
            self._change(holder, -1)

    def _change(self, holder: str, count: int) -> None:
        if count > 0:
            self._shares.take(holder, count)
        else:
            self._shares.give_back(holder, -count)
        self._metrics.streams.set(self._shares.taken)
