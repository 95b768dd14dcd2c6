"""The lowest threshold that leaves the ordinary posts of every language alone.

One table of thresholds serves every language, and a network that learned more of one than of
another does not give their ordinary posts the same scores. So the points that people act on are not
lower than what spares nearly all ordinary posts of each language.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import datasets
import numpy as np
from numpy.typing import NDArray

from upstander.models.labels import LABELS
from upstander.training.calibration import threshold_at

Floats = NDArray[np.float64]

_MIN_ROWS: Final = 60
"""Posts of a language below which its threshold would rest on one or two of them."""


@dataclass(frozen=True, slots=True)
class Posts:
    """Ordinary posts. languages: (posts,), the code of each."""

    texts: Sequence[str]
    languages: NDArray[np.str_]


def ordinary_posts(sources: Sequence[str], tables: Mapping[str, datasets.Dataset]) -> Posts:
    """The harmless rows of some sources that are kept for validation and for calibration.

    Harmless: `hate` is known, and every label that is known is 0. Guesses count as unknown.
    """
    texts: list[str] = []
    languages: list[str] = []
    hate = list(LABELS).index("hate")
    for split in ("validation", "calibration") if sources else ():
        table = tables[split]
        values = np.array(table["labels"], dtype=np.float64).reshape(len(table), len(LABELS))
        harmless = ~np.isnan(values[:, hate]) & (np.nan_to_num(values) == 0).all(axis=1)
        rows = np.flatnonzero(harmless & np.isin(np.array(table["source"]), list(sources)))
        chosen = table.select(rows)
        texts += chosen["text"]
        languages += chosen["language"]
    return Posts(texts, np.array(languages, dtype=np.str_))


def floor_of(probabilities: Floats, languages: NDArray[np.str_], most: float) -> float:
    """The lowest threshold at which at most `most` of the posts of any language are flagged.

    Both (posts,). Languages with too few posts to tell are left out; 0 if there is no other.
    """
    found = [
        threshold_at(probabilities[own], most)
        for language in sorted(set(languages.tolist()))
        if (own := languages == language).sum() >= _MIN_ROWS
    ]
    return max(found, default=0.0)


def flagged_by_language(
    probabilities: Floats, languages: NDArray[np.str_], threshold: float
) -> dict[str, dict[str, float]]:
    """Language to how many posts it has, and the share of them at or over a threshold."""
    return {
        language: {
            "rows": int((languages == language).sum()),
            "flagged": float((probabilities[languages == language] >= threshold).mean()),
        }
        for language in sorted(set(languages.tolist()))
    }
