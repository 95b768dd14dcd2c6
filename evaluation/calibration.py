"""Whether a probability means what it says: the expected calibration error."""

from typing import Final

import numpy as np

from evaluation.metrics import Booleans, Counts, Floats, Measured, bootstrap

_BINS: Final = 15


def calibration_error(truth: Booleans, scores: Floats, prior: float | None = None) -> Measured:
    """Expected calibration error over 15 bins of equal mass, with a percentile bootstrap.

    prior: the share of positives that the probabilities assume; the rows are then weighted so that
        positives have it. None takes the rows as they are.
    Source: Naeini, Cooper, Hauskrecht 2015, Obtaining Well Calibrated Probabilities Using Bayesian
    Binning. Few rows a bin make the error larger than it is; so do the resampled ones.
    """

    def measure(rows: Counts) -> float:
        return _error(truth[rows], scores[rows], prior)

    return bootstrap(len(truth), measure)


def _error(truth: Booleans, scores: Floats, prior: float | None) -> float:
    order = np.argsort(scores, kind="stable")
    truth, scores = truth[order], scores[order]
    weights = np.ones(len(truth))
    share = truth.mean()
    if prior is not None and 0 < share < 1:
        weights = np.where(truth, prior / share, (1 - prior) / (1 - share))
    weights = weights / weights.sum()
    # A row belongs to the bin in which the middle of its own mass lies.
    middles = np.cumsum(weights) - weights / 2
    bins = np.minimum((middles * _BINS).astype(np.int64), _BINS - 1)
    gaps = np.bincount(bins, weights * (scores - truth), minlength=_BINS)
    return float(np.abs(gaps).sum())
