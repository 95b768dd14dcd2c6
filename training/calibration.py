"""Fitting what stands between logits and decisions: fusion, probabilities, thresholds."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from upstander.evaluation.calibration import bins_of
from upstander.evaluation.intervals import share
from upstander.models.manifest import Calibration, Estimate, OperatingPoint, Reliability
from upstander.models.operating_points import ORDINARY_FLAGGED
from upstander.models.scorer import sigmoid as sigmoid

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]

_MIN_SLOPE: Final = 0.05
"""Calibration must keep the order of texts, even where it has little to go by."""

_FEW: Final = 5
"""Positives or negatives below which nothing is fitted."""

_WANTED: Final = 0.9
"""The recall of the point `watchful`, and the precision of `quiet`, where no post says more."""

_DECIMALS: Final = 10_000

PointsByName = dict[str, OperatingPoint]

_CANDIDATES: Final = 1 / (1 + np.exp(-np.linspace(-6, 6, 481)))


def fuse(logits: Floats, truth: Floats, weights: Floats) -> tuple[Floats, float]:
    """Logistic regression over the logits of the heads: one weight a head, and a bias.

    logits: (rows, heads). truth: (rows,) in [0, 1]. weights: (rows,).
    """
    if logits.shape[1] == 1 or _too_few(truth):
        return np.full(logits.shape[1], 1 / logits.shape[1]), 0.0
    fitted = LogisticRegression(C=1.0, max_iter=1000).fit(*_as_classes(logits, truth, weights))
    return cast("Floats", fitted.coef_[0]), float(fitted.intercept_[0])


def platt(logits: Floats, truth: Floats, weights: Floats) -> Calibration:
    """Platt scaling (Platt 1999). truth: (rows,) in [0, 1]."""
    if _too_few(truth):
        return Calibration(slope=1.0, intercept=0.0)
    fitted = LogisticRegression(C=1e6).fit(*_as_classes(logits[:, None], truth, weights))
    slope = max(float(fitted.coef_[0, 0]), _MIN_SLOPE)
    return Calibration(slope=slope, intercept=float(fitted.intercept_[0]))


def _as_classes(logits: Floats, truth: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """A row with a soft label counts as a positive and as a negative, in these shares."""
    rows = np.concatenate([logits, logits])
    classes = np.concatenate([np.ones(len(truth)), np.zeros(len(truth))])
    shares = np.concatenate([weights * truth, weights * (1 - truth)])
    kept = shares > 0
    return rows[kept], classes[kept], shares[kept]


def operating_points(
    probabilities: Floats, truth: Floats, weights: Floats, balanced: float | None = None
) -> dict[str, OperatingPoint]:
    """The points of an output that everyday posts say nothing of: categories and mechanisms.

    balanced: around which the mean of the two classes' weighted F1 scores is best, unless given.
    watchful: the highest threshold that finds nine of ten positives.
    quiet: the lowest threshold from which nine of ten flags are right; where none is, the one with
        the highest precision among those that flag enough rows to tell.
    Precision and recall are reported over the rows as they are, without weights.
    """
    positive = truth >= 0.5
    threshold = 0.5 if balanced is None else balanced
    if balanced is None and not _too_few(truth):
        threshold = balanced_threshold(probabilities, positive, weights)
    eager = min(threshold, _high_recall(probabilities, positive, threshold))
    strict = max(threshold, _high_precision(probabilities, positive, threshold))
    return {
        name: _point(probabilities, positive, value)
        for name, value in (("watchful", eager), ("balanced", threshold), ("quiet", strict))
    }


@dataclass(frozen=True, slots=True)
class Scored:
    """The probabilities of some rows, and whether each has the label."""

    probabilities: Floats
    positive: Booleans


def everyday_points(
    ordinary: Floats, natural: Scored, adversarial: Scored, best: float
) -> PointsByName:
    """The points by what they do to a moderator's day, each with what it finds.

    ordinary: probabilities of ordinary posts, all of them presumed harmless. No threshold flags
        more of them than the share of its name (`ORDINARY_FLAGGED`).
    natural: the rows that precision and recall are reported on. adversarial: those of
        `recall_adversarial`.
    best: the threshold that tells positives from hard negatives best; `balanced` and `quiet` are
        not lower. Ordinary posts may allow more than condemnations and denials do.
    """
    found = {}
    for name, portion in ORDINARY_FLAGGED.items():
        threshold = threshold_at(ordinary, portion)
        if name != "watchful":
            threshold = max(threshold, best)
        point = _point(natural.probabilities, natural.positive, threshold)
        flagged = adversarial.probabilities >= threshold
        found[name] = point.model_copy(
            update={
                "ordinary": _estimate(int((ordinary >= threshold).sum()), len(ordinary)),
                "recall_adversarial": _estimate(
                    int((flagged & adversarial.positive).sum()), int(adversarial.positive.sum())
                )
                if adversarial.positive.any()
                else None,
            }
        )
    return found


def threshold_at(ordinary: Floats, portion: float) -> float:
    """The lowest threshold, to four decimals, at which at most `portion` of the posts are flagged.

    ordinary: (posts,), probabilities.
    """
    allowed = int(portion * len(ordinary))
    highest = np.sort(ordinary)[::-1]
    first_spared = highest[allowed] if allowed < len(highest) else 0.0
    step = np.floor(first_spared * _DECIMALS) + 1
    if step / _DECIMALS <= first_spared:  # 10,000 times 0.0003 is less than 3
        step += 1
    return float(min(step / _DECIMALS, 1.0))


def reliability(
    probabilities: Floats, truth: Floats, weights: Floats, bins: int = 10
) -> list[Reliability]:
    """The reliability diagram: bins of equal weight, from the least probable up."""
    return [
        Reliability(
            predicted=float(np.average(probabilities[own], weights=weights[own])),
            seen=float(np.average(truth[own], weights=weights[own])),
            rows=len(own),
        )
        for own in bins_of(probabilities, weights, bins)
    ]


def _too_few(truth: Floats) -> bool:
    return bool(min(truth.sum(), (1 - truth).sum()) < _FEW)


def balanced_threshold(probabilities: Floats, positive: Booleans, weights: Floats) -> float:
    """Where the weighted mean F1 of the two classes is best, on a smoothed curve.

    The best single point is a matter of a few rows: two trainings of one recipe put it 0.07 apart,
    on a curve that is flat there. So the curve is smoothed over a quarter of a logit either way.
    """
    measure = weighted_macro_f1(probabilities, positive, weights)
    curve = np.array([measure(candidate) for candidate in _CANDIDATES])
    window = np.ones(21)
    smooth = np.convolve(curve, window, "same") / np.convolve(curve * 0 + 1, window, "same")
    return float(np.round(_CANDIDATES[np.argmax(smooth)], 3))


def _high_recall(probabilities: Floats, positive: Booleans, otherwise: float) -> float:
    if not positive.any():
        return otherwise
    least = np.quantile(probabilities[positive], 1 - _WANTED, method="lower")
    return float(np.floor(least * 1000) / 1000)


def _high_precision(probabilities: Floats, positive: Booleans, otherwise: float) -> float:
    order = np.argsort(-probabilities, kind="stable")
    hits = np.cumsum(positive[order])
    flagged = np.arange(1, len(order) + 1)
    enough = hits >= _FEW
    if not enough.any():
        return otherwise
    precision = np.where(enough, hits / flagged, 0)
    good = np.flatnonzero(precision >= _WANTED)
    last = good[-1] if len(good) else int(precision.argmax())
    return float(np.ceil(probabilities[order][last] * 1000) / 1000)


def _point(probabilities: Floats, positive: Booleans, threshold: float) -> OperatingPoint:
    flagged = probabilities >= threshold
    hits = int((flagged & positive).sum())
    return OperatingPoint(
        threshold=threshold,
        precision=_estimate(hits, int(flagged.sum())),
        recall=_estimate(hits, int(positive.sum())),
        rows=len(positive),
        positives=int(positive.sum()),
    )


def weighted_macro_f1(
    probabilities: Floats, positive: Booleans, weights: Floats
) -> Callable[[float], float]:
    """The mean of the F1 scores of the two classes, as a function of the threshold."""

    def measure(threshold: float) -> float:
        flagged = probabilities >= threshold
        scores = []
        for said, true in ((flagged, positive), (~flagged, ~positive)):
            both = weights[said & true].sum()
            scores.append(2 * both / max(weights[said].sum() + weights[true].sum(), 1e-12))
        return float(np.mean(scores))

    return measure


def _estimate(hits: int, rows: int) -> Estimate:
    measured = share(hits, rows)
    value = 0.0 if rows == 0 else measured.value
    return Estimate(value=value, low=measured.low, high=measured.high)
