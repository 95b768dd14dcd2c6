"""A queue that serves its tenants in turn, however much each of them puts in."""

import heapq
import itertools
import math
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

T = TypeVar("T")

_IDLE_TENANTS: Final = 64
"""Tenants without an item that are remembered before they are looked through."""

_LATELY: Final = 1.0
"""Seconds for which a short item of somebody keeps long ones of others from the reserved taker."""

_LOOK_AGAIN: Final = 0.25
"""Seconds after which the reserved taker looks whether that is over."""


@dataclass(frozen=True, slots=True)
class _Item(Generic[T]):
    value: T
    cost: float
    is_long: bool


@dataclass(slots=True)
class _Tenant(Generic[T]):
    """items: the oldest first. finish: virtual time at which it was served."""

    finish: float
    items: deque[_Item[T]] = field(default_factory=deque)


class FairQueue(Generic[T]):
    """Start-time fair queueing (Goyal, Vin and Cheng, 1996); within a tenant, first in first out.

    Virtual time is that at which the item served last was due; once nothing waits, that at which
    the last one is paid for. A tenant is due when its last item is paid for, or now if it was idle;
    the tenant that is due first is served next. So each gets the same work done while it has some,
    and one that comes after a pause waits for no more than one item of each of the others.

    One of those who take items may be reserved: it leaves long items alone while tenants other than
    theirs put short ones in. What is taken cannot be interrupted, and so a short item would wait
    where everybody has a long one in hand. Used by several threads.
    """

    def __init__(self) -> None:
        self._tenants: dict[str, _Tenant[T]] = {}
        self._due: list[tuple[float, int, str]] = []
        self._order = itertools.count()
        self._now = 0.0
        self._latest = 0.0
        """When the last of all items served is paid for."""
        self._short: tuple[str, float] = "", -math.inf
        """Who put a short item in last, and when; and who else did before that."""
        self._short_before: tuple[str, float] = "", -math.inf
        self._size = 0
        self._is_closed = False
        lock = threading.Lock()
        self._ready = threading.Condition(lock)
        self._idle = 0
        """Takers that wait and have not been told of an item, but for the reserved one."""
        self._reserved = threading.Condition(lock)
        self._sleeps = False
        """Whether the reserved one waits until it is told."""

    def put(self, item: T, tenant: str = "", cost: float = 1.0, is_long: bool = False) -> None:
        """Add an item to the line of a tenant. cost: in the unit of all costs, over 0."""
        with self._ready:
            found = self._tenants.get(tenant)
            if found is None:
                self._forget_idle()
                found = self._tenants[tenant] = _Tenant(self._now)
            if not found.items:
                due = max(self._now, found.finish)
                heapq.heappush(self._due, (due, next(self._order), tenant))
            found.items.append(_Item(item, cost, is_long))
            self._size += 1
            if not is_long:
                if tenant != self._short[0]:
                    self._short_before = self._short
                self._short = tenant, time.monotonic()
            if self._idle:
                self._idle -= 1
                self._ready.notify()
            elif self._sleeps or not is_long:
                self._sleeps = False
                self._reserved.notify()

    def get(self, is_reserved: bool = False) -> T | None:
        """The next item, once there is one; None once the queue is closed and empty.

        is_reserved: for one taker at most.
        """
        with self._ready:
            while (found := self._take(is_reserved)) is None:
                if self._is_closed:
                    return None
                if is_reserved:
                    self._sleeps = not self._due
                    self._reserved.wait(None if self._sleeps else _LOOK_AGAIN)
                else:
                    self._idle += 1
                    self._ready.wait()
            return found.value

    def close(self) -> None:
        """Let `get` return None once nothing is left."""
        with self._ready:
            self._is_closed = True
            self._idle = 0
            self._ready.notify_all()
            self._reserved.notify_all()

    def waiting(self, tenant: str) -> int:
        """How many items of a tenant wait."""
        found = self._tenants.get(tenant)
        return 0 if found is None else len(found.items)

    def __len__(self) -> int:
        return self._size

    def _take(self, is_reserved: bool) -> _Item[T] | None:
        passed = []
        chosen = None
        while self._due and chosen is None:
            entry = heapq.heappop(self._due)
            if is_reserved and self._is_left_alone(entry[2]):
                passed.append(entry)
            else:
                chosen = entry
        for entry in passed:
            heapq.heappush(self._due, entry)
        if chosen is None:
            return None
        due, _, name = chosen
        tenant = self._tenants[name]
        item = tenant.items.popleft()
        tenant.finish = due + item.cost
        self._latest = max(self._latest, tenant.finish)
        if tenant.items:
            heapq.heappush(self._due, (tenant.finish, next(self._order), name))
        self._now = max(self._now, due) if self._due else self._latest
        self._size -= 1
        return item

    def _is_left_alone(self, name: str) -> bool:
        """Whether the next item of a tenant is not for the reserved taker now."""
        if self._is_closed or not self._tenants[name].items[0].is_long:
            return False
        _, when = self._short_before if self._short[0] == name else self._short
        return time.monotonic() - when < _LATELY

    def _forget_idle(self) -> None:
        """Tenants that would be due now anyway; else there would be one for every key ever seen."""
        if len(self._tenants) - len(self._due) > _IDLE_TENANTS:
            for name, tenant in list(self._tenants.items()):
                if not tenant.items and tenant.finish <= self._now:
                    del self._tenants[name]
