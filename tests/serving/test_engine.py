"""Admission, deadlines and order: refusals come before any work, and permits always come back."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator

import pytest

from upstander.models.bundle import Bundle
from upstander.serving.admission import Permit
from upstander.serving.engine import Engine
from upstander.serving.errors import DeadlineExceeded, EmptyText, NotReady, Overloaded
from upstander.serving.metrics import Metrics
from upstander.serving.settings import Settings


@pytest.fixture
def engine(bundle: Bundle) -> Iterator[Engine]:
    yield from serving(bundle, max_in_flight=4)


@pytest.fixture
def roomy(bundle: Bundle) -> Iterator[Engine]:
    yield from serving(bundle, max_in_flight=64)


def serving(bundle: Bundle, max_in_flight: int) -> Iterator[Engine]:
    made = Engine(Settings(threads=2, max_in_flight=max_in_flight), Metrics())
    made.serve(bundle)
    yield made
    made.close()


def count(engine: Engine, name: str, **labels: str) -> float:
    return engine.metrics.registry.get_sample_value(name, labels) or 0.0


def test_it_is_not_ready_before_it_has_a_bundle() -> None:
    loading = Engine(Settings(threads=1), Metrics())
    with pytest.raises(NotReady, match="loading") as error, loading.admission.permit():
        pass
    assert error.value.retry_after == 1
    loading.close()


def test_it_admits_nothing_while_draining(engine: Engine) -> None:
    engine.drain()
    with pytest.raises(NotReady, match="shutting down"), engine.admission.permit():
        pass


def test_every_permit_taken_is_an_overload_and_comes_back(engine: Engine) -> None:
    admission = engine.admission
    with admission.permit(), admission.permit(), admission.permit(), admission.permit():
        with pytest.raises(Overloaded) as error, admission.permit():
            raise AssertionError("admitted a fifth")
        assert error.value.retry_after is not None
        assert error.value.retry_after >= 1
        assert count(engine, "upstander_refused_total", cause="overloaded") == 1
    assert admission.taken == 0
    assert count(engine, "upstander_in_flight") == 0


def test_retry_after_follows_the_measured_rate(engine: Engine) -> None:
    for _ in range(200):
        engine.admission.measured(10.0, 1)
    admission = engine.admission
    with admission.permit(), admission.permit(), admission.permit(), admission.permit():
        with pytest.raises(Overloaded) as error, admission.permit():
            pass
        assert error.value.retry_after == 20  # four texts of ten seconds, two at a time


def test_a_permit_comes_back_when_the_work_fails(engine: Engine) -> None:
    async def ask() -> None:
        for _ in range(6):
            with pytest.raises(EmptyText), engine.admission.permit():
                await engine.score(" ")

    asyncio.run(ask())
    assert engine.admission.taken == 0


def test_a_text_that_comes_again_is_not_run_again_and_scores_the_same(engine: Engine) -> None:
    async def ask() -> None:
        first = await engine.score("Those people are vermin.")
        again = await engine.score("Those people are vermin.")
        shifted = await engine.score("  Those people are vermin.")
        assert (first.cached, again.cached, shifted.cached) == (False, True, True)
        assert again.score.scores == first.score.scores
        assert again.score.spans == first.score.spans
        assert [s.begin for s in shifted.score.spans] == [s.begin + 2 for s in first.score.spans]
        assert first.score.spans
        assert again.score.timings.run == 0

    asyncio.run(ask())
    assert count(engine, "upstander_cache_total", result="hit") == 2


def test_another_bundle_does_not_answer_from_the_cache_of_the_one_before(
    engine: Engine, other_bundle: Bundle
) -> None:
    async def ask() -> None:
        await engine.score("hello")
        engine.serve(other_bundle)
        again = await engine.score("hello")
        assert not again.cached
        assert again.bundle is other_bundle

    asyncio.run(ask())


def test_a_text_whose_time_is_up_before_its_turn_is_never_run(engine: Engine) -> None:
    hold = threading.Event()

    async def ask() -> None:
        busy = [asyncio.create_task(engine.pool.run(lambda _: hold.wait())) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(DeadlineExceeded):
            await engine.score("late", asyncio.get_running_loop().time() + 0.05)
        hold.set()
        await asyncio.gather(*busy)
        await engine.score("on time")

    asyncio.run(ask())
    assert count(engine, "upstander_texts_total") == 1
    assert count(engine, "upstander_cache_total", result="miss") == 1
    assert count(engine, "upstander_refused_total", cause="deadline") == 1


async def answers_to(
    engine: Engine,
    items: Iterable[int],
    answer: Callable[[int, Permit], Coroutine[None, None, int]],
) -> list[int]:
    groups = engine.in_order(items, answer, size_of=lambda _: 0)
    return [found async for group in groups for found in group]


def test_answers_come_in_order_and_a_few_at_a_time(roomy: Engine) -> None:
    at_once = 0
    most = 0

    async def answer(number: int, _: Permit) -> int:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.001 * (7 - number % 7))
        at_once -= 1
        return number * 10

    async def ask() -> list[int]:
        return await answers_to(roomy, range(50), answer)

    assert asyncio.run(ask()) == [number * 10 for number in range(50)]
    assert most == 8  # four a thread
    assert roomy.admission.taken == 0


def test_many_texts_go_on_with_the_one_permit_that_others_leave(engine: Engine) -> None:
    async def answer(number: int, _: Permit) -> int:
        await asyncio.sleep(0)
        return number

    async def ask() -> None:
        admission = engine.admission
        with admission.permit(), admission.permit(), admission.permit():
            assert await answers_to(engine, range(9), answer) == list(range(9))
            assert admission.taken == 3

    asyncio.run(ask())
    assert engine.admission.taken == 0


def test_the_first_text_goes_under_the_permit_of_the_caller(engine: Engine) -> None:
    async def answer(number: int, _: Permit) -> int:
        return number

    async def ask() -> None:
        admission = engine.admission
        with admission.permit(), admission.permit(), admission.permit(), admission.permit() as last:
            groups = engine.in_order(range(9), answer, lambda _: 0, first=last)
            assert [found async for group in groups for found in group] == list(range(9))
            await asyncio.sleep(0)  # the last permit comes back after its answer
            unused = engine.in_order([], answer, lambda _: 0, first=admission.permit())
            assert [group async for group in unused] == []
            assert admission.taken == 3

    asyncio.run(ask())
    assert engine.admission.taken == 0


def test_nothing_is_read_while_nobody_takes_the_answers(engine: Engine) -> None:
    read = 0

    async def lines() -> AsyncIterator[int]:
        nonlocal read
        for number in range(1000):
            read += 1
            yield number

    async def answer(number: int, _: Permit) -> int:
        return number

    async def ask() -> None:
        answers = engine.in_order(lines(), answer, size_of=lambda _: 0)
        assert (await anext(answers))[0] == 0
        await asyncio.sleep(0.05)
        assert read <= 9  # four a thread, and the one after them
        await answers.aclose()

    asyncio.run(ask())
    assert engine.admission.taken == 0


def test_what_goes_wrong_while_reading_is_raised_after_the_answers_before_it(
    engine: Engine,
) -> None:
    async def lines() -> AsyncIterator[int]:
        yield 1
        yield 2
        raise ConnectionResetError

    async def answer(number: int, _: Permit) -> int:
        return number

    found: list[int] = []

    async def ask() -> None:
        async for group in engine.in_order(lines(), answer, size_of=lambda _: 0):
            found.extend(group)

    with pytest.raises(ConnectionResetError):
        asyncio.run(ask())
    assert found == [1, 2]


def test_single_posts_take_their_turn_between_the_texts_of_a_batch(engine: Engine) -> None:
    async def answer(text: str, permit: Permit) -> None:
        await engine.score(text, permit=permit)

    async def ask() -> bool:
        async def batch() -> None:
            texts = [f"{number} {'word ' * 300}" for number in range(40)]
            async for _ in engine.in_order(texts, answer, size_of=len):
                pass

        running = asyncio.create_task(batch())
        while not engine.admission.taken:
            await asyncio.sleep(0)
        await engine.score("hello")
        done = running.done()
        running.cancel()
        return done

    assert not asyncio.run(ask())
