"""Numbers with their intervals: a figure without its uncertainty and row count is not reported."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest, norm
from sklearn.metrics import roc_auc_score

_RESAMPLES: Final = 10_000
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
    low, high = np.percentile(
        measure(
            random.binomial(positives, hits / max(positives, 1), _RESAMPLES),
            random.binomial(negatives, rejections / max(negatives, 1), _RESAMPLES),
        ),
        [100 * _TAIL, 100 * (1 - _TAIL)],
    )
    value = float(measure(np.array(hits), np.array(rejections)))
    return Measured(value, min(float(low), value), max(float(high), value), len(truth))


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
