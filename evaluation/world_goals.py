"""The goals on the world: ordinary posts are left alone, natural dehumanization is found."""

from collections.abc import Callable
from functools import partial
from typing import Final

from upstander.evaluation.counterfactual_fairness import swap
from upstander.evaluation.intervals import Measured, share_of
from upstander.evaluation.metrics import average_precision
from upstander.evaluation.predictions import Answers, Judged, MetricUnavailable
from upstander.evaluation.rationales import agreement
from upstander.evaluation.suites.counterspeech import KINDS
from upstander.evaluation.suites.jigsaw import ATTRIBUTES
from upstander.evaluation.top_category import top_category, top_mechanism
from upstander.evaluation.wanted import Answered, Found, Wanted
from upstander.evaluation.world import (
    DEFAULT_POLICY,
    among_hate,
    area,
    calibration_at,
    flagged,
    flagged_by,
    found_at,
    found_by_default,
    rank_agreement,
    unseen_less_seen,
    worst_domain,
)

_BASE: Final = 0.01
"""The share of texts with a label in the world that probabilities are held against."""
_BOTH: Final = ("natural", "ordinary")
_DEHUMANIZATION: Final = "`dehumanization` at or over its balanced threshold"
_DEFAULT: Final = "`dehumanization` balanced, or `hate` or `threat` quiet"

ORDINARY_FLAGGED: Final = "ordinary posts flagged by the policy dehumanization"
NATURAL_FOUND: Final = "natural dehumanization found by the policy dehumanization"
DEFAULT_FLAGGED: Final = "ordinary posts flagged by the default policy, hate"
DEFAULT_FOUND: Final = "natural hate and dehumanization found by the default policy, hate"
"""The numbers that the model card, the README and the report begin with."""

Measure = Callable[[Answered], Found]


def _one(suite: str, measure: Callable[[Answers], Measured], note: str = "") -> Measure:
    return lambda answered: (measure(answered[suite]), note)


def _over(suite: str, label: str, threshold: float, functionality: str = "") -> Measure:
    return _one(suite, lambda answers: flagged(answers, label, threshold, functionality))


def _rank(suite: str, *labels: str) -> Measure:
    return _one(suite, lambda answers: rank_agreement(answers, labels))


def _both(answered: Answered) -> tuple[Answers, Answers]:
    if missing := [name for name in _BOTH if name not in answered]:
        raise MetricUnavailable(f"{', '.join(missing)} left out")
    return answered["natural"], answered["ordinary"]


def _found_at(label: str, allowed: float) -> Measure:
    def measure(answered: Answered) -> Found:
        found, bound = found_at(*_both(answered), label, allowed)
        return found, f"over {bound:.3f}"

    return measure


def _calibration(label: str) -> Measure:
    return lambda answered: (
        calibration_at(*_both(answered), label, _BASE),
        "negatives are ordinary posts, and a tenth natural ones",
    )


def _two_classes(label: str, measure: Callable[[Judged], Measured]) -> Measure:
    def of_natural(answered: Answered) -> Found:
        judged = answered["natural"].judged(label)
        if judged.truth.all() or not judged.truth.any():
            raise MetricUnavailable("rows of one class only")
        return measure(judged), ""

    return of_natural


def _found_by_dehumanization(answered: Answered) -> Found:
    own = answered["natural"].judged("dehumanization", lambda c: c.has("dehumanization") is True)
    return share_of(own.decided, own.clusters), _DEHUMANIZATION


ORDINARY: Final[tuple[Wanted, ...]] = (
    Wanted(
        ORDINARY_FLAGGED,
        ("ordinary",),
        _one("ordinary", partial(flagged_by, "dehumanization"), _DEHUMANIZATION),
        0.003,
        0.001,
        True,
    ),
    Wanted(
        DEFAULT_FLAGGED,
        ("ordinary",),
        _one("ordinary", partial(flagged_by, DEFAULT_POLICY), _DEFAULT),
        lower_is_better=True,
    ),
    Wanted(
        "ordinary posts flagged by the policy dehumanization, worst domain",
        ("ordinary",),
        lambda answered: worst_domain(answered["ordinary"]),
        0.02,
        0.005,
        True,
    ),
    Wanted(
        "ordinary posts with hate at least 0.5",
        ("ordinary",),
        _over("ordinary", "hate", 0.5),
        0.007,
        0.002,
        True,
    ),
    Wanted(
        "ordinary posts with toxicity at least 0.7",
        ("ordinary",),
        _over("ordinary", "toxicity", 0.7),
        0.015,
        0.005,
        True,
    ),
    Wanted(
        "more ordinary posts flagged by the policy dehumanization",
        ("ordinary_more",),
        _one("ordinary_more", partial(flagged_by, "dehumanization"), _DEHUMANIZATION),
        lower_is_better=True,
    ),
)

NATURAL: Final[tuple[Wanted, ...]] = (
    Wanted(
        "natural posts, AUC of dehumanization",
        ("natural",),
        _two_classes("dehumanization", area),
        0.96,
        0.98,
    ),
    Wanted(
        "natural posts, average precision of dehumanization",
        ("natural",),
        _two_classes(
            "dehumanization", lambda own: average_precision(own.truth, own.scores, own.clusters)
        ),
        0.80,
        0.92,
    ),
    Wanted(
        "natural posts, AUC of dehumanization against other hate",
        ("natural",),
        _one("natural", among_hate),
        0.93,
        0.97,
    ),
    Wanted("natural posts, AUC of hate", ("natural",), _two_classes("hate", area), 0.945, 0.97),
    Wanted(
        "natural posts, average precision of hate",
        ("natural",),
        _two_classes("hate", lambda own: average_precision(own.truth, own.scores, own.clusters)),
    ),
    Wanted(
        "natural hate found where 5 ordinary posts in 1,000 are flagged",
        _BOTH,
        _found_at("hate", 0.005),
        0.80,
        0.90,
    ),
    Wanted(
        "natural dehumanization found where 1 ordinary post in 1,000 is flagged",
        _BOTH,
        _found_at("dehumanization", 0.001),
        0.80,
        0.92,
    ),
    Wanted(
        "natural dehumanization found where 5 ordinary posts in 1,000 are flagged",
        _BOTH,
        _found_at("dehumanization", 0.005),
    ),
    Wanted(NATURAL_FOUND, ("natural",), _found_by_dehumanization),
    Wanted(DEFAULT_FOUND, ("natural",), _one("natural", found_by_default, _DEFAULT)),
    Wanted(
        "natural posts, marked words, token-F1",
        ("natural",),
        lambda answered: (agreement(answered["natural"]).token_f1, "of dehumanizing posts"),
        0.60,
        0.75,
    ),
    Wanted(
        "natural posts, mechanism, top-1",
        ("natural",),
        _one("natural", top_mechanism, "of dehumanizing posts"),
        0.80,
        0.92,
    ),
    Wanted("natural posts, target category, top-1", ("natural",), top_category, 0.88, 0.95),
    *(
        Wanted(
            f"calibration error of {label} where 1 text in 100 has it",
            _BOTH,
            _calibration(label),
            0.01,
            0.004,
            True,
        )
        for label in ("hate", "dehumanization")
    ),
    Wanted(
        "swapped groups, natural posts: range of dehumanization",
        ("natural_swapped",),
        _one("natural_swapped", lambda own: swap(own, "dehumanization").span, "rows are posts"),
        0.08,
        0.03,
        True,
    ),
    Wanted(
        "natural posts, recall of unseen groups less seen",
        ("natural_swapped",),
        _one("natural_swapped", unseen_less_seen),
    ),
)

UNSEEN: Final[tuple[Wanted, ...]] = (
    Wanted(
        "DehumCheck, recall of unseen groups less seen",
        ("dehumcheck_world",),
        _one("dehumcheck_world", unseen_less_seen),
        -0.02,
        0.0,
    ),
    Wanted(
        "swapped groups, DehumCheck with groups of the world: range of dehumanization",
        ("dehumcheck_world",),
        _one(
            "dehumcheck_world", lambda own: swap(own, "dehumanization").span, "rows are templates"
        ),
        lower_is_better=True,
    ),
)

PERSPECTIVE: Final[tuple[Wanted, ...]] = (
    Wanted(
        "rank agreement with Perspective on Wikipedia, toxicity",
        ("perspective_wikipedia",),
        _rank("perspective_wikipedia", "toxicity"),
        0.75,
        0.86,
    ),
    Wanted(
        "rank agreement with Perspective on RealToxicityPrompts, mean of six",
        ("perspective_rtp",),
        _rank("perspective_rtp", *ATTRIBUTES),
        0.82,
        0.92,
    ),
    *(
        Wanted(
            f"rank agreement with Perspective on RealToxicityPrompts, {label}",
            ("perspective_rtp",),
            _rank("perspective_rtp", label),
        )
        for label in ATTRIBUTES
    ),
)

COUNTERSPEECH: Final[tuple[Wanted, ...]] = (
    Wanted(
        "counter-speech and harmless talk with toxicity at least 0.5",
        ("counterspeech",),
        _over("counterspeech", "toxicity", 0.5),
        0.20,
        0.08,
        True,
    ),
    *(
        Wanted(
            f"counter-speech and harmless talk with toxicity at least 0.5, {kind}",
            ("counterspeech",),
            _over("counterspeech", "toxicity", 0.5, kind),
            lower_is_better=True,
        )
        for kind in KINDS
    ),
)
