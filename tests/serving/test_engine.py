"""Admission: refusals come before any work, and permits always come back."""

import asyncio

import pytest

from models.bundle import Bundle
from serving.engine import Engine, Scored
from serving.errors import EmptyText, NotReady, Overloaded
from serving.metrics import Metrics


def engine(bundle: Bundle, permits: int = 2) -> Engine:
    ready = Engine(threads=2, permits=permits, metrics=Metrics())
    ready.serve(bundle)
    return ready


def test_it_is_not_ready_before_it_has_a_bundle() -> None:
    async def ask() -> None:
        async with Engine(1, 1, Metrics()).admitted():
            pass

    with pytest.raises(NotReady, match="loading") as error:
        asyncio.run(ask())
    assert error.value.retry_after == 1


def test_it_admits_nothing_while_draining(bundle: Bundle) -> None:
    draining = engine(bundle)
    draining.drain()

    async def ask() -> None:
        async with draining.admitted():
            pass

    with pytest.raises(NotReady, match="stopping"):
        asyncio.run(ask())


def test_every_permit_taken_is_an_overload_and_comes_back(bundle: Bundle) -> None:
    two = engine(bundle, permits=2)

    async def ask() -> int | None:
        async with two.admitted(), two.admitted():
            with pytest.raises(Overloaded) as error:
                async with two.admitted():
                    raise AssertionError("admitted a third")
        async with two.admitted():
            pass
        return error.value.retry_after

    retry_after = asyncio.run(ask())
    assert retry_after is not None
    assert retry_after >= 1


def test_a_permit_comes_back_when_the_work_fails(bundle: Bundle) -> None:
    one = engine(bundle, permits=1)

    async def ask() -> None:
        for _ in range(3):
            with pytest.raises(EmptyText):
                async with one.admitted():
                    await one.score(" ")

    asyncio.run(ask())


def test_a_batch_keeps_its_order_and_its_bad_texts(bundle: Bundle) -> None:
    texts = ["one", " ", "three " * 200, "four"]

    async def ask() -> list[Scored | EmptyText]:
        return await engine(bundle).score_all(texts)

    results = asyncio.run(ask())
    assert isinstance(results[1], EmptyText)
    for index in (0, 2, 3):
        result = results[index]
        assert isinstance(result, Scored)
        assert result.score.scores == bundle.scorer.score(texts[index]).scores


def test_single_posts_take_their_turn_between_the_texts_of_a_batch(bundle: Bundle) -> None:
    both = engine(bundle)

    async def ask() -> tuple[bool, Scored]:
        batch = asyncio.create_task(both.score_all(["word " * 300] * 40))
        await asyncio.sleep(0)
        single = await both.score("hello")
        done = batch.done()
        batch.cancel()
        return done, single

    batch_was_done, single = asyncio.run(ask())
    assert not batch_was_done
    assert single.score.windows == 1
