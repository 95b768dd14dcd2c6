"""Permits go by work and are shared: nobody is refused because of what another holds."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upstander.serving.admission import BYTES_A_PERMIT, WINDOWS_A_PERMIT, Admission
from upstander.serving.errors import Overloaded
from upstander.serving.metrics import Metrics
from upstander.serving.shares import Shares


@pytest.fixture
def admission() -> Admission:
    made = Admission(permits=8, threads=2, metrics=Metrics())
    made.state = "ready"
    return made


def test_one_holder_alone_may_have_all_there_is() -> None:
    shares = Shares(8)
    for _ in range(8):
        assert shares.has_room("one")
        shares.take("one", 1)
    assert not shares.has_room("one")


def test_whoever_comes_when_all_is_taken_gets_a_share() -> None:
    shares = Shares(8)
    shares.take("one", 8)
    for _ in range(4):
        assert shares.has_room("other")
        shares.take("other", 1)
    assert not shares.has_room("other")
    shares.give_back("one", 3)
    assert not shares.has_room("one")  # it still has more than its share
    shares.give_back("one", 2)
    assert shares.has_room("one")


@given(
    st.integers(1, 64),
    st.lists(st.tuples(st.sampled_from("abcdefgh"), st.booleans()), max_size=60),
)
def test_all_holders_together_stay_within_a_known_bound(
    capacity: int, moves: list[tuple[str, bool]]
) -> None:
    shares = Shares(capacity)
    for holder, is_taking in moves:
        if is_taking and shares.has_room(holder):
            shares.take(holder, 1)
        elif not is_taking and shares.held_by(holder):
            shares.give_back(holder, 1)
    bound = sum(max(1, capacity // holders) for holders in range(1, 9))
    assert shares.taken == sum(shares.held_by(holder) for holder in "abcdefgh") <= bound


def test_one_key_that_has_all_permits_keeps_nobody_else_out(admission: Admission) -> None:
    held = [admission.permit("greedy") for _ in range(8)]
    with pytest.raises(Overloaded, match="permits"):
        admission.permit("greedy")
    with admission.permit("other"), admission.permit("other"):
        assert admission.taken == 10
    for permit in held:
        permit.give_back()
    assert admission.taken == 0


def test_a_long_text_takes_as_many_permits_as_it_is_worth(admission: Admission) -> None:
    with admission.permit("one", 3 * BYTES_A_PERMIT) as permit:
        assert admission.taken == 3
        permit.weigh(5 * WINDOWS_A_PERMIT + 1)
        assert admission.taken == 6
        permit.weigh(1)
        assert admission.taken == 1
    assert admission.taken == 0
    permit.give_back()  # once more does no harm
    assert admission.taken == 0


def test_a_text_that_is_worth_more_than_all_permits_is_admitted_alone(
    admission: Admission,
) -> None:
    with admission.permit("one", 20 * BYTES_A_PERMIT):
        with pytest.raises(Overloaded):
            admission.permit("one")
        with admission.permit("other"):
            pass


def test_who_waits_comes_before_who_asks_later(admission: Admission) -> None:
    async def ask() -> None:
        held = [admission.permit() for _ in range(8)]
        first = asyncio.create_task(admission.wait_for_permit())
        dropped = asyncio.create_task(admission.wait_for_permit())
        last = asyncio.create_task(admission.wait_for_permit())
        await asyncio.sleep(0)
        dropped.cancel()
        await asyncio.sleep(0)
        held.pop().give_back()
        with pytest.raises(Overloaded):
            admission.permit()
        held.append(await first)
        assert not last.done()
        held.pop().give_back()
        held.append(await last)
        for permit in held:
            permit.give_back()

    asyncio.run(ask())
    assert admission.taken == 0


def test_a_permit_that_comes_as_its_waiter_is_cancelled_is_not_lost(admission: Admission) -> None:
    async def ask() -> None:
        held = [admission.permit() for _ in range(8)]
        waiter = asyncio.create_task(admission.wait_for_permit())
        await asyncio.sleep(0)
        held.pop().give_back()  # granted, and not taken yet
        waiter.cancel()
        await asyncio.gather(waiter, return_exceptions=True)
        for permit in held:
            permit.give_back()

    asyncio.run(ask())
    assert admission.taken == 0
