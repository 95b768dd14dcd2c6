"""Comparing a bundle with the published decisions of another system on the same cases."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import compress

import numpy as np

from upstander.evaluation.intervals import Booleans, Measured
from upstander.evaluation.metrics import accuracy, macro_f1
from upstander.evaluation.predictions import Answers, Judged, MetricUnavailable
from upstander.evaluation.suites.hatecheck import PERSPECTIVE
from upstander.evaluation.wanted import Answered, Found, Wanted


@dataclass(frozen=True, slots=True)
class Beside:
    """One number of both."""

    ours: Measured
    theirs: Measured


@dataclass(frozen=True, slots=True)
class Anchor:
    """A suite by its own label, on the cases that the other system judged too.

    macro_f1: of all cases. functionalities: accuracy of each.
    """

    suite: str
    system: str
    label: str
    macro_f1: Beside
    functionalities: Mapping[str, Beside]


def anchors_of(answers: Answers) -> list[Anchor]:
    """The systems whose verdicts come with the suite; none where there are none."""
    try:
        return [anchor_of(answers, PERSPECTIVE)]
    except MetricUnavailable:
        return []


def anchor_of(answers: Answers, system: str) -> Anchor:
    """The bundle beside one system.

    Raises MetricUnavailable if the bundle lacks the label, or the system judged none of the cases.
    """
    if not answers.cases:
        raise MetricUnavailable("no rows")
    label = answers.cases[0].label
    judged = answers.judged(label, lambda case: system in case.verdicts)
    theirs = np.array([case.verdicts[system] for case in judged.cases], dtype=np.bool_)
    names = np.array([case.functionality for case in judged.cases])
    return Anchor(
        answers.suite,
        system,
        label,
        Beside(
            macro_f1(judged.truth, judged.decided, judged.clusters),
            macro_f1(judged.truth, theirs, judged.clusters),
        ),
        {
            str(name): _accuracy(judged, theirs, names == name)
            for name in sorted(set(names.tolist()))
        },
    )


def part_of(anchor: Anchor, functionality: str) -> Beside:
    """The numbers of one functionality, or of all cases for "". Raises MetricUnavailable."""
    if not functionality:
        return anchor.macro_f1
    if functionality not in anchor.functionalities:
        raise MetricUnavailable("no rows")
    return anchor.functionalities[functionality]


def _accuracy(judged: Judged, theirs: Booleans, own: Booleans) -> Beside:
    truth = judged.truth[own]
    clusters = list(compress(judged.clusters, own))
    return Beside(
        accuracy(truth, judged.decided[own], clusters), accuracy(truth, theirs[own], clusters)
    )


def _anchor(functionality: str) -> Callable[[Answered], Found]:
    def measure(answered: Answered) -> Found:
        anchor = anchor_of(answered["hatecheck"], PERSPECTIVE)
        return part_of(anchor, functionality).theirs, "its verdicts of 2020, read from a file"

    return measure


def anchors(parts: Mapping[str, str]) -> tuple[Wanted, ...]:
    """What the Perspective API reached on HateCheck. parts: the name in words to functionality."""
    return (
        Wanted(f"HateCheck, macro-F1 of the {PERSPECTIVE}", ("hatecheck",), _anchor("")),
        *(
            Wanted(f"HateCheck {name}, accuracy of the {PERSPECTIVE}", ("hatecheck",), _anchor(own))
            for name, own in parts.items()
        ),
    )
