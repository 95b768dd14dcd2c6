"""How a bundle does on the world: ordinary posts, natural hate, and scores of the real API."""

from collections.abc import Mapping, Sequence
from itertools import compress
from typing import Final

import numpy as np
from scipy.stats import spearmanr

from upstander.evaluation.calibration import error_of_strata
from upstander.evaluation.intervals import (
    Booleans,
    Counts,
    Floats,
    Measured,
    clustered,
    share_of,
    stratified,
)
from upstander.evaluation.metrics import auc
from upstander.evaluation.predictions import Answers, Judged, MetricUnavailable
from upstander.evaluation.suites.case import Case

DEFAULT_POLICY: Final = "hate"
FLAGGED_BY: Final[Mapping[str, Mapping[str, str]]] = {
    "dehumanization": {"dehumanization": "balanced"},
    "hate": {"dehumanization": "balanced", "hate": "quiet", "threat": "quiet"},
}
"""Shipped policy to label to the operating point that its rules flag at (`policies/`)."""
_MIN_ROWS: Final = 100
"""Rows of a domain that can be the worst one."""
_ORDINARY_NEGATIVES: Final = 0.9
"""The weight of ordinary posts among the negatives of the world."""


def flagged_by(policy: str, answers: Answers) -> Measured:
    """The share of cases that a shipped policy flags, whatever they are.

    Raises MetricUnavailable if the bundle lacks a label of it, or there is no case.
    """
    if not answers.cases:
        raise MetricUnavailable("no rows")
    return share_of(_decided(policy, answers), [case.drawn_with for case in answers.cases])


def found_by_default(answers: Answers) -> Measured:
    """The share of hateful or dehumanizing cases that the default policy flags.

    Raises MetricUnavailable as `flagged` does.
    """
    own = np.array([_is_hateful(c) or c.has("dehumanization") is True for c in answers.cases])
    if not own.any():
        raise MetricUnavailable("no rows")
    clusters = list(compress([case.drawn_with for case in answers.cases], own))
    return share_of(_decided(DEFAULT_POLICY, answers)[own], clusters)


def flagged(answers: Answers, label: str, threshold: float, functionality: str = "") -> Measured:
    """The share of cases at or over a threshold, of one functionality or of all.

    Raises MetricUnavailable if the bundle lacks the label, or there is no case.
    """
    scores = answers.output(label)
    own = [not functionality or case.functionality == functionality for case in answers.cases]
    if not any(own):
        raise MetricUnavailable("no rows")
    clusters = [case.drawn_with for case, is_own in zip(answers.cases, own, strict=True) if is_own]
    return share_of(scores[own] >= threshold, clusters)


def worst_domain(answers: Answers) -> tuple[Measured, str]:
    """The functionality of at least 100 cases whose dehumanization is flagged most often.

    Raises MetricUnavailable as `flagged` does.
    """
    threshold = _default(answers)
    domains = {
        name: flagged(answers, "dehumanization", threshold, name)
        for name in sorted({case.functionality for case in answers.cases})
    }
    large = {name: found for name, found in domains.items() if found.rows >= _MIN_ROWS}
    if not large:
        raise MetricUnavailable(f"no domain of {_MIN_ROWS} rows")
    worst = max(large, key=lambda name: large[name].value)
    return large[worst], worst


def found_at(
    natural: Answers, ordinary: Answers, label: str, allowed: float
) -> tuple[Measured, float]:
    """Of natural texts with a label, the share found where few ordinary posts are flagged.

    allowed: the share of ordinary posts that may be flagged.
    Returns also the score that a text must pass. Both samples are resampled, the threshold with
    them. Raises MetricUnavailable if the bundle lacks the label.
    """
    harmless = ordinary.output(label)
    judged = natural.judged(label)
    positive = judged.scores[judged.truth]
    if not len(positive) or not len(harmless):
        raise MetricUnavailable("no rows")
    last = len(harmless) - 1 - int(allowed * len(harmless))

    def bound(rows: Counts) -> float:
        return float(np.partition(harmless[rows], last)[last])

    def measure(drawn: Sequence[Counts]) -> float:
        return float((positive[drawn[1]] > bound(drawn[0])).mean())

    found = stratified([len(harmless), len(positive)], measure)
    return found, bound(np.arange(len(harmless)))


def among_hate(natural: Answers) -> Measured:
    """Area under the curve of dehumanizing texts against those that are hateful in other ways.

    Raises MetricUnavailable if the bundle lacks the label, or one of both is not there.
    """
    judged = natural.judged("dehumanization", _is_hateful)
    if judged.truth.all() or not judged.truth.any():
        raise MetricUnavailable("rows of one class only")
    return area(judged)


def area(judged: Judged) -> Measured:
    """Area under the curve of cases of both classes."""
    return auc(judged.truth, judged.scores, judged.clusters)


def calibration_at(natural: Answers, ordinary: Answers, label: str, base: float) -> Measured:
    """Expected calibration error in a world where the share `base` of texts has a label.

    Its positives are natural ones; nine tenths of its negatives are ordinary posts, and the rest
    natural texts without the label. Raises MetricUnavailable if the bundle lacks the label.
    """
    judged = natural.judged(label)
    own = judged.truth
    harmless = ordinary.output(label)
    if own.all() or not own.any() or not len(harmless):
        raise MetricUnavailable("rows of one class only")
    rest = 1 - base
    return error_of_strata(
        [
            (own[own], judged.scores[own], base),
            (own[~own], judged.scores[~own], rest * (1 - _ORDINARY_NEGATIVES)),
            (np.zeros(len(harmless), dtype=np.bool_), harmless, rest * _ORDINARY_NEGATIVES),
        ]
    )


def rank_agreement(answers: Answers, labels: Sequence[str]) -> Measured:
    """Spearman's rank correlation with the scores of reference, a mean over labels.

    Its interval resamples clusters. Raises MetricUnavailable if the bundle lacks a label.
    """
    pairs = [
        (answers.output(label), np.array([case.reference[label] for case in answers.cases]))
        for label in labels
    ]
    if len(answers.cases) < 3:
        raise MetricUnavailable("no rows")

    def measure(rows: Counts) -> float:
        return float(np.mean([_rank(ours[rows], theirs[rows]) for ours, theirs in pairs]))

    return clustered([case.drawn_with for case in answers.cases], measure)


def unseen_less_seen(answers: Answers) -> Measured:
    """Recall over groups that training never named, less that over groups that it may name.

    Its interval resamples templates. Raises MetricUnavailable as `Answers.judged` does.
    """
    judged = answers.judged(answers.cases[0].label) if answers.cases else None
    if judged is None:
        raise MetricUnavailable("no rows")
    unseen = np.array([case.functionality == "unseen" for case in judged.cases])
    if unseen.all() or not unseen.any():
        raise MetricUnavailable("groups of one part only")
    hits = judged.decided.astype(np.float64)

    def measure(rows: Counts) -> float:
        own, found = unseen[rows], hits[rows]
        if own.all() or not own.any():
            return 0.0
        return float(found[own].mean() - found[~own].mean())

    return clustered(judged.clusters, measure)


def _is_hateful(case: Case) -> bool:
    return case.has("hate") is True


def _rank(ours: Floats, theirs: Floats) -> float:
    if not np.ptp(ours) or not np.ptp(theirs):
        return 0.0
    return float(spearmanr(ours, theirs).statistic)


def _default(answers: Answers) -> float:
    answers.output("dehumanization")  # raises MetricUnavailable if the bundle lacks it
    point = FLAGGED_BY["dehumanization"]["dehumanization"]
    return answers.manifest.threshold("dehumanization", point)


def _decided(policy: str, answers: Answers) -> Booleans:
    """Which cases a rule of the policy flags."""
    over = [
        answers.output(label) >= answers.manifest.threshold(label, point)
        for label, point in FLAGGED_BY[policy].items()
    ]
    return np.asarray(np.any(over, axis=0))
