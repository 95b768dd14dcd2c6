"""Accuracy of the likeliest category and the likeliest mechanism."""

import numpy as np

from upstander.evaluation.intervals import Measured, share_of
from upstander.evaluation.predictions import NOT_IN_BUNDLE, Answers, MetricUnavailable
from upstander.evaluation.wanted import Answered, Found


def top_category(answered: Answered) -> Found:
    """Over the positives of all suites whose categories are known; any of several is right.

    Raises MetricUnavailable if the bundle models no category, or there is no such row.
    """
    right: list[bool] = []
    clusters: list[str] = []
    unknown = 0
    for answers in answered.values():
        modelled = {target.name for target in answers.manifest.targets}
        if not modelled:
            raise MetricUnavailable(NOT_IN_BUNDLE)
        for case, score in zip(answers.cases, answers.scores, strict=True):
            if case.expected and case.categories:
                right.append(score.targets[0].category in case.categories)
                clusters.append(case.drawn_with)
                unknown += not case.categories & modelled
    if not right:
        raise MetricUnavailable("no rows")
    note = f"{unknown:,} rows are of categories that the bundle does not model, counted as wrong"
    return share_of(np.array(right), clusters), note if unknown else ""


def top_mechanism(answers: Answers) -> Measured:
    """Over the positives that name a mechanism; any of several is right.

    Raises MetricUnavailable if the bundle has no mechanisms, or there is no such row.
    """
    if not answers.manifest.mechanisms:
        raise MetricUnavailable(NOT_IN_BUNDLE)
    asked = [
        (score.mechanisms[0].mechanism in case.ways, case.drawn_with)
        for case, score in zip(answers.cases, answers.scores, strict=True)
        if case.expected and case.ways
    ]
    if not asked:
        raise MetricUnavailable("no rows")
    return share_of(np.array([right for right, _ in asked]), [cluster for _, cluster in asked])
