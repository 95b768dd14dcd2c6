"""Numbers with their intervals: a figure without its uncertainty and row count is not reported."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest
from sklearn.metrics import f1_score, roc_auc_score

_RESAMPLES: Final = 1000
_CONFIDENCE: Final = 0.95

Booleans = NDArray[np.bool_]
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
    """Mean of the F1 scores of the two classes."""

    def measure(rows: NDArray[np.int64]) -> float:
        return float(f1_score(truth[rows], decided[rows], average="macro", zero_division=0.0))

    return _bootstrap(measure, truth)


def auc(truth: Booleans, scores: Floats) -> Measured:
    """Area under the ROC curve."""
    return _bootstrap(lambda rows: float(roc_auc_score(truth[rows], scores[rows])), truth)


def _bootstrap(measure: Callable[[NDArray[np.int64]], float], truth: Booleans) -> Measured:
    """Percentile bootstrap, positives and negatives resampled apart, so that both are always
    there."""
    everything = np.arange(len(truth))
    positives, negatives = everything[truth], everything[~truth]
    random = np.random.default_rng(0)
    values = [
        measure(
            np.concatenate(
                [random.choice(part, len(part)) for part in (positives, negatives) if len(part)]
            )
        )
        for _ in range(_RESAMPLES)
    ]
    tail = 100 * (1 - _CONFIDENCE) / 2
    low, high = np.percentile(values, [tail, 100 - tail])
    return Measured(measure(everything), float(low), float(high), len(truth))
