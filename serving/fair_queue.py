"""A queue that serves its tenants in turn, however much each of them puts in."""

import heapq
import itertools
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

T = TypeVar("T")

_IDLE_TENANTS: Final = 64
"""Tenants without an item that are remembered before they are looked through."""


@dataclass(slots=True)
class _Tenant(Generic[T]):
    """items: with their costs, the oldest first. finish: virtual time at which it was served."""

    finish: float
    items: deque[tuple[T, float]] = field(default_factory=deque)


class FairQueue(Generic[T]):
    """Start-time fair queueing (Goyal, Vin and Cheng, 1996); within a tenant, first in first out.

    Virtual time is that at which the item served last was due; once nothing waits, that at which
    the last one is paid for. A tenant is due when its last item is paid for, or now if it was idle;
    the tenant that is due first is served next. So each gets the same work done while it has some,
    and one that comes after a pause waits for no more than one item of each of the others. Used by
    several threads.
    """

    def __init__(self) -> None:
        self._tenants: dict[str, _Tenant[T]] = {}
        self._due: list[tuple[float, int, str]] = []
        self._order = itertools.count()
        self._now = 0.0
        self._latest = 0.0
        """When the last of all items served is paid for."""
        self._size = 0
        self._is_closed = False
        self._ready = threading.Condition(threading.Lock())

    def put(self, item: T, tenant: str = "", cost: float = 1.0) -> None:
        """Add an item to the line of a tenant. cost: in the unit of all costs, over 0."""
        with self._ready:
            found = self._tenants.get(tenant)
            if found is None:
                self._forget_idle()
                found = self._tenants[tenant] = _Tenant(self._now)
            if not found.items:
                due = max(self._now, found.finish)
                heapq.heappush(self._due, (due, next(self._order), tenant))
            found.items.append((item, cost))
            self._size += 1
            self._ready.notify()

    def get(self) -> T | None:
        """The next item, once there is one; None once the queue is closed and empty."""
        with self._ready:
            while not self._due:
                if self._is_closed:
                    return None
                self._ready.wait()
            due, _, name = heapq.heappop(self._due)
            tenant = self._tenants[name]
            item, cost = tenant.items.popleft()
            tenant.finish = due + cost
            self._latest = max(self._latest, tenant.finish)
            if tenant.items:
                heapq.heappush(self._due, (tenant.finish, next(self._order), name))
            self._now = due if self._due else self._latest
            self._size -= 1
            return item

    def close(self) -> None:
        """Let `get` return None once nothing is left."""
        with self._ready:
            self._is_closed = True
            self._ready.notify_all()

    def waiting(self, tenant: str) -> int:
        """How many items of a tenant wait."""
        found = self._tenants.get(tenant)
        return 0 if found is None else len(found.items)

    def __len__(self) -> int:
        return self._size

    def _forget_idle(self) -> None:
        """Tenants that would be due now anyway; else there would be one for every key ever seen."""
        if len(self._tenants) - len(self._due) > _IDLE_TENANTS:
            for name, tenant in list(self._tenants.items()):
                if not tenant.items and tenant.finish <= self._now:
                    del self._tenants[name]
