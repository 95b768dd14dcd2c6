"""The queue serves its tenants in turn, by cost, and each in the order of its items."""

import threading

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
