"""How sure a number is: its 95 % interval, for rows that are independent draws and for rows that
are not.

Cases of one template, or parts of one post, are right or wrong together. An interval that takes
each for a draw of its own is too narrow, so wherever a suite says what belongs together, whole
clusters are resampled (Field and Welsh 2007, Bootstrapping clustered data).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import compress
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

CONFIDENCE: Final = 0.95
TAIL: Final = (1 - CONFIDENCE) / 2
_Z: Final = float(norm.ppf(1 - TAIL))

Booleans = NDArray[np.bool_]
Counts = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Measured:
    """A number, its 95 % interval, and the rows it was measured on."""

    value: float
    low: float
    high: float
    rows: int


def share(hits: int, rows: int) -> Measured:
    """A share with its Wilson interval (Wilson 1927). NaN over no rows."""
    if rows == 0:
        return Measured(float("nan"), 0.0, 1.0, 0)
    return Measured(hits / rows, *_wilson(hits / rows, rows), rows)


def share_of(hits: Booleans, clusters: Sequence[str] = ()) -> Measured:
    """The share of rows that hit, with the Wilson interval of as many rows as they are worth.

    clusters: as for `numbers_of`. Rows are worth less than their number by the design effect; where
        all or none hit, nothing tells how alike those of a cluster are, and a cluster is worth one
        row (Korn and Graubard 1998, Confidence intervals for proportions with small expected number
        of positive counts estimated from survey data).
    """
    rows = len(hits)
    numbers = numbers_of(clusters)
    if numbers is None or not rows:
        return share(int(hits.sum()), rows)
    sizes, found = np.bincount(numbers), np.bincount(numbers, hits)
    value, many = float(hits.mean()), len(sizes)
    worth = float(many)
    if 0 < value < 1 and many > 1:
        spread = float(((found - value * sizes) ** 2).sum()) * many / (many - 1)
        worth = min(float(rows), value * (1 - value) * rows**2 / spread) if spread else float(rows)
    return Measured(value, *_wilson(value, worth), rows)


def rate(rows: Booleans, hits: Booleans, clusters: Sequence[str] = ()) -> Measured | None:
    """The share of some rows that hit; None where there is no such row.

    clusters: one entry for each of all rows, or none.
    """
    if not rows.any():
        return None
    return share_of(hits[rows], list(compress(clusters, rows)))


def numbers_of(clusters: Sequence[str]) -> Counts | None:
    """A number for each row, the same for the rows of a cluster; None if all rows stand alone.

    clusters: one entry a row; "" is a cluster of its own. No entries at all: all rows stand alone.
    """
    names = [cluster or f"\0{row}" for row, cluster in enumerate(clusters)]
    found, numbers = np.unique(np.array(names), return_inverse=True)
    return None if len(found) == len(names) else np.asarray(numbers, dtype=np.int64)


def bootstrap(
    rows: int, measure: Callable[[Counts], float], resamples: int = 1000, tries: int = 1
) -> Measured:
    """A number with a percentile bootstrap (Efron 1979).

    measure: from row numbers, with repeats, to the number.
    tries: of how many numbers this is one, if all intervals together are to hold with 95 %
        (Bonferroni 1936).
    """
    random = np.random.default_rng(0)
    drawn = np.array([measure(random.integers(0, rows, rows)) for _ in range(resamples)])
    return with_percentiles(measure(np.arange(rows)), drawn, rows, tail=TAIL / tries)


def clustered(
    clusters: Sequence[str], measure: Callable[[Counts], float], resamples: int = 1000
) -> Measured:
    """A number whose bootstrap draws whole clusters; its rows are all rows.

    clusters: as for `numbers_of`, but for every row. measure: as for `bootstrap`.
    """
    numbers = numbers_of(clusters)
    if numbers is None:
        return bootstrap(len(clusters), measure, resamples)
    rows = np.split(np.argsort(numbers, kind="stable"), np.cumsum(np.bincount(numbers))[:-1])

    def of_clusters(drawn: Counts) -> float:
        return measure(np.concatenate([rows[cluster] for cluster in drawn]))

    return replace(bootstrap(len(rows), of_clusters, resamples), rows=len(clusters))


def stratified(
    sizes: Sequence[int], measure: Callable[[Sequence[Counts]], float], resamples: int = 1000
) -> Measured:
    """A number of several samples, each of which is resampled on its own; its rows are all rows.

    sizes: rows of each sample. measure: from the row numbers of each, with repeats, to the number.
    """
    random = np.random.default_rng(0)
    drawn = np.array(
        [measure([random.integers(0, size, size) for size in sizes]) for _ in range(resamples)]
    )
    value = measure([np.arange(size) for size in sizes])
    return with_percentiles(value, drawn, sum(sizes), min(sizes))


def with_percentiles(
    value: float, drawn: Floats, rows: int, units: int | None = None, tail: float = TAIL
) -> Measured:
    """A number in [0, 1] with the percentiles of its resamples.

    units: of how many draws it is made; None is the rows. Where every resample says the same 0 or
        1, they say nothing of how far off it may be, and the interval is that of a share of so many
        draws.
    """
    low, high = (float(q) for q in np.percentile(drawn, [100 * tail, 100 * (1 - tail)]))
    if low == high == value and value in (0.0, 1.0):
        low, high = _wilson(value, units or rows)
    return Measured(value, min(low, value), max(high, value), rows)


def upper_ends(shares: Floats, rows: int) -> Floats:
    """The upper ends of the Wilson intervals of shares, all of so many rows."""
    squared = _Z**2
    middle = (shares + squared / (2 * rows)) / (1 + squared / rows)
    inside = shares * (1 - shares) / rows + squared / (4 * rows**2)
    return np.asarray(np.minimum(middle + _Z * np.sqrt(inside) / (1 + squared / rows), 1.0))


def rows_for(share: float) -> int:
    """How many rows it takes to show that a share is no higher, if none of them hits."""
    return math.ceil(_Z**2 * (1 / share - 1))


def _wilson(value: float, rows: float) -> tuple[float, float]:
    """The interval of a share of so many rows, which need not be a whole number."""
    squared = _Z**2
    middle = (value + squared / (2 * rows)) / (1 + squared / rows)
    inside = value * (1 - value) / rows + squared / (4 * rows**2)
    margin = _Z * inside**0.5 / (1 + squared / rows)
    return max(0.0, min(middle - margin, value)), min(1.0, max(middle + margin, value))
