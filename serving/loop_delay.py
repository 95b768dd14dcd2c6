"""How late the event loop is: whatever holds it up holds up every client."""

import asyncio
import time
from typing import Final

from upstander.serving.metrics import Metrics

_TICK: Final = 0.05


async def watch_loop(metrics: Metrics) -> None:
    """Measure it twenty times a second, until cancelled."""
    while True:
        due = time.perf_counter() + _TICK
        await asyncio.sleep(_TICK)
        metrics.loop_delay.observe(max(0.0, time.perf_counter() - due))
