"""Counterfactual fairness: the same sentence about another group must get the same score."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from upstander.evaluation.intervals import Measured, bootstrap
from upstander.evaluation.predictions import Answers, MetricUnavailable


@dataclass(frozen=True, slots=True)
class Swap:
    """Over templates, the mean of what the score varies within one; both in [0, 1].

    span: highest less lowest score. deviation: standard deviation. Their rows are templates.
    """

    span: Measured
    deviation: Measured


def swap(answers: Answers, label: str) -> Swap:
    """Over the templates that were filled with at least two groups.

    Raises MetricUnavailable if the bundle lacks the label, or no template is left.
    """
    filled: dict[str, list[float]] = defaultdict(list)
    for case, score in zip(answers.cases, answers.output(label), strict=True):
        if case.template:
            filled[case.template].append(float(score))
    groups = [scores for scores in filled.values() if len(scores) > 1]
    if not groups:
        raise MetricUnavailable("no rows")
    spans = np.array([np.ptp(scores) for scores in groups])
    deviations = np.array([np.std(scores) for scores in groups])
    return Swap(
        bootstrap(len(groups), lambda rows: float(spans[rows].mean())),
        bootstrap(len(groups), lambda rows: float(deviations[rows].mean())),
    )
