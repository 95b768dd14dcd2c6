"""Probabilities and thresholds of a network that was changed a little, from few rows or none.

Three cases. An output that nobody answered for is brought back to what it said before, on texts of
the user and made-up ones, so that its thresholds go on meaning the same. One that few rows answer
for, likewise. One with rows enough gets probabilities that are drawn towards those of before by as
much as its rows are few, and a threshold of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from upstander.models.manifest import Calibration, Manifest, OperatingPoint
from upstander.training.calibration import balanced_threshold, operating_points, sigmoid

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]

ENOUGH: Final = 5
"""Rows of either answer below which a label keeps its probabilities and thresholds."""

_MIN_SLOPE: Final = 0.05
_RIDGE: Final = 10.0
"""Rows that the calibration of before counts, when one is brought back to what it said."""

_SLOPE_SPREAD: Final = 0.5
_MIDDLE_SPREAD: Final = 2.0
"""How far the logarithm of the slope, and the logit of a middling row, are thought to be from those
of before (standard deviations of the prior)."""

_PSEUDO_ROWS: Final = 50
"""Rows that the probabilities themselves count, when a threshold is chosen on few answers."""


@dataclass(frozen=True, slots=True)
class Tuned:
    """How one output becomes probabilities and decisions. points: by name.

    is_own: whether rows of the user decided, and not what was there before.
    """

    calibration: Calibration
    points: Mapping[str, OperatingPoint]
    is_own: bool

    def probabilities(self, logits: Floats) -> Floats:
        """Of logits of this output."""
        return sigmoid(self.calibration.slope * logits + self.calibration.intercept)

    @property
    def threshold(self) -> float:
        """At or over which a text is flagged."""
        return self.points["balanced"].threshold


def brought_back(new: Floats, old: Floats, before: Calibration) -> Calibration:
    """The calibration by which new logits say what the old ones said, by least squares.

    new, old: (texts,), of the same texts. before: of the old logits.
    """
    wanted = before.slope * old + before.intercept
    middle = float(new.mean())
    # A little of the calibration of before, for texts that are all alike: it is right if nothing
    # has changed.
    design = np.stack([new - middle, np.ones(len(new))], axis=1)
    prior = np.array([before.slope, before.slope * middle + before.intercept])
    strength = _RIDGE / max(len(new), 1) * np.diag([max(float(new.var()), 1e-6), 1.0])
    left = design.T @ design / len(new) + strength
    slope, level = np.linalg.solve(left, design.T @ wanted / len(new) + strength @ prior)
    slope = max(float(slope), _MIN_SLOPE)
    return before.model_copy(update={"slope": slope, "intercept": float(level) - slope * middle})


def shrunk(
    logits: Floats, truth: Booleans, centre: Calibration, prevalence: float | None = None
) -> Calibration:
    """Platt scaling that stays near another calibration, the nearer the fewer rows there are.

    The other is first moved to the share of positives, if it says which it assumed (Saerens,
    Latinne, Decaestecker 2002, Adjusting the Outputs of a Classifier to New a Priori
    Probabilities).
    prevalence: share of positives that the probabilities assume; None is that of the rows.
    """
    seen = (truth.sum() + 1) / (len(truth) + 2)
    share = prevalence if prevalence is not None else seen
    weights = np.where(truth, share / seen, (1 - share) / (1 - seen))
    moved = _logit(share) - _logit(centre.prior) if centre.prior else 0.0
    middle = float(np.average(logits, weights=weights))
    level = centre.slope * middle + centre.intercept + moved

    def cost(found: Floats) -> float:
        values = np.exp(found[0]) * (logits - middle) + found[1]
        losses = np.logaddexp(0, np.where(truth, -values, values))
        away = (found[0] - np.log(centre.slope)) / _SLOPE_SPREAD
        apart = (found[1] - level) / _MIDDLE_SPREAD
        return float((weights * losses).sum() + (away**2 + apart**2) / 2)

    best = minimize(cost, np.array([np.log(centre.slope), level]), method="BFGS").x
    slope = max(float(np.exp(best[0])), _MIN_SLOPE)
    return Calibration(
        slope=slope, intercept=float(best[1]) - slope * middle, prior=prevalence or None
    )


def own_points(
    probabilities: Floats, truth: Booleans, is_of_rows: bool
) -> dict[str, OperatingPoint]:
    """Thresholds by the rows that tune.

    On few answers the best threshold is a matter of chance, so the probabilities count as rows too,
    each in part a positive and in part a negative.
    is_of_rows: whether the probabilities assume the share of positives of the rows.
    """
    rows = len(truth)
    mixed = truth.astype(np.float64)
    if is_of_rows:
        mixed = (rows * mixed + _PSEUDO_ROWS * probabilities) / (rows + _PSEUDO_ROWS)
    both = np.concatenate([np.ones(rows, np.bool_), np.zeros(rows, np.bool_)])
    threshold = balanced_threshold(
        np.concatenate([probabilities, probabilities]), both, np.concatenate([mixed, 1 - mixed])
    )
    return operating_points(
        probabilities, truth.astype(np.float64), np.ones(rows), balanced=threshold
    )


def tune(
    name: str,
    manifest: Manifest,
    new: Floats,
    old: Floats,
    answered: Booleans,
    truth: Booleans,
    prevalence: float | None = None,
) -> Tuned:
    """One output. new, old: (texts,), its logits now and before, of the rows that tune and others.

    answered: (texts,), which of them somebody answered for. truth: (answered texts,).
    """
    before = next(output.calibration for output in manifest.outputs if output.name == name)
    centre = brought_back(new, old, before)
    if min(int(truth.sum()), int((~truth).sum())) < ENOUGH:
        points = {point: own[name] for point, own in manifest.operating_points.items()}
        return Tuned(centre, points, False)
    own = new[answered]
    calibration = shrunk(own, truth, centre, prevalence)
    found = Tuned(calibration, {}, True)
    points = own_points(found.probabilities(own), truth, prevalence is None)
    return Tuned(calibration, points, True)


def loss(tuned: Tuned, logits: Floats, truth: Booleans) -> float:
    """Mean logarithmic loss of the probabilities."""
    values = tuned.calibration.slope * logits + tuned.calibration.intercept
    return float(np.logaddexp(0, np.where(truth, -values, values)).mean())


def _logit(share: float) -> float:
    return float(np.log(share) - np.log1p(-share))
