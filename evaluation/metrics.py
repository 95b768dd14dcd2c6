"""Numbers with their intervals: a figure without its uncertainty and row count is not reported."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest, norm
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score

_RESAMPLES: Final = 10_000
_FEW_RESAMPLES: Final = 400
_CONFIDENCE: Final = 0.95
_TAIL: Final = (1 - _CONFIDENCE) / 2

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
    interval = binomtest(hits, rows).proportion_ci(_CONFIDENCE, method="wilson")
    return Measured(hits / rows, float(interval.low), float(interval.high), rows)


def rate(rows: Booleans, hits: Booleans) -> Measured | None:
    """The share of some rows that hit; None where there is no such row."""
    return share(int((rows & hits).sum()), int(rows.sum())) if rows.any() else None


def accuracy(truth: Booleans, decided: Booleans) -> Measured:
    """Share of right decisions."""
    return share(int((truth == decided).sum()), len(truth))


def macro_f1(truth: Booleans, decided: Booleans) -> Measured:
    """Mean of the F1 scores of the two classes, with a percentile bootstrap.

    Positives and negatives are resampled apart, so that both are always there. Resampling rows
    then only changes how many of each class are right, and these counts are binomial: drawing them
    is the same bootstrap without the rows.
    """
    positives, negatives = int(truth.sum()), int((~truth).sum())
    hits = int((truth & decided).sum())
    rejections = int((~truth & ~decided).sum())

    def measure(hits: Counts, rejections: Counts) -> Floats:
        misses, alarms = positives - hits, negatives - rejections
        of_positive = 2 * hits / np.maximum(2 * hits + misses + alarms, 1)
        of_negative = 2 * rejections / np.maximum(2 * rejections + misses + alarms, 1)
        return np.asarray((of_positive + of_negative) / 2)

    random = np.random.default_rng(0)
    drawn = measure(
        random.binomial(positives, hits / max(positives, 1), _RESAMPLES),
        random.binomial(negatives, rejections / max(negatives, 1), _RESAMPLES),
    )
    return _with_percentiles(
        float(measure(np.array(hits), np.array(rejections))), drawn, len(truth)
    )


def auc(truth: Booleans, scores: Floats) -> Measured:
    """Area under the ROC curve, with the interval of DeLong, DeLong, Clarke-Pearson 1988."""
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
    margin = float(norm.ppf(1 - _TAIL)) * variance**0.5
    return Measured(value, max(0.0, value - margin), min(1.0, value + margin), len(truth))


def balanced_accuracy(truth: Booleans, decided: Booleans, templates: Sequence[str]) -> Measured:
    """Mean of the accuracies of the two classes; its interval resamples whole templates.

    templates: one entry a row. Cases of one template are right or wrong together, so an interval
        over rows would be too narrow.
    Source: the cluster bootstrap, Field and Welsh 2007, Bootstrapping clustered data.
    """
    names, cluster = np.unique(np.array(templates), return_inverse=True)
    counts = np.array(
        [
            np.bincount(cluster, own, minlength=len(names))
            for own in (truth & decided, truth, ~truth & ~decided, ~truth)
        ]
    )

    def measure(drawn: Counts) -> float:
        hits, positives, rejections, negatives = counts[:, drawn].sum(axis=1)
        return float(hits / max(positives, 1) + rejections / max(negatives, 1)) / 2

    measured = bootstrap(len(names), measure)
    return replace(measured, rows=len(truth))


def average_precision(truth: Booleans, scores: Floats) -> Measured:
    """Area under the precision-recall curve as the mean of precisions, with a bootstrap of rows."""
    return _weighted(
        truth, lambda weights: average_precision_score(truth, scores, sample_weight=weights)
    )


def precision_at_recall(truth: Booleans, scores: Floats, recall: float) -> Measured:
    """The best precision of any threshold that finds at least `recall` of the positives."""

    def measure(weights: Floats) -> float:
        precisions, recalls, _ = precision_recall_curve(truth, scores, sample_weight=weights)
        return float(precisions[recalls >= recall].max())

    return _weighted(truth, measure)


def brier(truth: Booleans, scores: Floats) -> Measured:
    """Mean squared distance of the probabilities from what is true (Brier 1950)."""
    squares = (scores - truth) ** 2
    return _weighted(truth, lambda weights: np.average(squares, weights=weights))


def _weighted(truth: Booleans, measure: Callable[[Floats], float]) -> Measured:
    """A number with a percentile bootstrap of rows, positives and negatives apart.

    measure: from how many times each row is drawn. Drawing weights and not rows sorts the same
    scores each time, so fewer resamples do for many rows.
    """
    random = np.random.default_rng(0)
    classes = [np.flatnonzero(truth), np.flatnonzero(~truth)]

    def draw() -> Floats:
        weights = np.zeros(len(truth))
        for own in classes:
            if len(own):
                weights[own] = random.multinomial(len(own), np.full(len(own), 1 / len(own)))
        return weights

    drawn = np.array([float(measure(draw())) for _ in range(_FEW_RESAMPLES)])
    return _with_percentiles(float(measure(np.ones(len(truth)))), drawn, len(truth))


def mean_of_shares(hits: Sequence[int], rows: Sequence[int]) -> Measured:
    """Unweighted mean of several shares; each is resampled on its own."""
    return _of_shares(hits, rows, lambda shares: np.asarray(shares.mean(axis=0)))


def spread_of_shares(hits: Sequence[int], rows: Sequence[int]) -> Measured:
    """Highest less lowest of several shares; each is resampled on its own.

    Chance alone spreads equal shares, so the interval lies towards the upper side of the value.
    """
    return _of_shares(hits, rows, lambda shares: np.asarray(np.ptp(shares, axis=0)))


def _of_shares(
    hits: Sequence[int], rows: Sequence[int], measure: Callable[[Floats], Floats]
) -> Measured:
    random = np.random.default_rng(0)
    columns = np.array(rows, dtype=np.float64)[:, np.newaxis]
    drawn = np.array(
        [random.binomial(n, hit / n, _RESAMPLES) for hit, n in zip(hits, rows, strict=True)]
    )
    value = float(measure(np.array(hits)[:, np.newaxis] / columns)[0])
    return _with_percentiles(value, measure(drawn / columns), sum(rows))


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
    return _with_percentiles(measure(np.arange(rows)), drawn, rows, _TAIL / tries)


def clustered(
    clusters: Sequence[str], measure: Callable[[Counts], float], resamples: int = 1000
) -> Measured:
    """A number whose bootstrap draws whole clusters; its rows are all rows.

    clusters: one entry a row; "" is a cluster of its own. measure: as for `bootstrap`.
    Source: the cluster bootstrap, Field and Welsh 2007, Bootstrapping clustered data.
    """
    names = [cluster or f"\0{row}" for row, cluster in enumerate(clusters)]
    own = np.unique(np.array(names), return_inverse=True)[1]
    rows = np.split(np.argsort(own, kind="stable"), np.cumsum(np.bincount(own))[:-1])

    def of_clusters(drawn: Counts) -> float:
        return measure(np.concatenate([rows[cluster] for cluster in drawn]))

    return replace(bootstrap(len(rows), of_clusters, resamples), rows=len(names))


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
    return _with_percentiles(measure([np.arange(size) for size in sizes]), drawn, sum(sizes))


def _with_percentiles(value: float, drawn: Floats, rows: int, tail: float = _TAIL) -> Measured:
    low, high = np.percentile(drawn, [100 * tail, 100 * (1 - tail)])
    return Measured(value, min(float(low), value), max(float(high), value), rows)


def mean_auc(truths: Sequence[Booleans], scores: Sequence[Floats]) -> Measured:
    """Unweighted mean of the areas of several labels on the same rows, with a bootstrap of rows."""
    codes = [np.unique(own, return_inverse=True)[1] for own in scores]

    def measure(rows: Counts) -> float:
        times = np.bincount(rows, minlength=len(truths[0])).astype(np.float64)
        areas = []
        for truth, code in zip(truths, codes, strict=True):
            above = np.bincount(code, times * truth)
            below = np.bincount(code, times * ~truth)
            wins = above * (np.cumsum(below) - below / 2)
            areas.append(wins.sum() / max(above.sum() * below.sum(), 1.0))
        return float(np.mean(areas))

    return bootstrap(len(truths[0]), measure)
