"""The engine: a text that was admitted waits for a thread, is scored there, and comes back.

Admission (`admission.py`), tokenising and running (`models.scorer`, on a thread of `pool.py`) are
apart. One text a run on one shared session: micro-batching on a CPU costs more than it gains,
because cost is linear in padded tokens, and one thread a run keeps every core busy with a run of
its own.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from models.bundle import Bundle
from models.errors import TextError
from models.scorer import Score
from serving.admission import Admission
from serving.cache import ReadingCache
from serving.errors import DeadlineExceeded, EmptyText, NotReady
from serving.metrics import Metrics
from serving.pool import Pool
from serving.settings import Settings
from serving.shadow import Shadow

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Scored:
    """A score, the bundle that gave it, and how it came about.

    queued: seconds that the text waited for a thread. cached: whether no run was needed.
    """

    score: Score
    bundle: Bundle
    queued: float
    cached: bool


class Engine:
    """Scores texts with the bundle that is served at the time."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        threads = settings.scoring_threads
        self.admission = Admission(settings.permits, threads, metrics)
        self.pool = Pool(threads, settings.stuck_after)
        self.shadow: Shadow | None = None
        self.last_scored: float | None = None
        """When a thread last scored a text, in monotonic time."""
        self._width = 4 * threads
        self._bundle: Bundle | None = None
        self._cache = ReadingCache(settings.cache_size)
        self.metrics = metrics

    @property
    def bundle(self) -> Bundle:
        """The bundle that is served. Raises NotReady while the first is loading."""
        if self._bundle is None:
            raise NotReady("The model is still loading: retry in a second.", retry_after=1)
        return self._bundle

    def serve(self, bundle: Bundle) -> None:
        """Answer with a verified bundle from now on; what runs goes on with the one before."""
        self._bundle = bundle
        self.metrics.serves(bundle)
        if self.admission.state == "loading":
            self.admission.state = "ready"

    def close(self) -> None:
        """End the threads after the texts that they have in hand."""
        self.pool.close()
        if self.shadow is not None:
            self.shadow.close()

    def drain(self) -> None:
        """Admit nothing more; what was admitted is finished."""
        self.admission.state = "draining"

    async def score(self, text: str, deadline: float | None = None, keep: bool = True) -> Scored:
        """Score one text on a thread. The caller holds a permit.

        keep: whether the cache and the shadow bundle may have it.
        deadline: in the time of the event loop, when DeadlineExceeded is raised; a text whose run
        has not begun by then is never run. Raises EmptyText.
        """
        bundle = self.bundle
        scorer = bundle.scorer
        asked = time.perf_counter()

        def run(is_wanted: Callable[[], bool]) -> Scored:
            begun = time.perf_counter()
            normalised = scorer.normalise(text)
            after = time.perf_counter()
            reading, cached = self._cache.read(
                normalised.text, bundle.sha256, lambda: scorer.read(normalised, is_wanted), keep
            )
            if cached:
                reading = replace(reading, tokenize=0.0, run=0.0)
            score = scorer.explain(normalised, reading, after - begun)
            self.admission.measured(time.perf_counter() - begun)
            return Scored(score, bundle, begun - asked, cached)

        try:
            async with asyncio.timeout_at(deadline):
                scored = await self.pool.run(run)
        except TextError as error:
            self.metrics.refused.labels(cause="empty_text").inc()
            raise EmptyText(str(error)) from error
        except TimeoutError:
            self.metrics.refused.labels(cause="deadline").inc()
            raise DeadlineExceeded(
                "The text was not scored in the time that the request allows: retry later, or "
                "allow more in X-Request-Timeout."
            ) from None
        self.last_scored = time.monotonic()
        # Counted once the answer is on its way.
        asyncio.get_running_loop().call_soon(
            self.metrics.observe, scored.score, bundle, scored.queued, scored.cached
        )
        if keep and self.shadow is not None:
            self.shadow.offer(text, scored)
        return scored

    async def in_order(
        self,
        items: AsyncIterator[T] | Iterable[T],
        answer: Callable[[T], Coroutine[None, None, R]],
    ) -> AsyncGenerator[list[R], None]:
        """The answers to many items, in their order, under one permit of the caller and a few more.

        Answers that are there together come together. At most four items a thread are on their way
        at a time, each under a permit, and fewer where permits are short: single posts that come in
        meanwhile take their turn between them, and nothing piles up while nobody takes the answers.
        """
        slots = asyncio.Semaphore(self._width)
        begun: deque[asyncio.Task[R]] = deque()
        running: set[asyncio.Task[R]] = set()
        one_began, one_ended = asyncio.Event(), asyncio.Event()

        def ended(task: asyncio.Task[R], has_permit: bool) -> None:
            running.discard(task)
            one_ended.set()
            if has_permit:
                self.admission.give_back()
            if not task.cancelled():
                task.exception()  # looked at, so that asyncio does not log what may hold a text

        async def read() -> None:
            try:
                async for item in _each(items):
                    await slots.acquire()
                    # The first one on its way goes under the permit of the caller.
                    while running and not self.admission.take():
                        one_ended.clear()
                        await one_ended.wait()
                    has_permit = bool(running)
                    task = asyncio.create_task(answer(item))
                    running.add(task)
                    task.add_done_callback(partial(ended, has_permit=has_permit))
                    begun.append(task)
                    one_began.set()
            finally:
                one_began.set()

        reader = asyncio.create_task(read())
        try:
            while begun or not reader.done():
                if not begun:
                    one_began.clear()
                    await one_began.wait()
                    continue
                answers = [await begun.popleft()]
                while begun and begun[0].done():
                    answers.append(begun.popleft().result())
                yield answers
                for _ in answers:
                    slots.release()
            await reader
        finally:
            reader.cancel()
            for task in list(running):
                task.cancel()


async def _each(items: AsyncIterator[T] | Iterable[T]) -> AsyncIterator[T]:
    if isinstance(items, AsyncIterator):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item
