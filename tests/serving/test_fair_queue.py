"""The queue serves its tenants in turn, by cost, and each in the order of its items."""

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upstander.serving.fair_queue import FairQueue


def drained(queue: FairQueue[str]) -> list[str]:
    return [str(queue.get()) for _ in range(len(queue))]


def test_one_that_comes_late_waits_for_no_more_than_one_item_of_another() -> None:
    queue: FairQueue[str] = FairQueue()
    for number in range(100):
        queue.put(f"long {number}", "one")
    assert [queue.get() for _ in range(3)] == ["long 0", "long 1", "long 2"]
    queue.put("short 0", "other")
    queue.put("short 1", "other")
    assert drained(queue)[:5] == ["short 0", "long 3", "short 1", "long 4", "long 5"]


def test_work_counts_and_not_items() -> None:
    queue: FairQueue[str] = FairQueue()
    for number in range(4):
        queue.put(f"long {number}", "one", cost=10)
    for number in range(30):
        queue.put(f"short {number}", "other", cost=1)
    order = drained(queue)
    assert [order.index(f"long {number}") for number in range(4)] == [0, 11, 22, 33]


def test_a_tenant_that_was_idle_has_saved_nothing_up() -> None:
    queue: FairQueue[str] = FairQueue()
    queue.put("early", "other")
    queue.get()
    for number in range(50):
        queue.put(f"one {number}", "one")
        queue.get()
    for number in range(3):
        queue.put(f"one {number}", "one")
        queue.put(f"other {number}", "other")
    order = drained(queue)
    assert sorted(order[:2]) == ["one 0", "other 0"]
    assert sorted(order[2:4]) == ["one 1", "other 1"]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 5)), max_size=60))
def test_nothing_is_lost_and_each_tenant_keeps_its_order(items: list[tuple[str, int]]) -> None:
    queue: FairQueue[tuple[str, int]] = FairQueue()
    for place, (tenant, cost) in enumerate(items):
        queue.put((tenant, place), tenant, cost)
    found = [queue.get() for _ in range(len(queue))]
    assert sorted(place for _, place in filter(None, found)) == list(range(len(items)))
    for tenant in "abc":
        places = [place for name, place in filter(None, found) if name == tenant]
        assert places == sorted(places)


def test_tenants_that_are_gone_are_forgotten() -> None:
    queue: FairQueue[str] = FairQueue()
    for number in range(1000):
        queue.put("item", f"tenant {number}")
        queue.get()
    assert len(queue._tenants) < 200


def test_to_close_lets_the_rest_through_and_then_ends_those_who_wait() -> None:
    queue: FairQueue[str] = FairQueue()
    queue.put("last")
    queue.close()
    assert queue.get() == "last"
    waiting = threading.Thread(target=queue.get)
    waiting.start()
    waiting.join(5)
    assert not waiting.is_alive()


def test_the_reserved_taker_leaves_long_items_alone_while_others_have_short_ones() -> None:
    queue: FairQueue[str] = FairQueue()
    queue.put("short", "paying")
    assert queue.get(is_reserved=True) == "short"
    queue.put("long 0", "greedy", is_long=True)
    queue.put("long 1", "greedy", is_long=True)
    queue.put("own long", "paying", is_long=True)
    queue.put("short", "paying")
    # Nobody else has short ones, so the long one of the paying tenant is for everybody.
    assert [queue.get(is_reserved=True) for _ in range(2)] == ["own long", "short"]
    assert drained(queue) == ["long 0", "long 1"]


def test_who_is_alone_has_all_takers_and_so_have_those_whose_items_are_all_long() -> None:
    queue: FairQueue[str] = FairQueue()
    queue.put("short", "one")
    for number in range(2):
        queue.put(f"long {number}", "one", is_long=True)
    assert [queue.get(is_reserved=True) for _ in range(3)] == ["short", "long 0", "long 1"]
    queue = FairQueue()
    for tenant in ("one", "other"):
        queue.put(tenant, tenant, is_long=True)
    assert [queue.get(is_reserved=True) for _ in range(2)] == ["one", "other"]


def test_a_short_item_wakes_the_reserved_taker_and_time_gives_it_long_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("upstander.serving.fair_queue._LATELY", 0.2)
    monkeypatch.setattr("upstander.serving.fair_queue._LOOK_AGAIN", 0.05)
    queue: FairQueue[str] = FairQueue()
    found: list[tuple[str, float]] = []

    def take() -> None:
        while (item := queue.get(is_reserved=True)) is not None:
            found.append((item, time.monotonic()))

    taker = threading.Thread(target=take)
    taker.start()
    queue.put("first", "paying")
    while not found:
        time.sleep(0.001)
    queue.put("long", "greedy", is_long=True)
    begun = time.monotonic()
    queue.put("second", "paying")
    while len(found) < 3:
        time.sleep(0.001)
    queue.close()
    taker.join(10)
    assert [item for item, _ in found] == ["first", "second", "long"]
    assert found[2][1] - begun >= 0.2


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 5), st.booleans()), max_size=60),
    st.integers(0, 3),
)
def test_with_several_takers_nothing_is_lost_or_taken_twice(
    items: list[tuple[str, int, bool]], takers: int
) -> None:
    queue: FairQueue[int] = FairQueue()
    found: list[int] = []

    def take(is_reserved: bool) -> None:
        while (item := queue.get(is_reserved)) is not None:
            found.append(item)

    threads = [threading.Thread(target=take, args=(n == 0,)) for n in range(takers + 2)]
    for thread in threads:
        thread.start()
    for place, (tenant, cost, is_long) in enumerate(items):
        queue.put(place, tenant, cost, is_long)
    queue.close()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
    assert sorted(found) == list(range(len(items)))
