"""Whether a protected category needs a threshold of its own.

Rows of a category are those whose text speaks of it as the model itself says, because that is all
that whoever applies the threshold will know.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from upstander.evaluation.intervals import Counts, Measured, bootstrap
from upstander.training.calibration import balanced_threshold, weighted_macro_f1

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]

_MIN_ROWS: Final = 40
"""Rows of either class, on either side, below which nothing is tried."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The rows that define a label, on one split.

    probabilities, truth, weights: one entry a row. speaks_of: (rows, categories).
    """

    probabilities: Floats
    truth: Booleans
    weights: Floats
    speaks_of: Booleans

    def of(self, rows: Booleans | Counts) -> "Judged":
        """The same of some rows."""
        return Judged(
            self.probabilities[rows], self.truth[rows], self.weights[rows], self.speaks_of[rows]
        )

    @property
    def is_enough(self) -> bool:
        """Whether there are rows enough of either class to fit or judge a threshold."""
        return bool(min(self.truth.sum(), (~self.truth).sum()) >= _MIN_ROWS)

    def macro_f1(self, threshold: float) -> float:
        """Weighted mean of the F1 scores of the two classes."""
        return weighted_macro_f1(self.probabilities, self.truth, self.weights)(threshold)


@dataclass(frozen=True, slots=True)
class OwnThreshold:
    """The best threshold of one category, and whether it is better than the common one.

    threshold: fitted on validation rows. gain: what it adds to the mean F1 of the two classes over
        the common threshold, on calibration rows, which it was not fitted on; its interval allows
        for every other that was tried.
    """

    category: str
    threshold: float
    gain: Measured

    @property
    def is_supported(self) -> bool:
        """Whether the whole interval of the gain is above zero."""
        return self.gain.low > 0


def own_thresholds(
    categories: tuple[str, ...],
    common: float,
    validation: Judged,
    calibration: Judged,
    labels: int = 1,
) -> list[OwnThreshold]:
    """One entry for each category that has rows enough to tell.

    labels: for how many labels all categories are tried.
    """
    found = []
    tries = labels * len(categories)
    for column, category in enumerate(categories):
        fitted_on = validation.of(validation.speaks_of[:, column])
        judged_on = calibration.of(calibration.speaks_of[:, column])
        if not (fitted_on.is_enough and judged_on.is_enough):
            continue
        own = balanced_threshold(fitted_on.probabilities, fitted_on.truth, fitted_on.weights)

        def gain(rows: Counts, judged: Judged = judged_on, own: float = own) -> float:
            drawn = judged.of(rows)
            return drawn.macro_f1(own) - drawn.macro_f1(common)

        found.append(
            OwnThreshold(category, own, bootstrap(len(judged_on.truth), gain, tries=tries))
        )
    return found
