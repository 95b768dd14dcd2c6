"""Measuring the delay of the event loop."""

import asyncio
import time
from typing import Final

from upstander.serving.metrics import Metrics

_TICK: Final = 0.05


async def watch_loop(metrics: Metrics) -> None:
    """Measure it twenty times a second, and count what waits to be, until cancelled."""
    loop = asyncio.get_running_loop()
    due = time.perf_counter() + _TICK
    while True:
        await asyncio.sleep(due - time.perf_counter())
        now = time.perf_counter()
        metrics.loop_delay.observe(max(0.0, now - due))
        due = now + _TICK
        loop.call_soon(metrics.catch_up)
