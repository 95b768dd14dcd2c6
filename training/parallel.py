"""Running a function on many items in parallel."""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Final, TypeVar

from upstander.models.cores import usable_cores

T = TypeVar("T")
R = TypeVar("R")

_FEW: Final = 20_000
"""Items for which starting processes costs more than it saves."""

_CHUNK: Final = 2000


def on_every_core(work: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """`work` of each item, in order. work, items: such as can be sent to another process."""
    cores = usable_cores()
    if len(items) < _FEW or cores == 1:
        return [work(item) for item in items]
    # Spawned, not forked: a fork of a process with threads may hang.
    with ProcessPoolExecutor(cores, mp_context=get_context("spawn")) as pool:
        return list(pool.map(work, items, chunksize=_CHUNK))
