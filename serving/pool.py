"""A thread pool with fair queueing, whose hung threads are replaced.

Those who submit jobs are served in turn (`serving/fair_queue.py`). A long job does a part of its
work and goes to the end of its line again, so that it holds up nobody for longer than that part.
How many jobs may wait is not decided here: whoever submits one holds a permit
(`serving/admission.py`).
"""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Generic, TypeVar, cast

from upstander.serving.errors import InternalError
from upstander.serving.fair_queue import FairQueue

log = logging.getLogger("upstander")

T = TypeVar("T")

_MAX_LEFT: Final = 16
"""Threads that may hang and be replaced; each holds memory for ever."""

_HELD_SECONDS: Final = 0.02
"""For which an outcome may wait for others, before the next run at the latest."""


IsWanted = Callable[[], bool]
"""Whether anybody still waits for the answer."""


@dataclass(frozen=True, slots=True)
class Later(Generic[T]):
    """What is left of a job, to be done when it is its turn again. cost: of that part."""

    work: "Callable[[IsWanted], T | Later[T]]"
    cost: float = 1.0


@dataclass(slots=True)
class _Job:
    """work: None once nobody wants it, so that what it holds, such as a text, is let go."""

    work: Callable[[IsWanted], Any] | None
    answer: asyncio.Future[Any]
    tenant: str
    cost: float
    is_long: bool = False

    def is_wanted(self) -> bool:
        """False once whoever waited has gone, or was told that time is up. For any thread."""
        return not self.answer.done()

    def resolve(self, result: Any, error: BaseException | None) -> None:
        """Give the outcome to whoever waits for it, if anybody still does. For the event loop."""
        if self.answer.done():
            return
        if error is None:
            self.answer.set_result(result)
        else:
            self.answer.set_exception(error)

    def expire(self) -> None:
        """Tell whoever waits that time is up. For the event loop."""
        self.resolve(None, TimeoutError())


_Jobs = FairQueue[_Job]
_Outcome = tuple[_Job, Any, BaseException | None]


class _Outbox:
    """Outcomes on their way from the threads to the event loop.

    While more jobs of whoever it is for wait than that, `most` outcomes go at a time. A run leaves
    nothing else in the caches of its core, and so it costs the loop more to wake up than to answer
    once it is awake.
    """

    def __init__(self, jobs: _Jobs, most: int) -> None:
        self._jobs = jobs
        self._most = most
        self._held: deque[_Outcome] = deque()
        self._since = 0.0

    def put(self, job: _Job, result: Any, error: BaseException | None) -> None:
        """Take an outcome, and let those go that have no reason to wait."""
        if not self._held:
            self._since = time.monotonic()
        self._held.append((job, result, error))
        if len(self._held) >= self._most or self._jobs.waiting(job.tenant) < self._most:
            self.send()

    def send_if_idle(self) -> None:
        """Let all go if few jobs wait: nothing may come after which they would."""
        if len(self._jobs) < self._most:
            self.send()

    def send_if_late(self) -> None:
        """Let all go if one of them has waited long enough."""
        if self._held and time.monotonic() - self._since > _HELD_SECONDS:
            self.send()

    def send(self) -> None:
        """Let all go."""
        outcomes: list[_Outcome] = []
        while True:
            try:
                outcomes.append(self._held.popleft())
            except IndexError:  # another thread may have taken the last
                break
        if outcomes and not (loop := outcomes[0][0].answer.get_loop()).is_closed():
            loop.call_soon_threadsafe(_resolve, outcomes)


def _resolve(outcomes: list[_Outcome]) -> None:
    for job, result, error in outcomes:
        job.resolve(result, error)


class _Worker(threading.Thread):
    """A thread of the pool. in_hand: its job and when that began, None between jobs."""

    def __init__(self, jobs: _Jobs, outbox: _Outbox, name: str, is_reserved: bool) -> None:
        """is_reserved: for short jobs, while several tenants have some (`FairQueue`)."""
        super().__init__(name=name, daemon=True)
        self.is_reserved = is_reserved
        self._jobs = jobs
        self._outbox = outbox
        self.in_hand: tuple[_Job, float] | None = None
        self.is_retired = False

    def run(self) -> None:
        try:
            self._work()
        finally:
            self._outbox.send()

    def _work(self) -> None:
        while not self.is_retired and (job := self._jobs.get(self.is_reserved)) is not None:
            if self.is_retired:
                self._jobs.put(job, job.tenant, job.cost, job.is_long)  # its successor takes it
                return
            work = job.work
            if work is None or not job.is_wanted():
                job.work = None
                self._outbox.send_if_idle()
                continue
            self._outbox.send_if_late()
            self.in_hand = job, time.monotonic()
            try:
                result = work(partial(self._is_wanted, job))
            except Exception as error:
                self._outbox.put(job, None, error)
            except BaseException:
                self._outbox.put(job, None, InternalError("A scoring thread ended: see the log."))
                raise
            else:
                if isinstance(result, Later):
                    job.work, job.cost = result.work, result.cost
                    self._jobs.put(job, job.tenant, job.cost, job.is_long)
                else:
                    self._outbox.put(job, result, None)
                del result
            finally:
                self.in_hand = None
            del job, work  # not kept until the next one comes

    def _is_wanted(self, job: _Job) -> bool:
        self._outbox.send_if_late()
        return job.is_wanted()


class Pool:
    """Runs jobs on threads. A job that nobody waits for any more is never begun."""

    def __init__(self, threads: int, timeout: float, name: str = "scorer") -> None:
        """timeout: seconds in one part of a job from which a thread counts as hung.

        name: of its threads, before their numbers.
        """
        self._jobs: _Jobs = FairQueue()
        self._outbox = _Outbox(self._jobs, most=2 * threads)
        self._timeout = timeout
        self._name = name
        self._started = 0
        self._left: list[_Worker] = []
        self._workers = [
            self._new_worker(is_reserved=index == 0 and threads > 1) for index in range(threads)
        ]

    async def run(
        self,
        work: Callable[[IsWanted], T | Later[T]],
        tenant: str = "",
        cost: float = 1.0,
        deadline: float | None = None,
        is_long: bool = False,
    ) -> T:
        """What `work` returns in the end, from a thread. To cancel the call drops what is left.

        work: is given a function that says whether its answer is still wanted, and may return a
            `Later` to go on when it is its turn again. tenant: whose it is; they are served in
            turn. cost: of its first part, in the unit of all costs. deadline: in the time of the
            event loop, when TimeoutError is raised and what is left is dropped. is_long: whether
            it must leave a thread free for short jobs of other tenants, if there are several.
        """
        loop = asyncio.get_running_loop()
        job = _Job(work, loop.create_future(), tenant, cost, is_long)
        del work  # the job alone holds it, and lets go of it
        # Not asyncio.timeout(), which takes several times as long and is asked for every text.
        timer = None if deadline is None else loop.call_at(deadline, job.expire)
        self._jobs.put(job, tenant, cost, is_long)
        try:
            return cast("T", await job.answer)
        finally:
            job.work = None
            if timer is not None:
                timer.cancel()

    def failing(self) -> list[str]:
        """What is wrong with the threads, a line each; empty if all is well."""
        return [found[0] for worker in self._workers if (found := self._problem(worker))]

    def replace_hung(self) -> int:
        """Replace every thread that hangs or has died, and return how many did.

        A thread cannot be killed: one that hangs is left to itself and takes no further job. When
        `_MAX_LEFT` of them hang no more are made, and the pool goes on failing: only a new process
        helps then. Outcomes that wait behind a job which hangs are let go.
        """
        self._outbox.send_if_late()
        replaced = 0
        self._left = [worker for worker in self._left if worker.is_alive()]
        for index, worker in enumerate(self._workers):
            if (found := self._problem(worker)) is not None and len(self._left) < _MAX_LEFT:
                problem, job = found
                log.error("%s: replaced", problem)
                worker.is_retired = True
                self._left.append(worker)
                if job is not None:
                    job.resolve(None, InternalError("The text took too long to score."))
                self._workers[index] = self._new_worker(worker.is_reserved)
                replaced += 1
        return replaced

    def close(self, seconds: float = 5.0) -> None:
        """End the threads once the jobs are done, and wait at most so long."""
        self._jobs.close()
        deadline = time.monotonic() + seconds
        for worker in self._workers:
            worker.join(max(0.0, deadline - time.monotonic()))

    def _problem(self, worker: _Worker) -> tuple[str, _Job | None] | None:
        """What is wrong with a thread, and the job that it hangs in."""
        if not worker.is_alive():
            return f"thread {worker.name} has died", None
        if (in_hand := worker.in_hand) is not None:
            job, since = in_hand
            if (seconds := time.monotonic() - since) > self._timeout:
                return f"thread {worker.name} has been at one text for {seconds:.0f} s", job
        return None

    def _new_worker(self, is_reserved: bool) -> _Worker:
        self._started += 1
        name = f"{self._name}-{self._started}"
        worker = _Worker(self._jobs, self._outbox, name, is_reserved)
        worker.start()
        return worker
