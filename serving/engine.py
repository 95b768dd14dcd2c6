"""The engine: scores admitted texts on a pool of threads.

Admission (`admission.py`), tokenising and running (`scoring.py`, on threads of `pool.py`) are
apart. One window a run on one shared session: micro-batching on a CPU costs more than it gains,
because cost is linear in padded tokens, and one thread a run keeps every core busy with a run of
its own. Between two windows of a long text the texts of others have their turn.
A window of a cascade's base costs as many turns as its run takes longer.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterable
from contextlib import suppress
from functools import partial
from typing import Final, TypeVar

from upstander.models.bundle import Bundle
from upstander.models.errors import TextError
from upstander.serving.admission import BYTES_A_PERMIT, Admission, Permit
from upstander.serving.cache import ReadingCache
from upstander.serving.errors import (
    DeadlineExceeded,
    EmptyText,
    NotReady,
    TextTooLong,
    UnservedLanguage,
)
from upstander.serving.language_routing import PostLanguage, Served
from upstander.serving.metrics import Metrics
from upstander.serving.pool import Pool
from upstander.serving.scoring import Scored, Scoring
from upstander.serving.settings import Settings
from upstander.serving.shadow import Shadow
from upstander.serving.streams import Streams

T = TypeVar("T")
R = TypeVar("R")

_LONG: Final = BYTES_A_PERMIT
"""Bytes from which on a text is prepared on a thread of its own, and its score put together there.

That cannot be done in parts, and so it must not keep the threads on which others are run. Its
windows leave one of these free while other keys send shorter posts."""


class Engine:
    """Scores texts with the bundle that is served at the time."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        threads = settings.scoring_threads
        self.admission = Admission(settings.permits, threads, metrics)
        self.pool = Pool(threads, settings.worker_timeout)
        self.preparing = Pool(1, settings.worker_timeout, "preparer")
        self.streams = Streams(settings.max_streams, metrics)
        self.shadow: Shadow | None = None
        self.last_scored: float | None = None
        """When a thread last scored a text, in monotonic time."""
        self._width = 4 * threads
        self._served: Served | None = None
        self._assumed = settings.assume_language
        self._when_unserved = settings.unserved_language
        self._cache = ReadingCache(settings.cache_size, settings.cache_bytes, metrics)
        self._most_windows = settings.max_windows
        self.metrics = metrics

    @property
    def bundle(self) -> Bundle:
        """The main bundle that is served. Raises NotReady while the first is loading."""
        return self.served.main

    @property
    def served(self) -> Served:
        """All bundles that are served. Raises NotReady while the first is loading."""
        if self._served is None:
            raise NotReady("The model is still loading: retry in a second.", retry_after=1)
        return self._served

    def together(self, bundle: Bundle, others: Bundle | None = None) -> Served:
        """Bundles as the settings have them serve. Raises UpstanderError if they cannot."""
        decides_all = self._when_unserved == "decide"
        return Served(bundle, others, self._assumed, decides_all)

    def serve(self, bundle: Bundle, others: Bundle | None = None) -> None:
        """Answer with verified bundles from now on; what runs goes on with those before.

        others: for the languages that the first does not serve. Raises as `together`.
        """
        self._served = self.together(bundle, others)
        self.metrics.serves(*self._served.bundles)
        if self.admission.state == "loading":
            self.admission.state = "ready"

    def close(self) -> None:
        """End the threads after the texts that they have in hand."""
        self.preparing.close()
        self.pool.close()
        if self.shadow is not None:
            self.shadow.close()

    def drain(self) -> None:
        """Admit nothing more; what was admitted is finished."""
        self.admission.state = "draining"

    def failing(self) -> list[str]:
        """What is wrong with the threads, a line each; empty if all is well."""
        return [*self.pool.failing(), *self.preparing.failing()]

    def replace_hung(self) -> int:
        """Replace the threads that hang or have died, and return how many did."""
        return self.pool.replace_hung() + self.preparing.replace_hung()

    async def prepare(self, work: Callable[[], T], deadline: float, permit: Permit) -> T:
        """Do something with a text that takes as long as the text is, beside the loop.

        Raises DeadlineExceeded, and what `work` raises.
        """
        try:
            return await self.preparing.run(lambda _: work(), permit.holder, permit.units, deadline)
        except TimeoutError:
            raise self._too_late() from None

    async def score(
        self,
        text: str,
        deadline: float | None = None,
        keep: bool = True,
        permit: Permit | None = None,
        language: PostLanguage | None = None,
    ) -> Scored:
        """Score one text on the threads.

        keep: whether the cache and the shadow bundle may have it. permit: of this text, held by the
        caller. deadline: in the time of the event loop, when DeadlineExceeded is raised; a window
        whose run has not begun by then is never run. language: of the text; None to identify it.

        Raises EmptyText, TextTooLong if the text has too many windows, and UnservedLanguage.
        """
        served = self.served
        holder = "" if permit is None else permit.holder
        weigh = None if permit is None else _from_thread(permit.weigh)
        scoring = Scoring(
            text, served, self._cache, self._most_windows, keep, holder, weigh, language
        )
        size = len(text.encode())
        scored: Scored
        try:
            if size > _LONG:
                cost = size / BYTES_A_PERMIT
                windows = await self.preparing.run(scoring.prepare, holder, cost, deadline)
                if permit is not None:
                    permit.weigh(windows)
                run = scoring.run_only
                await self.pool.run(run, holder, deadline=deadline, is_long=True)
                scored = await self.preparing.run(scoring.finish, holder, cost / 2, deadline)
            else:
                scored = await self.pool.run(scoring.begin, holder, deadline=deadline)
        except TextError as error:
            self.metrics.refused.labels(cause="empty_text").inc()
            raise EmptyText(str(error)) from error
        except TextTooLong:
            self.metrics.refused.labels(cause="windows").inc()
            raise
        except UnservedLanguage as error:
            self.count_unserved(error)
            raise
        except TimeoutError:
            raise self._too_late() from None
        timings = scored.score.timings
        seconds = timings.normalise + timings.tokenize + timings.run
        self.admission.measured(seconds, 1 if permit is None else permit.units)
        self.last_scored = time.monotonic()
        if self.metrics.later(partial(self._count, scored, served)):
            asyncio.get_running_loop().call_soon(self.metrics.catch_up)
        if keep and self.shadow is not None:
            self.shadow.offer(text, scored)
        return scored

    def _count(self, scored: Scored, served: Served) -> None:
        """Count a text that was scored."""
        self.metrics.observe(scored.score, scored.thresholds, scored.queued, scored.cached)
        self.metrics.languages.labels(language=served.metric_of(scored.language)).inc()
        if not served.is_served(scored.language):
            self.metrics.unserved.labels(result="decided").inc()

    def count_unserved(self, error: UnservedLanguage) -> None:
        """Count a post in a language that is not served."""
        language = "other" if error.probability is None else error.language
        self.metrics.languages.labels(language=language).inc()
        if self._when_unserved == "pass":
            self.metrics.unserved.labels(result="passed").inc()
        else:
            self.metrics.unserved.labels(result="refused").inc()
            self.metrics.refused.labels(cause="language").inc()

    def _too_late(self) -> DeadlineExceeded:
        self.metrics.refused.labels(cause="deadline").inc()
        return DeadlineExceeded(
            "The text was not scored in the time that the request allows: retry later, or "
            "allow more in X-Request-Timeout."
        )

    async def in_order(
        self,
        items: AsyncIterator[T] | Iterable[T],
        answer: Callable[[T, Permit], Coroutine[None, None, R]],
        size_of: Callable[[T], int],
        holder: str = "",
        first: Permit | None = None,
    ) -> AsyncGenerator[list[R], None]:
        """The answers to many items, in their order, each under a permit of its own.

        Answers that are there together come together. At most four items a thread are on their way
        at a time, and fewer where permits are short: single posts that come in meanwhile take their
        turn between them, and nothing piles up while nobody takes the answers.

        size_of: bytes of the text of an item. holder: of the permits. first: a permit that the
            caller took for the first item, and leaves to this.
        """
        slots = asyncio.Semaphore(self._width)
        begun: deque[asyncio.Task[R]] = deque()
        running: set[asyncio.Task[R]] = set()
        one_began = asyncio.Event()

        def ended(task: asyncio.Task[R], permit: Permit) -> None:
            running.discard(task)
            permit.give_back()
            if not task.cancelled():
                task.exception()  # looked at, so that asyncio does not log what may hold a text

        unused = first

        async def read() -> None:
            nonlocal unused
            try:
                async for item in _each(items):
                    await slots.acquire()
                    permit, unused = unused, None
                    if permit is None:
                        permit = await self.admission.wait_for_permit(holder, size_of(item))
                    task = asyncio.create_task(answer(item, permit))
                    running.add(task)
                    task.add_done_callback(partial(ended, permit=permit))
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
            if unused is not None:
                unused.give_back()
            for task in list(running):
                task.cancel()


def _from_thread(tell: Callable[[float], None]) -> Callable[[float], None]:
    """The same for a thread to call: it is done on the event loop, soon, unless that has ended."""
    loop = asyncio.get_running_loop()

    def call(value: float) -> None:
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(tell, value)

    return call


async def _each(items: AsyncIterator[T] | Iterable[T]) -> AsyncIterator[T]:
    if isinstance(items, AsyncIterator):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item
