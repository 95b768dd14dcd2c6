"""Calibrating the output for each token on the words that annotators marked."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from upstander.models.manifest import Rationale
from upstander.training.calibration import platt, sigmoid
from upstander.training.encoding import token_labels
from upstander.training.errors import TrainingError
from upstander.training.inference import Rows

Floats = NDArray[np.float64]


def calibrate_rationale(source: str, validation: Rows, calibration: Rows) -> Rationale:
    """Platt scaling over the tokens of the source's calibration rows, and a threshold.

    The threshold is the one with the highest mean over the marked validation rows of the F1 score
    of their words (token-F1, DeYoung 2020).
    """
    tokens = list(_marked(source, calibration))
    if not tokens:
        raise TrainingError(f"rationale.calibrate: no calibration row of {source} is marked")
    logits = np.concatenate([row for row, _, _ in tokens])
    truth = np.concatenate([labels for _, labels, _ in tokens])
    scaling = platt(logits, truth, np.ones(len(truth)))
    rows = [
        (_by_word(sigmoid(scaling.slope * row + scaling.intercept), words), _by_word(labels, words))
        for row, labels, words in _marked(source, validation)
        if labels.any()
    ]
    if not rows:
        raise TrainingError(f"rationale.calibrate: no validation row of {source} is marked")
    candidates = np.round(np.linspace(0.05, 0.95, 91), 3)
    scores = [
        np.mean([_f1(probabilities >= candidate, truth > 0) for probabilities, truth in rows])
        for candidate in candidates
    ]
    return Rationale(calibration=scaling, threshold=float(candidates[int(np.argmax(scores))]))


def _marked(source: str, rows: Rows) -> Iterator[tuple[Floats, Floats, NDArray[np.int64]]]:
    """Logits, labels and word numbers of the tokens of each row that annotators were asked about.

    A word is what stands between white space.
    """
    table = rows.table.select_columns(["source", "text", "spans", "marked"])
    for index, row in enumerate(table):
        if row["source"] != source or not row["marked"]:
            continue
        encoding = rows.encodings[index]
        labels = token_labels(encoding, row["spans"]).astype(np.float64)
        known = ~np.isnan(labels)
        words = np.array([row["text"].count(" ", 0, begin) for begin, _ in encoding.offsets])
        yield rows.tokens[index][known], labels[known], words[known]


def _by_word(values: Floats, words: NDArray[np.int64]) -> Floats:
    """The highest value among the tokens of each word."""
    return np.array([values[words == word].max() for word in np.unique(words)])


def _f1(said: NDArray[np.bool_], true: NDArray[np.bool_]) -> float:
    return float(2 * (said & true).sum() / max(said.sum() + true.sum(), 1))
