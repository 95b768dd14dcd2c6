"""Bootstrap resampling by row counts.

A bootstrap asks for a number of the same rows hundreds of times. The functions of scikit-learn
check and sort the rows at each call, which takes two milliseconds; here that is done once.
"""

from collections.abc import Callable

import numpy as np

from upstander.evaluation.intervals import Booleans, Floats

Number = Callable[[Floats], float]
"""From how many times each row was drawn, (rows,), to a number of the drawn rows."""


def accuracy_of(truth: Booleans, decided: Booleans) -> Number:
    """Share of right decisions."""
    right = (truth == decided).astype(np.float64)
    return lambda times: float(times @ right / times.sum())


def macro_f1_of(truth: Booleans, decided: Booleans) -> Number:
    """Mean of the F1 scores of the two classes; that of a class that nobody has or says is 0."""
    kinds = np.array([truth & decided, truth & ~decided, ~truth & decided, ~truth & ~decided])
    counts = kinds.astype(np.float64)

    def macro_f1(times: Floats) -> float:
        hits, misses, alarms, rest = counts @ times
        of_positive = 2 * hits / max(2 * hits + misses + alarms, 1.0)
        return float(of_positive + 2 * rest / max(2 * rest + misses + alarms, 1.0)) / 2

    return macro_f1


def area_of(truth: Booleans, scores: Floats) -> Number:
    """Area under the ROC curve."""
    code = np.unique(scores, return_inverse=True)[1]

    def area(times: Floats) -> float:
        above = np.bincount(code, times * truth)
        below = np.bincount(code, times * ~truth)
        wins = above * (np.cumsum(below) - below / 2)
        return float(wins.sum() / max(above.sum() * below.sum(), 1.0))

    return area


def curve_of(truth: Booleans, scores: Floats) -> Callable[[Floats], tuple[Floats, Floats]]:
    """From how many times each row was drawn to the precision and recall of each threshold."""
    code = np.unique(-scores, return_inverse=True)[1]  # the highest threshold first

    def curve(times: Floats) -> tuple[Floats, Floats]:
        hits = np.cumsum(np.bincount(code, times * truth))
        flagged = np.cumsum(np.bincount(code, times))
        return hits / np.maximum(flagged, 1.0), hits / max(hits[-1], 1.0)

    return curve


def average_precision_of(truth: Booleans, scores: Floats) -> Number:
    """Area under the precision-recall curve as the mean of precisions."""
    curve = curve_of(truth, scores)

    def average_precision(times: Floats) -> float:
        precisions, recalls = curve(times)
        return float((precisions * np.diff(recalls, prepend=0.0)).sum())

    return average_precision
