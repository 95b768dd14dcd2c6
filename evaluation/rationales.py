"""Rationale metrics of ERASER: agreement of key phrases with annotated ones.

Source: DeYoung et al. 2020, ERASER: A Benchmark to Evaluate Rationalized NLP Models; used on
HateXplain by Mathew et al. 2021. A token is a stretch between single spaces, as in that data set.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from sklearn.metrics import average_precision_score

from upstander.evaluation.intervals import Counts, Measured, bootstrap
from upstander.evaluation.predictions import NOT_IN_BUNDLE, Answers, MetricUnavailable
from upstander.evaluation.suites.hatexplain import runs, token_begins
from upstander.models.rationale import Span

_OVERLAP: Final = 0.5

Stretches = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Agreement:
    """token_f1: mean over posts. iou_f1: over all spans. iou_f1_by_post: of the mean precision and
    mean recall of a post, as the code of Mathew et al. 2021 prints it. auprc: area under precision
    and recall of the words' probabilities, whatever the threshold, a mean over posts.
    """

    token_f1: Measured
    iou_f1: Measured
    iou_f1_by_post: Measured
    auprc: Measured


def agreement(answers: Answers) -> Agreement:
    """Over cases that have a rationale. Raises MetricUnavailable if the bundle marks no words."""
    if answers.manifest.rationale is None:
        raise MetricUnavailable(NOT_IN_BUNDLE)
    token_f1, counts, areas = [], [], []
    words = iter(answers.words)
    for case, score in zip(answers.cases, answers.scores, strict=True):
        if case.rationale:
            truth = marked_tokens(case.text, case.rationale)
            found = marked_tokens(case.text, [(span.begin, span.end) for span in score.spans])
            token_f1.append(f1_of_tokens(truth, found))
            counts.append(matches(runs(truth), runs(found)))
            areas.append(average_precision_score(truth, weights(case.text, next(words))))
    if not counts:
        raise MetricUnavailable("no rows")
    by_post, area_by_post = np.array(token_f1), np.array(areas)
    hits, marked, annotated = np.array(counts, dtype=np.float64).T

    def over_spans(rows: Counts) -> float:
        return float(2 * hits[rows].sum() / max(marked[rows].sum() + annotated[rows].sum(), 1.0))

    def over_posts(rows: Counts) -> float:
        precision = np.divide(hits, marked, out=np.zeros_like(hits), where=marked > 0)[rows].mean()
        recall = (hits / annotated)[rows].mean()
        return float(2 * precision * recall / max(precision + recall, 1e-12))

    return Agreement(
        bootstrap(len(counts), lambda rows: float(by_post[rows].mean())),
        bootstrap(len(counts), over_spans),
        bootstrap(len(counts), over_posts),
        bootstrap(len(counts), lambda rows: float(area_by_post[rows].mean())),
    )


def marked_tokens(text: str, stretches: Stretches) -> list[bool]:
    """For each token of the text, whether one of the stretches touches it."""
    begins = token_begins(text.split(" "))
    return [
        any(begin < after - 1 and end > first for begin, end in stretches)
        for first, after in itertools.pairwise(begins)
    ]


def weights(text: str, words: Sequence[Span]) -> list[float]:
    """For each token of the text, the highest probability of the words that touch it, or 0."""
    begins = token_begins(text.split(" "))
    return [
        max((w.score for w in words if w.begin < after - 1 and w.end > first), default=0.0)
        for first, after in itertools.pairwise(begins)
    ]


def f1_of_tokens(truth: Sequence[bool], found: Sequence[bool]) -> float:
    """F1 of one post's marked tokens; 0 where none of them is right."""
    both = sum(t and f for t, f in zip(truth, found, strict=True))
    return 2 * both / (sum(truth) + sum(found)) if both else 0.0


def matches(truth: Stretches, found: Stretches) -> tuple[int, int, int]:
    """(found spans that match, found spans, true spans) of one post.

    A found span matches if its tokens and those of one true span have an intersection over union of
    at least 0.5.
    """
    hits = sum(any(_overlap(one, other) >= _OVERLAP for other in truth) for one in found)
    return hits, len(found), len(truth)


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> float:
    both = max(0, min(one[1], other[1]) - max(one[0], other[0]))
    return both / (one[1] - one[0] + other[1] - other[0] - both)
