"""Whether the likeliest category and the likeliest mechanism of a text are the right ones."""

from evaluation.answers import NOT_IN_BUNDLE, Answers, NoNumber
from evaluation.metrics import Measured, share
from evaluation.wanted import Answered, Found


def top_category(answered: Answered) -> Found:
    """Over the positives of all suites whose categories are known; any of several is right.

    Raises NoNumber if the bundle models no category, or there is no such row.
    """
    hits, rows, unknown = 0, 0, 0
    for answers in answered.values():
        modelled = {target.name for target in answers.manifest.targets}
        if not modelled:
            raise NoNumber(NOT_IN_BUNDLE)
        for case, score in zip(answers.cases, answers.scores, strict=True):
            if case.expected and case.categories:
                rows += 1
                hits += score.targets[0].category in case.categories
                unknown += not case.categories & modelled
    if not rows:
        raise NoNumber("no rows")
    note = f"{unknown:,} rows are of categories that the bundle does not model, counted as wrong"
    return share(hits, rows), note if unknown else ""


def top_mechanism(answers: Answers) -> Measured:
    """Over the positives that name a mechanism; any of several is right.

    Raises NoNumber if the bundle has no mechanisms, or there is no such row.
    """
    if not answers.manifest.mechanisms:
        raise NoNumber(NOT_IN_BUNDLE)
    right = [
        score.mechanisms[0].mechanism in case.ways
        for case, score in zip(answers.cases, answers.scores, strict=True)
        if case.expected and case.ways
    ]
    if not right:
        raise NoNumber("no rows")
    return share(sum(right), len(right))
