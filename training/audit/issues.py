"""Doubtful labels, found by confident learning.

Source: Northcutt, Jiang, Chuang 2021, Confident Learning, as cleanlab has it. The probabilities are
those of a linear model over words and their pieces, for rows that it was not fitted on: it knows
less than an encoder, and takes minutes for all data instead of days.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from cleanlab.filter import find_label_issues
from cleanlab.rank import get_label_quality_scores
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline, make_union

_FOLDS: Final = 5
_MIN_ROWS: Final = 50
"""Rows of each answer without which a model tells nothing."""

_SEED: Final = 20


@dataclass(frozen=True, slots=True)
class Suspect:
    """A row whose label may be wrong. index: its place among the texts that were given.

    given: its label. probability: that it has the label, by the other rows.
    quality: how well the label fits, from 0 to 1: the lower the more suspect.
    """

    index: int
    given: bool
    probability: float
    quality: float


@dataclass(frozen=True, slots=True)
class Suspects:
    """auc: of the probabilities by which they were found. found: the most suspect first."""

    rows: int
    auc: float
    found: Sequence[Suspect]


def find_suspects(
    texts: Sequence[str], labels: Sequence[bool], groups: Sequence[int]
) -> Suspects | None:
    """The rows whose label confident learning doubts; None where there are too few rows to tell.

    groups: one entry a text; those of a group, near duplicates, are never on both sides of a fold.
    """
    truth = np.array(labels, dtype=np.int64)
    if min(truth.sum(), len(truth) - truth.sum()) < _MIN_ROWS:
        return None
    probabilities = out_of_fold(texts, truth, groups)
    both = np.column_stack([1 - probabilities, probabilities])
    places = find_label_issues(truth, both, return_indices_ranked_by="normalized_margin", n_jobs=1)
    quality = get_label_quality_scores(truth, both, method="normalized_margin")
    return Suspects(
        rows=len(truth),
        auc=float(roc_auc_score(truth, probabilities)),
        found=[
            Suspect(int(i), bool(truth[i]), float(probabilities[i]), float(quality[i]))
            for i in places
        ],
    )


def out_of_fold(
    texts: Sequence[str], truth: NDArray[np.int64], groups: Sequence[int]
) -> NDArray[np.float64]:
    """The probability of each row by a model that was fitted on the other folds."""
    probabilities = np.empty(len(truth))
    folds = StratifiedGroupKFold(_FOLDS, shuffle=True, random_state=_SEED)
    column = np.array(texts, dtype=object)
    for fitted, held_out in folds.split(column, truth, groups):
        model = make_pipeline(
            make_union(
                TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True),
                TfidfVectorizer(
                    analyzer="char_wb", ngram_range=(3, 4), min_df=3, sublinear_tf=True
                ),
            ),
            LogisticRegression(C=4.0, solver="liblinear"),
        )
        model.fit(column[fitted], truth[fitted])
        probabilities[held_out] = model.predict_proba(column[held_out])[:, 1]
    return probabilities
