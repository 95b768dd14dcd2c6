"""Metrics, each with its 95 % interval and its number of rows.

Wherever `clusters` may be given, it has one entry a row: what the row shares with those that are no
independent draws, or "" (`evaluation/intervals.py`). None at all: every row stands alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from upstander.evaluation.intervals import (
    TAIL,
    Booleans,
    Counts,
    Floats,
    Measured,
    bootstrap,
    numbers_of,
    share,
    share_of,
    with_percentiles,
)
from upstander.evaluation.resampling import Number, area_of, average_precision_of, curve_of

_RESAMPLES: Final = 10_000
_FEW_RESAMPLES: Final = 400
_CLUSTER_RESAMPLES: Final = 2000


def accuracy(truth: Booleans, decided: Booleans, clusters: Sequence[str] = ()) -> Measured:
    """Share of right decisions."""
    return share_of(truth == decided, clusters)


def macro_f1(truth: Booleans, decided: Booleans, clusters: Sequence[str] = ()) -> Measured:
    """Mean of the F1 scores of the two classes.

    Of rows that stand alone the recall of each class is drawn from its Jeffreys posterior, so that
    the interval is none of zero width where all rows are right (Brown, Cai, DasGupta 2001, Interval
    estimation for a binomial proportion).
    """
    right = truth == decided
    counts = np.array([truth & right, truth, ~truth & right, ~truth])

    def measure(hits: Floats, positives: Floats, kept: Floats, negatives: Floats) -> Floats:
        misses, alarms = positives - hits, negatives - kept
        of_positive = 2 * hits / np.maximum(2 * hits + misses + alarms, 1)
        of_negative = 2 * kept / np.maximum(2 * kept + misses + alarms, 1)
        return np.asarray((of_positive + of_negative) / 2)

    return of_counts(counts, measure, clusters)


def f1(truth: Booleans, decided: Booleans, clusters: Sequence[str] = ()) -> Measured:
    """The F1 score of the rows with the label, drawn as for `macro_f1`."""
    right = truth == decided
    counts = np.array([truth & right, truth, ~truth & right, ~truth])

    def measure(hits: Floats, positives: Floats, kept: Floats, negatives: Floats) -> Floats:
        wrong = positives - hits + negatives - kept
        return np.asarray(2 * hits / np.maximum(2 * hits + wrong, 1))

    return of_counts(counts, measure, clusters)


def balanced_accuracy(truth: Booleans, decided: Booleans, clusters: Sequence[str] = ()) -> Measured:
    """Mean of the accuracies of the two classes, drawn as for `macro_f1`."""
    right = truth == decided
    counts = np.array([truth & right, truth, ~truth & right, ~truth])

    def measure(hits: Floats, positives: Floats, kept: Floats, negatives: Floats) -> Floats:
        return np.asarray(hits / np.maximum(positives, 1) + kept / np.maximum(negatives, 1)) / 2

    return of_counts(counts, measure, clusters)


def mean_of_shares(right: Booleans, names: Sequence[str], clusters: Sequence[str] = ()) -> Measured:
    """Unweighted mean of the shares that are right among the rows of each name."""
    return _of_shares(right, names, lambda shares: np.asarray(shares.mean(axis=0)), clusters)


def spread_of_shares(
    right: Booleans, names: Sequence[str], clusters: Sequence[str] = ()
) -> Measured:
    """Highest less lowest of the shares that are right among the rows of each name.

    Chance alone spreads equal shares, so the interval lies towards the upper side of the value.
    """
    return _of_shares(right, names, lambda shares: np.asarray(np.ptp(shares, axis=0)), clusters)


def _of_shares(
    right: Booleans,
    names: Sequence[str],
    measure: Callable[[Floats], Floats],
    clusters: Sequence[str],
) -> Measured:
    column = np.array(names)
    own = [column == name for name in np.unique(column)]
    counts = np.array([part for rows in own for part in (right & rows, rows)])

    def of_drawn(*drawn: Floats) -> Floats:
        hits, rows = np.array(drawn[::2]), np.array(drawn[1::2])
        return measure(hits / np.maximum(rows, 1))

    return of_counts(counts, of_drawn, clusters)


def of_counts(
    counts: Booleans, measure: Callable[..., Floats], clusters: Sequence[str]
) -> Measured:
    """A number in [0, 1] that is made of how many rows of each kind are right.

    counts: (2 times the kinds, rows): which rows are right and of a kind, and which are of it, by
        turns. measure: from as many arrays of counts.
    """
    random = np.random.default_rng(0)
    numbers = numbers_of(clusters)
    totals = counts.sum(axis=1).astype(np.float64)
    rows = int(counts.shape[1])
    if numbers is None:
        drawn = [
            part
            for right, all_of in zip(totals[::2], totals[1::2], strict=True)
            for part in (
                all_of * random.beta(right + 0.5, all_of - right + 0.5, _RESAMPLES),
                np.full(_RESAMPLES, all_of),
            )
        ]
        return with_percentiles(float(measure(*totals)), measure(*drawn), rows)
    many = int(numbers.max()) + 1
    own = np.array([np.bincount(numbers, part, many) for part in counts])
    times = random.multinomial(many, np.full(many, 1 / many), _CLUSTER_RESAMPLES)
    return with_percentiles(float(measure(*totals)), measure(*(own @ times.T)), rows, many)


def auc(truth: Booleans, scores: Floats, clusters: Sequence[str] = ()) -> Measured:
    """Area under the ROC curve.

    Its interval is that of DeLong, DeLong, Clarke-Pearson 1988, or resamples the clusters.
    """
    if numbers_of(clusters) is not None:
        return _weighted(truth, area_of(truth, scores), clusters)
    value = float(roc_auc_score(truth, scores))
    positives, negatives = np.sort(scores[truth]), np.sort(scores[~truth])

    def above(ones: Floats, others: Floats) -> Floats:
        """For each of `ones`, the share of `others` below it; ties count half."""
        below = np.searchsorted(others, ones, "left") + np.searchsorted(others, ones, "right")
        return np.asarray(below / (2 * len(others)))

    variance = sum(
        float(np.var(above(ones, others), ddof=1)) / len(ones)
        for ones, others in ((positives, negatives), (negatives, positives))
        if len(ones) > 1
    )
    if not variance and value in (0.0, 1.0):
        certain = share(round(value * len(positives)), len(positives))
        return replace(certain, rows=len(truth))
    margin = float(norm.ppf(1 - TAIL)) * variance**0.5
    return Measured(value, max(0.0, value - margin), min(1.0, value + margin), len(truth))


def average_precision(truth: Booleans, scores: Floats, clusters: Sequence[str] = ()) -> Measured:
    """Area under the precision-recall curve as the mean of precisions, with a bootstrap."""
    return _weighted(truth, average_precision_of(truth, scores), clusters)


def precision_at_recall(
    truth: Booleans, scores: Floats, recall: float, clusters: Sequence[str] = ()
) -> Measured:
    """The best precision of any threshold that finds at least `recall` of the positives."""
    curve = curve_of(truth, scores)

    def measure(weights: Floats) -> float:
        precisions, recalls = curve(weights)
        return float(precisions[recalls >= recall].max())

    return _weighted(truth, measure, clusters)


def brier(truth: Booleans, scores: Floats, clusters: Sequence[str] = ()) -> Measured:
    """Mean squared distance of the probabilities from what is true (Brier 1950)."""
    squares = (scores - truth) ** 2
    return _weighted(truth, lambda weights: float(np.average(squares, weights=weights)), clusters)


def _weighted(truth: Booleans, measure: Number, clusters: Sequence[str]) -> Measured:
    """A number with a percentile bootstrap of clusters, or of rows, positives and negatives apart.

    measure: from how many times each row is drawn. Drawing weights and not rows sorts the same
    scores each time, so fewer resamples do for many rows.
    """
    random = np.random.default_rng(0)
    numbers = numbers_of(clusters)
    classes = [own for own in (np.flatnonzero(truth), np.flatnonzero(~truth)) if len(own)]

    def draw() -> Floats:
        weights = np.zeros(len(truth))
        while not all(weights[own].any() for own in classes):
            if numbers is not None:
                many = int(numbers.max()) + 1
                weights = random.multinomial(many, np.full(many, 1 / many))[numbers].astype(float)
                continue
            for own in classes:
                weights[own] = random.multinomial(len(own), np.full(len(own), 1 / len(own)))
        return weights

    drawn = np.array([measure(draw()) for _ in range(_FEW_RESAMPLES)])
    units = int(truth.sum()) if numbers is None else int(numbers.max()) + 1
    return with_percentiles(measure(np.ones(len(truth))), drawn, len(truth), units)


def mean_auc(truths: Sequence[Booleans], scores: Sequence[Floats]) -> Measured:
    """Unweighted mean of the areas of several labels on the same rows, with a bootstrap of rows."""
    areas = [area_of(truth, own) for truth, own in zip(truths, scores, strict=True)]

    def measure(rows: Counts) -> float:
        times = np.bincount(rows, minlength=len(truths[0])).astype(np.float64)
        return float(np.mean([area(times) for area in areas]))

    return bootstrap(len(truths[0]), measure)
