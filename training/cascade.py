"""The bounds of a cascade: under which probabilities the small model may answer for the large one.

A text is sent on to the base where the student's probability of any label is at or over its bound.
The bounds are as high as they may be while of everything that the base would flag, in every
category, hardly anything is settled by the student; and of all such bounds they send on few
ordinary posts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from upstander.models.cascade import LostFlags, Passed

Booleans = NDArray[np.bool_]
Counts = NDArray[np.int64]
Floats = NDArray[np.float64]

_DECIMALS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows that both models have read.

    student: (rows, labels), calibrated probabilities of the student.
    flags: (rows, categories), whether the base flags a row, in the categories that are named.
    ordinary: (rows,), everyday posts, which are to be sent on as seldom as possible.
    """

    student: Floats
    flags: Booleans
    ordinary: Booleans
    categories: Sequence[str]

    def sent_on(self, bounds: Floats) -> Booleans:
        """Which rows the base reads. bounds: (labels,)."""
        return np.asarray((self.student >= bounds).any(axis=1))

    def lost(self, bounds: Floats) -> Counts:
        """(categories,), how many flags of the base are never raised."""
        settled = ~self.sent_on(bounds)
        return np.asarray(self.flags[settled].sum(axis=0), dtype=np.int64)

    def allowed(self, max_lost: float) -> Counts:
        """(categories,), how many of them may be lost."""
        # A share such as 0.001 is a little less than that as a float.
        allowed = np.floor(max_lost * self.flags.sum(axis=0) + 1e-9)
        return np.asarray(allowed, dtype=np.int64)


def choose_bounds(rows: Rows, highest: Floats, max_lost: float) -> Floats:
    """(labels,), bounds that lose at most a share of the base's flags, in every category.

    highest: (labels,), over which no bound may be. Begins there and lowers one bound at a time: the
    one, and to the value, that win back the most flags for each ordinary post that is sent on, as
    a greedy cover of sets does (Chvatal 1979). What turns out not to be needed is raised again.
    """
    allowed = rows.allowed(max_lost)
    bounds = highest.copy()
    while (excess := rows.lost(bounds) - allowed).max(initial=0) > 0:
        label, bound = _best_step(rows, bounds, excess)
        bounds[label] = bound
    return _raised(rows, bounds, highest, allowed)


def _best_step(rows: Rows, bounds: Floats, excess: Counts) -> tuple[int, float]:
    """The label and its new bound. excess: (categories,), flags to win back, if over 0."""
    settled = ~rows.sent_on(bounds)
    wanted = excess > 0
    lost = np.flatnonzero(settled & rows.flags[:, wanted].any(axis=1))
    spared = settled & (rows.ordinary if rows.ordinary.any() else True)
    best = (-1.0, 0, 0.0)
    for label in range(rows.student.shape[1]):
        order = lost[np.argsort(-rows.student[lost, label], kind="stable")]
        values = rows.student[order, label]
        won = np.cumsum(rows.flags[order][:, wanted], axis=0)
        gains = np.minimum(won, excess[wanted]).sum(axis=1)
        posts = np.sort(rows.student[spared, label])
        costs = len(posts) - np.searchsorted(posts, values, side="left")
        rates = gains / (1 + costs)
        at = int(rates.argmax())
        if rates[at] > best[0]:
            best = (float(rates[at]), label, _rounded(values[at]))
    return best[1], best[2]


def _raised(rows: Rows, bounds: Floats, highest: Floats, allowed: Counts) -> Floats:
    """Every bound as high as it may be beside the others, those first that send on the most."""
    raised = bounds.copy()

    def is_fine(label: int, bound: float) -> bool:
        tried = raised.copy()
        tried[label] = bound
        return bool((rows.lost(tried) <= allowed).all())

    flagged = rows.flags.any(axis=1)
    sends = (rows.student >= bounds)[rows.ordinary if rows.ordinary.any() else slice(None)]
    for label in np.argsort(-sends.sum(axis=0), kind="stable").tolist():
        own = rows.student[flagged, label]
        own = own[(own > raised[label]) & (own < highest[label])]
        values = [*map(_rounded, np.unique(own)), float(highest[label])]
        low, high = 0, len(values)  # values before `low` are fine, and those from `high` on are not
        while low < high:
            middle = (low + high) // 2
            if is_fine(label, values[middle]):
                low = middle + 1
            else:
                high = middle
        if low:
            raised[label] = values[low - 1]
    return raised


def passed(rows: Rows, bounds: Floats, split: Literal["validation", "calibration"]) -> Passed:
    """What bounds do to the rows of a split."""
    sent_on = rows.sent_on(bounds)
    return Passed(
        split=split,
        rows=len(sent_on),
        sent_on=int(sent_on.sum()),
        ordinary=int(rows.ordinary.sum()),
        ordinary_sent_on=int(sent_on[rows.ordinary].sum()),
        flags=tuple(
            LostFlags(category=category, flagged=int(flagged), lost=int(lost))
            for category, flagged, lost in zip(
                rows.categories, rows.flags.sum(axis=0), rows.lost(bounds), strict=True
            )
        ),
    )


def _rounded(value: float) -> float:
    """To six decimals, downwards: what has the value is still sent on."""
    return float(np.floor(value * _DECIMALS) / _DECIMALS)
