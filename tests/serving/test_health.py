"""Readiness tells the truth: a pool that hangs is not ready, and is mended."""

import asyncio
import threading

from upstander.models.bundle import Bundle
from upstander.serving.engine import Engine
from upstander.serving.health import Health
from upstander.serving.metrics import Metrics
from upstander.serving.settings import Settings


def test_it_is_ready_once_a_text_was_scored_and_not_while_a_thread_hangs(bundle: Bundle) -> None:
    settings = Settings(threads=1, worker_timeout=0.3, self_test_interval=0.2)
    engine = Engine(settings, Metrics())
    health = Health(engine, settings.self_test_interval, engine.metrics)

    async def ready() -> None:
        while health.problems():
            await asyncio.sleep(0.01)

    async def ask() -> None:
        assert health.problems() == ["loading"]
        watching = asyncio.create_task(health.watch())
        engine.serve(bundle)
        assert health.problems() == ["no text scored yet"]
        await asyncio.wait_for(ready(), 60)

        hold = threading.Event()
        stuck = asyncio.create_task(engine.pool.run(lambda _: hold.wait()))
        async with asyncio.timeout(60):
            while not health.problems():
                await asyncio.sleep(0.01)
        await asyncio.wait_for(ready(), 60)  # a new thread took over
        assert engine.metrics.registry.get_sample_value("upstander_threads_replaced_total") == 1
        await asyncio.gather(stuck, return_exceptions=True)
        hold.set()

        engine.drain()
        assert health.problems() == ["draining"]
        watching.cancel()

    asyncio.run(ask())
    engine.close()


def test_a_self_test_that_is_not_scored_for_long_is_told(bundle: Bundle) -> None:
    engine = Engine(Settings(threads=1), Metrics())
    health = Health(engine, 0.1, engine.metrics)

    async def ask() -> None:
        engine.serve(bundle)
        watching = asyncio.create_task(health.watch())
        async with asyncio.timeout(60):
            while health.problems():
                await asyncio.sleep(0.01)
        watching.cancel()
        await asyncio.sleep(1.2)
        (problem,) = health.problems()
        assert problem.startswith("no text scored for ")

    asyncio.run(ask())
    engine.close()
