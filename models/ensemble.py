"""Two models as one: the mean of their log-odds, calibrated anew."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from upstander.models.cascade import Ensemble
from upstander.models.scorer import sigmoid

Floats = NDArray[np.float64]

_LEAST: Final = 1e-9


def mean_log_odds(student: Floats, base: Floats, student_share: float) -> Floats:
    """The mean of log(p / (1 - p)) of two arrays of probabilities of one shape; NaN stays NaN."""
    return student_share * _log_odds(student) + (1 - student_share) * _log_odds(base)


def together(ensemble: Ensemble, names: Sequence[str], student: Floats, base: Floats) -> Floats:
    """(..., outputs), the probabilities of an ensemble, from those of its two models.

    names: of the outputs, in their order.
    """
    calibrations = [ensemble.calibrations[name] for name in names]
    slopes = np.array([one.slope for one in calibrations])
    intercepts = np.array([one.intercept for one in calibrations])
    return sigmoid(slopes * mean_log_odds(student, base, ensemble.student_share) + intercepts)


def _log_odds(probabilities: Floats) -> Floats:
    # What was rounded to 0 or 1 counts as a billionth from it.
    kept = np.clip(probabilities, _LEAST, 1 - _LEAST)
    return np.asarray(np.log(kept / (1 - kept)))
