"""Bounds of a cascade, on made-up rows: what the base would flag is hardly ever lost."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upstander.training.cascade import Rows, choose_bounds, passed

HIGHEST = np.array([0.3, 0.2])


def rows_of(seed: int, count: int = 3000) -> Rows:
    """Two labels and a target category; the student is a worse judge than the base."""
    draw = np.random.default_rng(seed)
    base = draw.normal(-2, 2, (count, 2))
    student = 1 / (1 + np.exp(-(base + draw.normal(0, 1.2, (count, 2)) - 1)))
    flags = base >= 0
    target = flags.any(axis=1) & (draw.random(count) < 0.1)
    ordinary = ~flags.any(axis=1) & (draw.random(count) < 0.7)
    return Rows(student, np.column_stack([flags, target]), ordinary, ("hate", "threat", "race"))


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000), max_lost=st.sampled_from([0.0, 0.001, 0.01, 0.1]))
def test_in_no_category_more_is_lost_than_is_allowed(seed: int, max_lost: float) -> None:
    rows = rows_of(seed, 600)
    bounds = choose_bounds(rows, HIGHEST, max_lost)
    assert (bounds <= HIGHEST).all()
    for flagged in passed(rows, bounds, "validation").flags:
        assert flagged.lost <= max_lost * flagged.flagged + 1e-9
    # No bound could be higher: raised to the next flag, it would lose one too many.
    flagged_rows = rows.student[rows.flags.any(axis=1)]
    for label, bound in enumerate(bounds):
        floors = np.floor(flagged_rows[:, label] * 1e6) / 1e6
        higher = floors[(floors > bound) & (floors < HIGHEST[label])]
        if bound < HIGHEST[label]:
            raised = bounds.copy()
            raised[label] = higher.min(initial=HIGHEST[label])
            assert (rows.lost(raised) > rows.allowed(max_lost)).any()


def test_the_more_may_be_lost_the_less_is_sent_on() -> None:
    rows = rows_of(3)
    shares = [
        rows.sent_on(choose_bounds(rows, HIGHEST, max_lost))[rows.ordinary].mean()
        for max_lost in (0.0, 0.01, 0.1, 1.0)
    ]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > shares[-1]


def test_a_flag_that_one_label_finds_needs_no_low_bound_of_another() -> None:
    """The second label finds what the first does not, so that the first need not be lowered."""
    student = np.array([[0.9, 0.9], [0.001, 0.15], [0.1, 0.001], [0.05, 0.002]])
    flags = np.array([[True], [True], [False], [False]])
    rows = Rows(student, flags, ~flags[:, 0], ("hate",))
    bounds = choose_bounds(rows, HIGHEST, 0.0)
    assert bounds.tolist() == [0.3, pytest.approx(0.15)]
    assert rows.sent_on(bounds).tolist() == [True, True, False, False]


def test_a_small_category_loses_nothing_where_a_large_one_may() -> None:
    student = np.full((2001, 1), 0.5)
    student[:2] = [[0.01], [0.02]]
    of_all = np.ones((2001, 1), dtype=np.bool_)
    rare = np.zeros((2001, 1), dtype=np.bool_)
    common = Rows(student, of_all, ~of_all[:, 0], ("hate",))
    assert choose_bounds(common, np.array([0.3]), 0.001).tolist() == [0.3]
    rare[0] = True
    both = Rows(student, np.column_stack([of_all, rare]), ~of_all[:, 0], ("hate", "caste"))
    assert choose_bounds(both, np.array([0.3]), 0.001).tolist() == [0.01]


def test_what_the_bounds_do_is_counted_by_category() -> None:
    rows = rows_of(5)
    found = passed(rows, HIGHEST, "calibration")
    sent_on = (rows.student >= HIGHEST).any(axis=1)
    assert (found.rows, found.sent_on) == (3000, int(sent_on.sum()))
    assert found.ordinary_sent_on == int((sent_on & rows.ordinary).sum())
    assert [one.category for one in found.flags] == ["hate", "threat", "race"]
    assert [one.lost for one in found.flags] == (rows.flags & ~sent_on[:, None]).sum(0).tolist()
