"""Expected calibration error."""

from collections.abc import Iterator, Sequence
from typing import Final, cast

import numpy as np

from upstander.evaluation.intervals import (
    Booleans,
    Counts,
    Floats,
    Measured,
    bootstrap,
    clustered,
    stratified,
)

_BINS: Final = 15


def calibration_error(
    truth: Booleans,
    scores: Floats,
    prior: float | None = None,
    clusters: Sequence[str] = (),
) -> Measured:
    """Expected calibration error over 15 bins of equal mass, with a percentile bootstrap.

    clusters: one entry a row, as in `evaluation/metrics.py`.

    prior: the share of positives that the probabilities assume; the rows are then weighted so that
        positives have it. None takes the rows as they are.
    Few rows a bin make the error larger than it is; so do the resampled ones.
    """

    def measure(rows: Counts) -> float:
        own = truth[rows]
        return expected_error(own, scores[rows], _weights(own, prior))

    return clustered(clusters, measure) if clusters else bootstrap(len(truth), measure)


def error_of_strata(strata: Sequence[tuple[Booleans, Floats, float]]) -> Measured:
    """Expected calibration error of several samples that are parts of one whole.

    strata: (truth, scores, share of the whole) of each sample. Rows are resampled within them.
    """

    def measure(drawn: Sequence[Counts]) -> float:
        parts = list(zip(strata, drawn, strict=True))
        return expected_error(
            np.concatenate([truth[rows] for (truth, _, _), rows in parts]),
            np.concatenate([scores[rows] for (_, scores, _), rows in parts]),
            np.concatenate([np.full(len(rows), own / len(rows)) for (_, _, own), rows in parts]),
        )

    return stratified([len(truth) for truth, _, _ in strata], measure, resamples=400)


def expected_error(truth: Booleans, scores: Floats, weights: Floats) -> float:
    """Expected calibration error over 15 bins of equal mass; NaN of no rows.

    truth, scores, weights: one entry a row each.
    Source: Naeini, Cooper, Hauskrecht 2015, Obtaining Well Calibrated Probabilities Using Bayesian
    Binning.
    """
    if not len(truth):
        return float("nan")
    gaps = (weights * (scores - truth)) / weights.sum()
    return float(sum(abs(gaps[own].sum()) for own in bins_of(scores, weights, _BINS)))


def bins_of(scores: Floats, weights: Floats, bins: int) -> Iterator[Counts]:
    """The rows of each bin of equal mass that has any, from the lowest scores up."""
    order = np.argsort(scores, kind="stable")
    mass = weights[order] / weights.sum()
    # A row belongs to the bin in which the middle of its own mass lies.
    middles = np.cumsum(mass) - mass / 2
    place = np.minimum((middles * bins).astype(np.int64), bins - 1)
    for index in range(bins):
        if len(own := order[place == index]):
            yield own


def _weights(truth: Booleans, prior: float | None) -> Floats:
    share = truth.mean()
    if prior is None or not 0 < share < 1:
        return np.ones(len(truth))
    return cast("Floats", np.where(truth, prior / share, (1 - prior) / (1 - share)))
