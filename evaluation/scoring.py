"""Scoring many texts through the one `Scorer`, a thread a core, results in order."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def in_order(work: Callable[[T], R], items: Iterable[T], threads: int = 0) -> Iterator[R]:
    """`work` of each item, in order, on a thread a core, with few items on their way at a time."""
    threads = threads or len(os.sched_getaffinity(0))
    running: deque[Future[R]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for item in items:
            running.append(pool.submit(work, item))
            if len(running) >= 8 * threads:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()
