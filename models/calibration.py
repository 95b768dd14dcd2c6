"""From a logit to a probability."""

from typing import cast

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def sigmoid(values: Floats) -> Floats:
    """1 / (1 + exp(-values)), without overflow."""
    return cast("Floats", np.exp(-np.logaddexp(0, -values)))
