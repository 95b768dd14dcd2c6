"""The pool: a thread for every core, one job in hand each, watched, and replaced if it hangs.

Jobs wait in the order in which they came. How many may wait is not decided here: whoever submits
one holds a permit (`serving/admission.py`).
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, Final, TypeVar, cast

from serving.errors import InternalError

log = logging.getLogger("upstander")

T = TypeVar("T")

_MOST_LEFT: Final = 16
"""Threads that may hang and be replaced; each holds memory for ever."""


@dataclass(slots=True)
class _Job:
    """work: None once nobody wants it, so that what it holds, such as a text, is let go."""

    work: Callable[[Callable[[], bool]], Any] | None
    answer: asyncio.Future[Any]

    def is_wanted(self) -> bool:
        """False once whoever waited has gone, or was told that time is up. For any thread."""
        return not self.answer.done()

    def resolve(self, result: Any, error: BaseException | None) -> None:
        """Hand over the outcome, from any thread, unless nobody waits any more."""

        def settle() -> None:
            if self.answer.done():
                return
            if error is None:
                self.answer.set_result(result)
            else:
                self.answer.set_exception(error)

        loop = self.answer.get_loop()
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle)


class _Lane(threading.Thread):
    """One thread. in_hand: its job and when that began, None between jobs."""

    def __init__(self, jobs: "SimpleQueue[_Job | None]", number: int) -> None:
        super().__init__(name=f"scorer-{number}", daemon=True)
        self._jobs = jobs
        self.in_hand: tuple[_Job, float] | None = None
        self.is_retired = False

    def run(self) -> None:
        while not self.is_retired and (job := self._jobs.get()) is not None:
            if self.is_retired:
                self._jobs.put(job)  # its successor takes it
                return
            work = job.work
            if work is None or not job.is_wanted():
                continue
            self.in_hand = job, time.monotonic()
            try:
                result = work(job.is_wanted)
            except Exception as error:
                job.resolve(None, error)
            except BaseException:
                job.resolve(None, InternalError("A scoring thread ended: see the log."))
                raise
            else:
                job.resolve(result, None)
            finally:
                self.in_hand = None
            del job, work  # not kept until the next one comes


class Pool:
    """Runs jobs on threads. A job that nobody waits for any more is never begun."""

    def __init__(self, threads: int, stuck_after: float) -> None:
        """stuck_after: seconds in one job from which a thread counts as hung."""
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._stuck_after = stuck_after
        self._started = 0
        self._left: list[_Lane] = []
        self._lanes = [self._new_lane() for _ in range(threads)]

    async def run(self, work: Callable[[Callable[[], bool]], T]) -> T:
        """What `work` returns, from a thread. To cancel the call drops a job that has not begun.

        work: is given a function that says whether its answer is still wanted.
        """
        job = _Job(work, asyncio.get_running_loop().create_future())
        del work  # the job alone holds it, and lets go of it
        self._jobs.put(job)
        try:
            return cast("T", await job.answer)
        finally:
            job.work = None

    def failing(self) -> list[str]:
        """What is wrong with the threads, a line each; empty if all is well."""
        return [found[0] for lane in self._lanes if (found := self._problem(lane))]

    def mend(self) -> int:
        """Replace every thread that hangs or has died, and return how many did.

        A thread cannot be killed: one that hangs is left to itself and takes no further job. When
        `_MOST_LEFT` of them hang no more are made, and the pool goes on failing: only a new process
        helps then.
        """
        replaced = 0
        self._left = [lane for lane in self._left if lane.is_alive()]
        for index, lane in enumerate(self._lanes):
            if (found := self._problem(lane)) is not None and len(self._left) < _MOST_LEFT:
                problem, job = found
                log.error("%s: replaced", problem)
                lane.is_retired = True
                self._left.append(lane)
                if job is not None:
                    job.resolve(None, InternalError("The text took too long to score."))
                self._lanes[index] = self._new_lane()
                replaced += 1
        return replaced

    def close(self, seconds: float = 5.0) -> None:
        """End the threads once the jobs in hand are done, and wait at most so long."""
        for _ in self._lanes:
            self._jobs.put(None)
        deadline = time.monotonic() + seconds
        for lane in self._lanes:
            lane.join(max(0.0, deadline - time.monotonic()))

    def _problem(self, lane: _Lane) -> tuple[str, _Job | None] | None:
        """What is wrong with a thread, and the job that it hangs in."""
        if not lane.is_alive():
            return f"thread {lane.name} has died", None
        if (in_hand := lane.in_hand) is not None:
            job, since = in_hand
            if (seconds := time.monotonic() - since) > self._stuck_after:
                return f"thread {lane.name} has been at one text for {seconds:.0f} s", job
        return None

    def _new_lane(self) -> _Lane:
        self._started += 1
        lane = _Lane(self._jobs, self._started)
        lane.start()
        return lane
