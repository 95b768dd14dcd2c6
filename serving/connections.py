"""Limits on open connections, and which of them are closed to make room."""

import asyncio
import logging
import math
import resource
import time
from typing import Any, Final, Protocol

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from upstander.serving.metrics import Metrics

log = logging.getLogger("upstander")

CONNECTIONS: Final = "connections"
"""In the state of the lifespan: the `Connections` of this process."""

HEALTH_ONLY: Final = "health_only"
"""In the state of a request: its connection is one too many, and may ask for health alone."""

ON_HANG_UP: Final = "on_hang_up"
"""In the state of a request: what is called when its connection ends."""

_RESERVE: Final = 16
"""Connections beyond the bound, for health checks."""

_OTHER_FILES: Final = 112
"""Files that a process may have open beside its connections: the store, logs, libraries."""

_MAX_CONNECTIONS: Final = 4096
_MIN_CONNECTIONS: Final = 16

_LOG_INTERVAL: Final = 10.0
"""Seconds between two log lines that say that there are too many."""


class Connection(Protocol):
    """What is asked of a connection."""

    def make_room(self) -> None:
        """End now; no request is on its way."""


class Connections:
    """Counts connections, and closes idle ones when there would be too many.

    An idle one has no request whose headers are complete and whose answer is not. Those on which
    nothing was ever answered go first, and of those alike the one that has been idle for longest.
    """

    def __init__(self, most: int, idle_timeout: float, metrics: Metrics) -> None:
        """most: open at a time. idle_timeout: seconds in which a client must take something."""
        self.most = most
        self.idle_timeout = idle_timeout
        self._open: set[Connection] = set()
        self._unused: dict[Connection, None] = {}
        self._used: dict[Connection, None] = {}
        self._metrics = metrics
        self._logged = -math.inf

    def opened(self, connection: Connection) -> bool:
        """Count a connection, which is idle. False if it is one too many, in the reserve."""
        if len(self._open) >= self.most:
            self._evict()
        has_room = len(self._open) < self.most
        self._open.add(connection)
        self._unused[connection] = None
        self._metrics.connections.set(len(self._open))
        if not has_room:
            self._tell("none is idle, and new ones may ask for health alone")
            if len(self._open) > self.most + _RESERVE:
                self._metrics.refused.labels(cause="connections").inc()
                connection.make_room()
        return has_room

    def closed(self, connection: Connection) -> None:
        """Count it no more."""
        self._open.discard(connection)
        self.busy(connection)
        self._metrics.connections.set(len(self._open))

    def busy(self, connection: Connection) -> None:
        """A request is on its way."""
        self._unused.pop(connection, None)
        self._used.pop(connection, None)

    def idle(self, connection: Connection) -> None:
        """The request was answered, and none follows so far."""
        if connection in self._open:
            self._used[connection] = None

    def _evict(self) -> None:
        """Close the idle connection that is missed least, if one is idle."""
        victim = next(iter(self._unused), None) or next(iter(self._used), None)
        if victim is not None:
            self._tell("idle ones are closed to make room")
            self._metrics.evicted.inc()
            self.closed(victim)
            victim.make_room()

    def _tell(self, what: str) -> None:
        now = time.monotonic()
        if now - self._logged > _LOG_INTERVAL:
            self._logged = now
            log.warning(
                "%d connections are open, the maximum (--max-connections): %s",
                self.most,
                what,
            )


def most_connections(wanted: int) -> int:
    """How many connections there may be. wanted: the setting, 0 to go by the limit of files."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = (
        _MAX_CONNECTIONS if files == resource.RLIM_INFINITY else files - _OTHER_FILES - _RESERVE
    )
    return max(_MIN_CONNECTIONS, min(wanted or _MAX_CONNECTIONS, allowed))


class CountedProtocol(HttpToolsProtocol):
    """A connection that is counted, and cut off once its client takes nothing for too long."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self._all: Connections = self.app_state[CONNECTIONS]
        self._has_room = True
        self._writing: asyncio.TimerHandle | None = None
        """Runs while something waits to be taken."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count it."""
        super().connection_made(transport)  # type: ignore[arg-type]
        self._has_room = self._all.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Count it no more."""
        self._all.closed(self)
        self._stop_watching()
        super().connection_lost(exc)

    def make_room(self) -> None:
        """End now; no request is on its way."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            self.transport.close()

    def hang_up(self) -> None:
        """End once the client has taken what was sent; if it does not, without that."""
        self.transport.close()
        self._watch()

    def on_headers_complete(self) -> None:
        """A request is on its way."""
        self._all.busy(self)
        self.scope["state"][HEALTH_ONLY] = not self._has_room
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """The request was answered."""
        super().on_response_complete()
        if not self._has_room or self.transport.is_closing():
            self.hang_up()
        elif self.cycle.response_complete:  # and none waits behind it
            self._all.idle(self)

    def timeout_keep_alive_handler(self) -> None:
        """Nothing came for long."""
        if not self.transport.is_closing():
            self.hang_up()

    def pause_writing(self) -> None:
        """The client takes less than is sent."""
        super().pause_writing()
        self._watch()

    def resume_writing(self) -> None:
        """The client took most of what was sent."""
        if not self.transport.is_closing():
            self._stop_watching()
        super().resume_writing()

    def _watch(self) -> None:
        self._stop_watching()
        left = self.transport.get_write_buffer_size()
        self._writing = self.loop.call_later(self._all.idle_timeout, self._look, left)

    def _look(self, before: int) -> None:
        if self.transport.get_write_buffer_size() >= before:
            log.debug("a client took nothing of its answer for %g s", self._all.idle_timeout)
            self.transport.abort()
        else:
            self._watch()

    def _stop_watching(self) -> None:
        if self._writing is not None:
            self._writing.cancel()
            self._writing = None
