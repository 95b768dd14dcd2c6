"""Fairness metrics by group: subgroup AUC, BPSN, BNSP and error rates.

Source: Borkan et al. 2019, Nuanced Metrics for Measuring Unintended Bias with Real Data for Text
Classification. An area under the curve does not depend on a threshold; the error rates are those at
the shipped one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Final

import numpy as np

from upstander.evaluation import taxonomy
from upstander.evaluation.intervals import Booleans, Floats, Measured, rate
from upstander.evaluation.metrics import auc
from upstander.evaluation.predictions import Answers, Judged, MetricUnavailable
from upstander.evaluation.suites.case import Case

_MIN_ROWS: Final = 10
"""Positives and negatives that a group must have for an area under the curve."""

_POWER: Final = -5

AREAS: Final = ("subgroup_auc", "bpsn_auc", "bnsp_auc")


@dataclass(frozen=True, slots=True)
class GroupReport:
    """One group. An area is None where it would rest on under ten positives or
    ten negatives, and a rate where there is no row for it.

    subgroup_auc: positives of the group against negatives of the group.
    bpsn_auc: positives without the group against its negatives; low where they score too high.
    bnsp_auc: negatives without the group against its positives; low where they score too low.
    """

    group: str
    positives: int
    negatives: int
    subgroup_auc: Measured | None
    bpsn_auc: Measured | None
    bnsp_auc: Measured | None
    false_positive_rate: Measured | None
    false_negative_rate: Measured | None


@dataclass(frozen=True, slots=True)
class FairnessReport:
    """All groups of one suite, by one label.

    grouped_by: how a case is given its groups.
    power_means: for each area, the power mean with p = -5 over the groups that have it, which is
        close to that of the worst group; None where no group has one.
    """

    suite: str
    label: str
    operating_point: str
    threshold: float
    grouped_by: str
    groups: tuple[GroupReport, ...]
    power_means: Mapping[str, float | None]


Grouping = Callable[[Case], frozenset[str]]


def by_target(case: Case) -> frozenset[str]:
    """The suite's own name for the group."""
    return frozenset({case.target} - {""})


def by_category(case: Case) -> frozenset[str]:
    """The protected categories that the suite gives the case."""
    return case.categories


def by_mention(case: Case) -> frozenset[str]:
    """The protected categories of the groups that the text names."""
    return frozenset(name for name, has in taxonomy.from_phrase(case.text).items() if has)


_TABLES: Final[Mapping[str, tuple[str, Grouping]]] = {
    "hatecheck": ("hate", by_target),
    # DynaHate gives a target to hateful rows only.
    "dynahate": ("hate", by_mention),
    "hatexplain": ("hate", by_category),
    "dehumcheck": ("dehumanization", by_category),
    "dehumcheck_world": ("dehumanization", by_category),
    "natural": ("dehumanization", by_category),
    "natural_swapped": ("dehumanization", by_category),
    "hatemoji_check": ("hate", by_target),
    "multilingual_hatecheck": ("hate", by_category),
    "ishate": ("hate", by_category),
    "toxigen": ("hate", by_category),
}
"""Suite to label and how its cases are grouped. What is not here is grouped by its targets."""


def fairness(answers: Answers) -> list[FairnessReport]:
    """The groups of a suite; nothing if it names none, or the bundle lacks the label."""
    label, grouping = _TABLES.get(answers.suite, (answers.cases[0].label, by_target))
    try:
        report = fairness_of(answers, label, grouping)
    except MetricUnavailable:
        return []
    return [report] if report.groups else []


def fairness_of(answers: Answers, label: str, grouping: Grouping) -> FairnessReport:
    """The groups of one suite. Raises MetricUnavailable if the bundle lacks the label."""
    judged = answers.judged(label)
    groups_of = [grouping(case) for case in judged.cases]
    groups = tuple(
        _group(name, np.array([name in own for own in groups_of], dtype=np.bool_), judged)
        for name in sorted({name for own in groups_of for name in own})
    )
    return FairnessReport(
        suite=answers.suite,
        label=label,
        operating_point=answers.operating_point,
        threshold=answers.threshold(label),
        grouped_by=(grouping.__doc__ or "").strip().rstrip("."),
        groups=groups,
        power_means={
            area: power_mean([m.value for g in groups if (m := getattr(g, area)) is not None])
            for area in AREAS
        },
    )


def power_mean(values: list[float], power: float = _POWER) -> float | None:
    """(mean of value ** power) ** (1 / power); None of no values."""
    return float(np.mean(np.array(values) ** power) ** (1 / power)) if values else None


def _group(name: str, own: Booleans, judged: Judged) -> GroupReport:
    truth, scores, decided = judged.truth, judged.scores, judged.decided
    positives, negatives = int((own & truth).sum()), int((own & ~truth).sum())
    subgroup, bpsn, bnsp = borkan(own, truth, scores, clusters=judged.clusters)
    return GroupReport(
        group=name,
        positives=positives,
        negatives=negatives,
        subgroup_auc=subgroup,
        bpsn_auc=bpsn,
        bnsp_auc=bnsp,
        false_positive_rate=rate(own & ~truth, decided, judged.clusters),
        false_negative_rate=rate(own & truth, ~decided, judged.clusters),
    )


def borkan(
    own: Booleans,
    truth: Booleans,
    scores: Floats,
    fewest: int = _MIN_ROWS,
    clusters: Sequence[str] = (),
) -> tuple[Measured | None, Measured | None, Measured | None]:
    """(subgroup AUC, BPSN AUC, BNSP AUC) of the rows where `own` is true against the others."""

    def area(positives: Booleans, negatives: Booleans) -> Measured | None:
        if min(positives.sum(), negatives.sum()) < fewest:
            return None
        rows = positives | negatives
        return auc(truth[rows], scores[rows], list(compress(clusters, rows)))

    return (
        area(own & truth, own & ~truth),
        area(~own & truth, own & ~truth),
        area(own & truth, ~own & ~truth),
    )
