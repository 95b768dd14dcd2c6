"""The pool runs jobs in order, drops those nobody waits for, and replaces threads that fail."""

import asyncio
import gc
import threading
import time
import weakref
from collections.abc import Callable, Iterator

import pytest

from upstander.serving.errors import InternalError
from upstander.serving.pool import Pool


@pytest.fixture
def pool() -> Iterator[Pool]:
    made = Pool(threads=1, timeout=0.2)
    yield made
    made.close()


def test_what_the_work_returns_or_raises_comes_back(pool: Pool) -> None:
    async def ask() -> None:
        assert await pool.run(lambda _: threading.current_thread().name) == "scorer-1"
        with pytest.raises(ZeroDivisionError):
            await pool.run(lambda _: 1 / 0)
        assert await pool.run(lambda _: 2) == 2
        assert pool.failing() == []

    asyncio.run(ask())


def test_a_job_that_nobody_waits_for_is_never_begun(pool: Pool) -> None:
    begun = []

    async def ask() -> None:
        hold = threading.Event()
        first = asyncio.create_task(pool.run(lambda _: hold.wait()))
        dropped = asyncio.create_task(pool.run(lambda _: begun.append("dropped")))
        last = asyncio.create_task(pool.run(lambda _: begun.append("last")))
        await asyncio.sleep(0)
        dropped.cancel()
        hold.set()
        await asyncio.gather(first, last)

    asyncio.run(ask())
    assert begun == ["last"]


def test_a_job_that_nobody_waits_for_lets_go_of_its_text_at_once(pool: Pool) -> None:
    class Text:
        pass

    async def ask() -> None:
        hold = threading.Event()
        first = asyncio.create_task(pool.run(lambda _: hold.wait()))
        text = Text()
        kept = weakref.ref(text)
        dropped = asyncio.create_task(pool.run(lambda _, text=text: text))
        await asyncio.sleep(0)
        dropped.cancel()
        del text
        await asyncio.gather(dropped, return_exceptions=True)
        del dropped
        gc.collect()
        assert kept() is None
        hold.set()
        await first

    asyncio.run(ask())


def test_while_jobs_wait_outcomes_come_together(pool: Pool) -> None:
    async def ask() -> None:
        hold, let_go = threading.Event(), threading.Event()
        jobs = [
            asyncio.create_task(pool.run(lambda _: hold.wait())),
            asyncio.create_task(pool.run(lambda _: let_go.wait())),
            asyncio.create_task(pool.run(lambda _: 3)),
        ]
        await asyncio.sleep(0)
        hold.set()
        await asyncio.sleep(0.01)
        assert not jobs[0].done()  # one job is at work, and another waits
        let_go.set()
        await asyncio.wait(jobs, return_when=asyncio.FIRST_COMPLETED)
        assert jobs[0].done()
        assert jobs[1].done()
        assert await jobs[2] == 3

    asyncio.run(ask())


def test_no_outcome_waits_for_a_job_that_takes_long(pool: Pool) -> None:
    async def ask() -> None:
        over = threading.Event()

        def long(is_wanted: Callable[[], bool]) -> None:
            while is_wanted() and not over.wait(0.01):
                pass

        first = asyncio.create_task(pool.run(lambda _: 1))
        others = [asyncio.create_task(pool.run(long)) for _ in range(2)]
        assert await asyncio.wait_for(first, timeout=60) == 1
        assert not others[0].done()
        over.set()
        await asyncio.gather(*others)

    asyncio.run(ask())


def test_no_outcome_waits_for_a_job_that_is_dropped_or_hangs(pool: Pool) -> None:
    async def ask() -> None:
        hold, over = threading.Event(), threading.Event()
        first = asyncio.create_task(pool.run(lambda _: hold.wait()))
        dropped = asyncio.create_task(pool.run(lambda _: None))
        await asyncio.sleep(0)
        dropped.cancel()
        hold.set()
        assert await asyncio.wait_for(first, timeout=60)

        first = asyncio.create_task(pool.run(lambda _: 1))
        others = [asyncio.create_task(pool.run(lambda _: over.wait())) for _ in range(2)]
        await asyncio.sleep(0.05)
        pool.replace_hung()  # comes along twice a second
        assert await asyncio.wait_for(first, timeout=60) == 1
        over.set()
        await asyncio.gather(*others)

    asyncio.run(ask())


def test_time_that_is_up_is_told_and_what_is_left_is_dropped(pool: Pool) -> None:
    begun = []

    async def ask() -> None:
        hold = threading.Event()
        first = asyncio.create_task(pool.run(lambda _: hold.wait()))
        await asyncio.sleep(0)
        soon = asyncio.get_running_loop().time() + 0.02
        told = []
        for _ in range(2):  # each is told on its own, so that none keeps what the other held
            with pytest.raises(TimeoutError) as error:
                await pool.run(lambda _: begun.append("late"), deadline=soon)
            told.append(error.value)
        assert told[0] is not told[1]
        hold.set()
        await first
        assert await pool.run(lambda _: "on time", deadline=soon + 60) == "on time"

    asyncio.run(ask())
    assert begun == []


def test_long_jobs_leave_a_thread_free_for_short_ones_of_others() -> None:
    pool = Pool(threads=2, timeout=60)
    begun = []

    async def ask() -> None:
        hold = threading.Event()

        def long(_: object) -> None:
            begun.append("long")
            hold.wait(60)

        assert await pool.run(lambda _: 1, "paying") == 1
        jobs = [asyncio.create_task(pool.run(long, "greedy", is_long=True)) for _ in range(3)]
        while not begun:
            await asyncio.sleep(0.001)
        for number in range(5):
            assert await asyncio.wait_for(pool.run(lambda _, n=number: n, "paying"), 60) == number
        assert begun == ["long"]
        while len(begun) < 2:  # nobody else sent any for a while
            await asyncio.sleep(0.05)
        hold.set()
        await asyncio.gather(*jobs)

    asyncio.run(ask())
    pool.close()


def test_work_can_ask_whether_it_is_still_wanted(pool: Pool) -> None:
    async def ask() -> None:
        begun, noticed = threading.Event(), threading.Event()

        def work(is_wanted: Callable[[], bool]) -> None:
            begun.set()
            while is_wanted():
                time.sleep(0.001)
            noticed.set()

        job = asyncio.create_task(pool.run(work))
        await asyncio.to_thread(begun.wait, 60)
        assert not noticed.is_set()
        job.cancel()
        assert await asyncio.to_thread(noticed.wait, 60)

    asyncio.run(ask())


def test_a_pool_whose_threads_all_hang_stops_making_more_and_says_so(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("upstander.serving.pool._MAX_LEFT", 1)

    async def ask() -> None:
        hold = threading.Event()
        for _ in range(2):
            job = asyncio.create_task(pool.run(lambda _: hold.wait()))
            while not pool.failing():
                await asyncio.sleep(0.01)
            replaced = pool.replace_hung()
        assert replaced == 0
        assert len(pool.failing()) == 1
        hold.set()
        await job

    asyncio.run(ask())


def test_a_thread_that_hangs_is_replaced_and_its_caller_told(pool: Pool) -> None:
    hold = threading.Event()

    async def ask() -> None:
        stuck = asyncio.create_task(pool.run(lambda _: hold.wait()))
        waiting = asyncio.create_task(pool.run(lambda _: "scored"))
        while not pool.failing():
            await asyncio.sleep(0.01)
        assert "has been at one text" in pool.failing()[0]
        assert pool.replace_hung() == 1
        assert pool.failing() == []
        with pytest.raises(InternalError, match="too long"):
            await stuck
        assert await waiting == "scored"
        hold.set()  # the old thread ends, and takes nothing more
        assert await pool.run(lambda _: threading.current_thread().name) == "scorer-2"

    asyncio.run(ask())


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_dies_is_replaced(pool: Pool) -> None:
    def die(_: object) -> None:
        raise SystemExit

    async def ask() -> None:
        with pytest.raises(InternalError):
            await pool.run(die)
        while not pool.failing():
            await asyncio.sleep(0.01)
        assert "has died" in pool.failing()[0]
        assert pool.replace_hung() == 1
        assert await pool.run(lambda _: "alive") == "alive"

    asyncio.run(ask())


def test_to_close_waits_for_the_job_in_hand() -> None:
    pool = Pool(threads=2, timeout=60)
    done = []

    async def ask() -> None:
        job = asyncio.create_task(pool.run(lambda _: (time.sleep(0.2), done.append(1))))
        await asyncio.sleep(0.05)
        await asyncio.to_thread(pool.close)
        assert done == [1]
        await job

    asyncio.run(ask())
