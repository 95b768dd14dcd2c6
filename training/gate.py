"""The gate of the export: int8 may not judge worse than fp32, whichever rows change sides."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from upstander.evaluation.resampling import Number, area_of, macro_f1_of
from upstander.training.errors import ParityError

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]

_RESAMPLES: Final = 200
_MIN_ROWS: Final = 20
"""Rows of either class below which nothing is compared."""


@dataclass(frozen=True, slots=True)
class Drop:
    """By how much int8 is worse than fp32 in one measure, with a 95 % interval.

    measure: in words. value, low, high: of the paired bootstrap; negative where int8 is better.
    rows: that it was measured on.
    """

    measure: str
    value: float
    low: float
    high: float
    rows: int

    def exceeds(self, limit: float) -> bool:
        """Whether it is more than the limit, and more than chance."""
        return self.value > limit and self.low > 0


@dataclass(frozen=True, slots=True)
class Compared:
    """The probabilities of one label by both graphs, on the rows that say whether they have it.

    truth: (rows,). ordinary: (rows,), which of them are everyday posts, for the false alarms.
    """

    fp32: Floats
    int8: Floats
    truth: Booleans
    ordinary: Booleans
    threshold: float


Quality = Callable[[Compared, Floats], Number]
"""A measure of the rows by the probabilities of one graph; better when it is higher."""


def drops(labels: Mapping[str, Compared], seed: int = 0) -> list[Drop]:
    """AUC, macro-F1 and the share of ordinary posts flagged, of each label that has rows enough."""
    found = []
    random = np.random.default_rng(seed)
    for label, own in labels.items():
        if min(int(own.truth.sum()), int((~own.truth).sum())) >= _MIN_ROWS:
            found.append(_paired(f"AUC of {label}", own, _auc, random))
            found.append(_paired(f"macro-F1 of {label}", own, _macro_f1, random))
        if own.ordinary.sum() >= _MIN_ROWS:
            found.append(_paired(f"ordinary posts flagged, {label}", own, _spared, random))
    return found


def refuse_worse(found: Sequence[Drop], limit: float) -> None:
    """Raise ParityError that names what is worse by more than the limit."""
    worse = [drop for drop in found if drop.exceeds(limit)]
    if worse:
        listed = "; ".join(
            f"{d.measure} by {d.value:.4f} ({d.low:.4f} to {d.high:.4f}, {d.rows:,} rows)"
            for d in worse
        )
        raise ParityError(
            f"int8 is worse than fp32 by more than {limit}: {listed}. No bundle is written: refine "
            "with quantized = true, or set export.scale to block"
        )


def _paired(measure: str, own: Compared, quality: Quality, random: np.random.Generator) -> Drop:
    fp32, int8 = quality(own, own.fp32), quality(own, own.int8)
    rows = len(own.truth)
    classes = [
        part for part in (np.flatnonzero(own.truth), np.flatnonzero(~own.truth)) if len(part)
    ]
    drawn = []
    for _ in range(_RESAMPLES):
        chosen = np.concatenate([random.choice(part, len(part)) for part in classes])
        times = np.bincount(chosen, minlength=rows).astype(np.float64)
        drawn.append(fp32(times) - int8(times))
    low, high = np.quantile(drawn, (0.025, 0.975))
    value = fp32(np.ones(rows)) - int8(np.ones(rows))
    return Drop(measure, value, float(low), float(high), rows)


def _auc(own: Compared, scores: Floats) -> Number:
    return area_of(own.truth, scores)


def _macro_f1(own: Compared, scores: Floats) -> Number:
    return macro_f1_of(own.truth, scores >= own.threshold)


def _spared(own: Compared, scores: Floats) -> Number:
    ordinary = own.ordinary.astype(np.float64)
    spared = ordinary * (scores < own.threshold)

    def share(times: Floats) -> float:
        posts = float(times @ ordinary)
        return float(times @ spared) / posts if posts else 1.0

    return share
