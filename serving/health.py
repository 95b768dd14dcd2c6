"""Health checks: a self-test of the model, and the replacement of hung threads."""

import asyncio
import logging
import time
from collections.abc import Sequence
from functools import partial
from typing import Final

from upstander.models.scorer import Scorer
from upstander.serving.engine import Engine
from upstander.serving.metrics import Metrics
from upstander.serving.records.health import RecordsHealth
from upstander.serving.request_logging import log_fault

log = logging.getLogger("upstander")

_TEXT: Final = "The council meets on Tuesday."
_TENANT: Final = "self-test"
"""Whose turn it is among those who submit texts; no key has this id."""

_TICK: Final = 0.5


class Health:
    """Scores a self-test while no posts come, and replaces hung threads.

    Any post that was scored lately counts: under load a self-test would only wait in the same
    queue, and high load is not unhealthy.
    """

    def __init__(
        self,
        engine: Engine,
        interval: float,
        metrics: Metrics,
        records: RecordsHealth | None = None,
    ) -> None:
        """records: of a service that gives no answer without its record."""
        self._engine = engine
        self._records = records
        self._interval = interval
        self._metrics = metrics
        self._was_ready = False

    def problems(self) -> list[str]:
        """Why the service is not ready, a line each; empty if it is."""
        state = self._engine.admission.state
        if state != "ready":
            return [state]
        found = self._engine.failing()
        if (seconds := self._silent()) is None:
            found.append("no text scored yet")
        elif seconds > 2 * self._interval + _TICK:
            found.append(f"no text scored for {seconds:.0f} s")
        if self._records is not None:
            found += self._records.problems()
        return found

    async def watch(self) -> None:
        """Replace hung threads, and score a self-test where no texts come, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._replace_hung())
            tasks.create_task(self._self_test())
            if self._records is not None:
                tasks.create_task(self._records.watch())

    def _tell(self) -> None:
        """Have the metrics say whether the service is ready."""
        is_ready = not self.problems()
        if self._was_ready and not is_ready and self._engine.admission.state == "ready":
            self._metrics.became_unready.inc()
        self._was_ready = is_ready
        self._metrics.ready.set(is_ready)

    async def _replace_hung(self) -> None:
        while True:
            try:
                self._tell()
                if replaced := self._engine.replace_hung():
                    self._metrics.replaced.inc(replaced)
                    self._engine.last_scored = None  # ready again once a text was scored
            except Exception as error:  # such as no more threads: try again
                _log_fault("replacing hung threads", error)
            await asyncio.sleep(_TICK)

    async def _self_test(self) -> None:
        while True:
            await asyncio.sleep(_TICK / 25 if self._silent() is None else _TICK)
            seconds = self._silent()
            if self._engine.admission.state != "ready":
                continue
            if seconds is not None and seconds < self._interval:
                continue
            scorers = [bundle.scorer for bundle in self._engine.served.bundles]
            try:
                async with asyncio.timeout(self._interval):
                    await self._engine.pool.run(partial(_score_text, scorers), _TENANT)
            except TimeoutError:
                log.error("the self-test was not scored within %g s", self._interval)
            except Exception as error:
                _log_fault("the self-test", error)
            else:
                self._engine.last_scored = time.monotonic()

    def _silent(self) -> float | None:
        """Seconds since a text was scored; None if none was."""
        last = self._engine.last_scored
        return None if last is None else time.monotonic() - last


def _score_text(scorers: Sequence[Scorer], _: object) -> None:
    for scorer in scorers:
        scorer.score(_TEXT)


def _log_fault(doing: str, error: Exception) -> None:
    log.error("%s failed", doing)
    log_fault(error)
