"""What is counted later is counted before anybody looks."""

import asyncio

from upstander.models.bundle import Bundle
from upstander.serving.engine import Engine
from upstander.serving.loop_delay import watch_loop
from upstander.serving.metrics import Metrics
from upstander.serving.settings import Settings


def test_whoever_looks_sees_all_that_was_counted() -> None:
    metrics = Metrics()
    held = 0
    metrics.looked_at(lambda: metrics.in_flight.set(held))
    metrics.later(metrics.texts.inc)
    held = 3
    assert metrics.registry.get_sample_value("upstander_texts_total") == 1
    assert metrics.registry.get_sample_value("upstander_in_flight") == 3
    metrics.later(metrics.texts.inc)
    assert b"upstander_texts_total 2.0" in metrics.page()


def test_little_waits() -> None:
    metrics = Metrics()
    assert [metrics.later(metrics.texts.inc) for _ in range(20)].index(True) == 15


def test_it_is_counted_although_nobody_looks(bundle: Bundle) -> None:
    """Other processes may look at the files of this one."""
    engine = Engine(Settings(threads=1), Metrics())
    engine.serve(bundle)

    async def ask() -> None:
        watching = asyncio.create_task(watch_loop(engine.metrics))
        await engine.score("hello")
        counted = engine.metrics.texts._value
        while not counted.get():
            await asyncio.sleep(0.01)
        watching.cancel()

    asyncio.run(asyncio.wait_for(ask(), 60))
    engine.close()
    assert engine.metrics.texts._value.get() == 1


def test_a_request_is_counted_by_its_labels() -> None:
    metrics = Metrics()
    for status in (200, 200, 429):
        metrics.request("/v1/score", "POST", status)
    labels = {"route": "/v1/score", "method": "POST", "status": "200"}
    assert metrics.registry.get_sample_value("upstander_requests_total", labels) == 2
