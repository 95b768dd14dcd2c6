"""Admission and running: a permit for every request, a thread for every core, no unbounded queue.

One text a run on one shared session: micro-batching on a CPU costs more than it gains, because cost
is linear in padded tokens, and one thread a run keeps every core busy with a run of its own.
"""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

from models.bundle import Bundle
from models.errors import TextError
from models.scorer import Score
from serving.errors import EmptyText, NotReady, Overloaded
from serving.metrics import Metrics

State = Literal["loading", "ready", "draining"]


@dataclass(frozen=True, slots=True)
class Scored:
    """A score and the seconds that its text waited for a thread."""

    score: Score
    queued: float


class Engine:
    """Scores texts on a pool of threads, for as many requests at a time as there are permits."""

    def __init__(self, threads: int, permits: int, metrics: Metrics) -> None:
        self.state: State = "loading"
        self._bundle: Bundle | None = None
        self._threads = threads
        self._permits = permits
        self._admitted = 0
        self._seconds_per_text = 0.005  # until measured
        self._metrics = metrics
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="scorer")

    @property
    def bundle(self) -> Bundle:
        """The bundle that is served. Raises NotReady while it is loading."""
        if self._bundle is None:
            raise NotReady("The model is still loading: retry in a second.", retry_after=1)
        return self._bundle

    def serve(self, bundle: Bundle) -> None:
        """Begin to answer with a verified bundle."""
        self._bundle = bundle
        self.state = "ready"

    def drain(self) -> None:
        """Admit nothing more; what was admitted is finished."""
        self.state = "draining"

    def close(self) -> None:
        """Wait for the runs in hand, and end the threads."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    @asynccontextmanager
    async def admitted(self) -> AsyncIterator[None]:
        """Hold a permit while the block runs.

        Raises NotReady while loading or draining, and Overloaded when no permit is free: both
        before any work is done.
        """
        if self.state == "draining":
            raise NotReady("The service is stopping: send the request to another one.", 1)
        _ = self.bundle
        if self._admitted >= self._permits:
            self._metrics.refused.labels(cause="overloaded").inc()
            raise Overloaded(
                f"All {self._permits} permits are taken: retry after the time in Retry-After.",
                retry_after=self._drain_seconds(),
            )
        self._admitted += 1
        self._metrics.in_flight.set(self._admitted)
        try:
            yield
        finally:
            self._admitted -= 1
            self._metrics.in_flight.set(self._admitted)

    async def score(self, text: str) -> Scored:
        """Score one text on a thread. The caller holds a permit. Raises EmptyText."""
        scorer = self.bundle.scorer
        asked = time.perf_counter()

        def run() -> Scored:
            begun = time.perf_counter()
            score = scorer.score(text)
            return Scored(score, begun - asked)

        try:
            scored = await asyncio.get_running_loop().run_in_executor(self._pool, run)
        except TextError as error:
            self._metrics.refused.labels(cause="empty_text").inc()
            raise EmptyText(str(error)) from error
        timings = scored.score.timings
        busy = timings.normalise + timings.tokenize + timings.run
        self._seconds_per_text += 0.05 * (busy - self._seconds_per_text)
        self._metrics.observe(scored.score, scored.queued)
        return scored

    async def score_all(self, texts: Sequence[str]) -> list[Scored | EmptyText]:
        """Score the texts of one batch, in order, under one permit of the caller.

        At most one text a thread is on its way at a time, so single posts that come in meanwhile
        take their turn between the texts of a batch.
        """
        results: list[Scored | EmptyText] = [EmptyText("")] * len(texts)
        waiting = iter(enumerate(texts))

        async def lane() -> None:
            for index, text in waiting:
                try:
                    results[index] = await self.score(text)
                except EmptyText as error:
                    results[index] = error

        async with asyncio.TaskGroup() as lanes:
            for _ in range(min(self._threads, len(texts))):
                lanes.create_task(lane())
        return results

    def _drain_seconds(self) -> int:
        """How long the admitted work takes at the measured rate, in whole seconds, at least one."""
        return max(1, math.ceil(self._admitted * self._seconds_per_text / self._threads))
