"""The list of all goals of the project."""

from collections.abc import Callable, Sequence
from itertools import compress
from typing import Final

import numpy as np

from upstander.evaluation.anchor import anchors
from upstander.evaluation.calibration import calibration_error
from upstander.evaluation.counterfactual_fairness import Swap, swap
from upstander.evaluation.intervals import Measured, share_of
from upstander.evaluation.metrics import (
    accuracy,
    auc,
    balanced_accuracy,
    macro_f1,
    mean_auc,
    mean_of_shares,
    spread_of_shares,
)
from upstander.evaluation.predictions import Judged, MetricUnavailable
from upstander.evaluation.rationales import Agreement, agreement
from upstander.evaluation.suites.jigsaw import ATTRIBUTES
from upstander.evaluation.top_category import top_category, top_mechanism
from upstander.evaluation.wanted import Answered, Found, Wanted
from upstander.evaluation.world_goals import COUNTERSPEECH, NATURAL, ORDINARY, PERSPECTIVE, UNSEEN


def _macro_f1(suite: str) -> Callable[[Answered], Found]:
    def measure(answered: Answered) -> Found:
        judged = _two_classes(answered[suite].judged("hate"))
        return macro_f1(judged.truth, judged.decided, judged.clusters), ""

    return measure


def _functionality(name: str) -> Callable[[Answered], Found]:
    def measure(answered: Answered) -> Found:
        judged = answered["hatecheck"].judged("hate", lambda case: case.functionality == name)
        return accuracy(judged.truth, judged.decided, judged.clusters), ""

    return measure


def _obfuscated(answered: Answered) -> Found:
    judged = answered["hatecheck"].judged("hate", lambda c: c.functionality.startswith("spell_"))
    names = [case.functionality for case in judged.cases]
    return mean_of_shares(judged.right, names, judged.clusters), ""


def _spread(answered: Answered) -> Found:
    judged = answered["hatecheck"].judged("hate", lambda case: case.target != "")
    targets = [case.target for case in judged.cases]
    return spread_of_shares(judged.right, targets, judged.clusters), ""


def _balanced(answered: Answered) -> Found:
    judged = _two_classes(answered["dehumcheck"].judged("dehumanization"))
    return balanced_accuracy(judged.truth, judged.decided, judged.clusters), ""


def _worst_cell(answered: Answered) -> Found:
    judged = answered["dehumcheck"].judged("dehumanization")
    names = np.array([case.functionality for case in judged.cases])
    worst = min(sorted(set(names.tolist())), key=lambda name: judged.right[names == name].mean())
    own = names == worst
    return share_of(judged.right[own], list(compress(judged.clusters, own))), worst


def _auc(suite: str, label: str) -> Callable[[Answered], Found]:
    def measure(answered: Answered) -> Found:
        judged = _two_classes(answered[suite].judged(label))
        return auc(judged.truth, judged.scores, judged.clusters), ""

    return measure


def _attributes(answered: Answered) -> Found:
    judged = [_two_classes(answered["jigsaw"].judged(label)) for label in ATTRIBUTES]
    return mean_auc([j.truth for j in judged], [j.scores for j in judged]), ""


def _two_classes(judged: Judged) -> Judged:
    if judged.truth.all() or not judged.truth.any():
        raise MetricUnavailable("rows of one class only")
    return judged


def _top_mechanism(answered: Answered) -> Found:
    return top_mechanism(answered["dehumcheck"]), "of positives that name one"


def _rationale(pick: Callable[[Agreement], Measured]) -> Callable[[Answered], Found]:
    return lambda answered: (pick(agreement(answered["hatexplain"])), "")


def _calibration(label: str) -> Callable[[Answered], Found]:
    def measure(answered: Answered) -> Found:
        judged = [answers.judged(label) for answers in answered.values()]
        manifest = next(iter(answered.values())).manifest
        prior = next(o.calibration.prior for o in manifest.labels if o.name == label)
        error = calibration_error(
            np.concatenate([own.truth for own in judged]),
            np.concatenate([own.scores for own in judged]),
            prior,
            [cluster for own in judged for cluster in own.clusters],
        )
        return error, "" if prior is None else f"rows weighted to {prior:.1%} positives"

    return measure


def _swap(suite: str, label: str, pick: Callable[[Swap], Measured]) -> Callable[[Answered], Found]:
    return lambda answered: (pick(swap(answered[suite], label)), "rows are templates")


_CALIBRATED_ON: Final = {"hate": ("dynahate",), "dehumanization": ("dynahate", "hatemoji")}
_SWAPPED: Final = {"dehumcheck": ("dehumanization", 0.08), "jigsaw_bias": ("hate", 0.10)}
"""Suite to the label that is watched, and how much it may range at most."""
_WITH_TARGETS: Final = ("hatecheck", "dynahate", "dehumcheck")

_HATECHECK: Final[Sequence[tuple[str, str, float, float]]] = (
    ("F3 dehumanization", "derog_dehum_h", 0.96, 1.0),
    ("F20 counter-speech that quotes", "counter_quote_nh", 0.92, 0.95),
    ("F21 counter-speech that refers", "counter_ref_nh", 0.85, 0.95),
    ("F15 negated hate", "negate_neg_nh", 0.72, 0.92),
    ("F16 hate as a question", "phrase_question_h", 0.70, 0.92),
    ("F18 neutral identity", "ident_neutral_nh", 0.92, 0.98),
    ("F19 positive identity", "ident_pos_nh", 0.92, 0.98),
)

WANTED: Final[tuple[Wanted, ...]] = (
    *ORDINARY,
    *NATURAL,
    Wanted("HateCheck, macro-F1", ("hatecheck",), _macro_f1("hatecheck"), 0.885, 0.95),
    *(
        Wanted(f"HateCheck {name}, accuracy", ("hatecheck",), _functionality(own), must, aim)
        for name, own, must, aim in _HATECHECK
    ),
    Wanted(
        "HateCheck F25 to F29 obfuscated, mean accuracy", ("hatecheck",), _obfuscated, 0.93, 0.97
    ),
    *anchors({name: own for name, own, _, _ in _HATECHECK}),
    Wanted("HateCheck, spread of accuracy over targets", ("hatecheck",), _spread, 0.03, 0.01, True),
    Wanted(
        "DynaHate test rounds 1 to 3, macro-F1", ("dynahate",), _macro_f1("dynahate"), 0.805, 0.85
    ),
    Wanted(
        "HateModerate dehumanizing clauses, AUC",
        ("hatemoderate",),
        _auc("hatemoderate", "dehumanization"),
        0.82,
        0.93,
    ),
    Wanted("DehumCheck, balanced accuracy", ("dehumcheck",), _balanced, 0.92, 0.97),
    Wanted("DehumCheck, worst cell", ("dehumcheck",), _worst_cell, 0.75, 0.90),
    *UNSEEN,
    Wanted("target category, top-1", _WITH_TARGETS, top_category, 0.88, 0.95),
    *(Wanted(f"target category, top-1, {name}", (name,), top_category) for name in _WITH_TARGETS),
    Wanted("DehumCheck, mechanism, top-1", ("dehumcheck",), _top_mechanism),
    Wanted("HateXplain, AUC of hate", ("hatexplain",), _auc("hatexplain", "hate"), 0.85, 0.87),
    Wanted("HateXplain, AUC of toxicity", ("hatexplain",), _auc("hatexplain", "toxicity")),
    Wanted(
        "HateXplain rationale, token-F1",
        ("hatexplain",),
        _rationale(lambda found: found.token_f1),
        0.48,
        0.55,
    ),
    Wanted(
        "HateXplain rationale, IOU-F1",
        ("hatexplain",),
        _rationale(lambda found: found.iou_f1),
        0.40,
        0.45,
    ),
    Wanted(
        "HateXplain rationale, IOU-F1 by post",
        ("hatexplain",),
        _rationale(lambda found: found.iou_f1_by_post),
    ),
    Wanted(
        "HateXplain rationale, area under precision and recall",
        ("hatexplain",),
        _rationale(lambda found: found.auprc),
    ),
    Wanted("Jigsaw test, mean AUC of six", ("jigsaw",), _attributes, 0.975, 0.985),
    *(
        Wanted(f"Jigsaw test, AUC of {label}", ("jigsaw",), _auc("jigsaw", label))
        for label in ATTRIBUTES
    ),
    *PERSPECTIVE,
    *COUNTERSPEECH,
    *(
        Wanted(f"calibration error of {label}", suites, _calibration(label), 0.03, 0.015, True)
        for label, suites in _CALIBRATED_ON.items()
    ),
    *(
        wanted
        for suite, (label, most) in _SWAPPED.items()
        for wanted in (
            Wanted(
                f"swapped groups, {suite}: range of {label}",
                (suite,),
                _swap(suite, label, lambda found: found.span),
                most,
                0.03,
                True,
            ),
            Wanted(
                f"swapped groups, {suite}: deviation of {label}",
                (suite,),
                _swap(suite, label, lambda found: found.deviation),
                lower_is_better=True,
            ),
        )
    ),
)
"""What is measured on suites, in the order of the table."""
