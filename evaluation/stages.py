"""A cascade on a suite: what is sent on, what that costs, and the quality of each of its models."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from upstander.evaluation.intervals import Measured, share_of
from upstander.evaluation.predictions import Answers, collect
from upstander.evaluation.report import headline_of
from upstander.evaluation.scoring import ManyScorer
from upstander.models.score import Stage
from upstander.models.scorer import Scorer

CASCADE: Final = "cascade"

COLUMNS: Final = ("student", "base", CASCADE)
"""Whose numbers stand beside each other."""

_SHOWN: Final = ("macro_f1", "auc", "average_precision")
_OF_ONE_CLASS: Final = ("accuracy",)
"""Where every text of a suite is harmless, or none is."""

StageScorers = Mapping[Stage, Scorer | ManyScorer]
"""The models of a cascade, each to score with alone."""


@dataclass(frozen=True, slots=True)
class Stages:
    """A suite, by a cascade and by each of its models alone.

    sent_on: share of the texts that the base read. cost: mean of a text, in runs of the student.
    quality: `student`, `base` and `cascade` to numbers of the suite, each by thresholds of its own.
    """

    suite: str
    label: str
    sent_on: Measured
    cost: float
    quality: Mapping[str, Mapping[str, Measured]]

    def kept(self, number: str) -> float | None:
        """The share of what the base gains over the student that the cascade has, too.

        None where the base gains nothing, or the number cannot be had.
        """
        return _kept([self], number)

    def to_json(self) -> dict[str, Any]:
        """Plain lists and objects."""
        return asdict(self)


def kept_over_all(found: Sequence[Stages]) -> Mapping[str, float]:
    """Number to what is kept of the base's gain in its mean over the suites that have it."""
    kept = {number: _kept(found, number) for number in _SHOWN}
    return {number: value for number, value in kept.items() if value is not None}


def _kept(found: Sequence[Stages], number: str) -> float | None:
    values = [
        [own.quality[name][number].value for name in COLUMNS]
        for own in found
        if all(number in own.quality.get(name, {}) for name in COLUMNS)
    ]
    if not values:
        return None
    student, base, both = (float(mean) for mean in np.mean(values, axis=0))
    return (both - student) / (base - student) if base > student else None


def stages_of(answers: Answers, scorers: StageScorers) -> Stages:
    """A suite that a cascade has answered, scored once more by each of its models.

    Raises MetricUnavailable if the bundle lacks the label, or no case says anything of it.
    """
    label = answers.cases[0].label
    quality = {CASCADE: headline_of(answers.judged(label))}
    for stage, scorer in scorers.items():
        name = f"{answers.suite}, {stage}"
        alone = collect(name, answers.cases, scorer, answers.operating_point)
        quality[stage] = headline_of(alone.judged(label))
    is_sent_on = np.array([score.stage == "base" for score in answers.scores])
    return Stages(
        suite=answers.suite,
        label=label,
        sent_on=share_of(is_sent_on, [case.drawn_with for case in answers.cases]),
        cost=float(np.mean([score.work.cost for score in answers.scores])),
        quality={name: quality[name] for name in COLUMNS if name in quality},
    )


def rows_of(found: Stages) -> Iterator[list[str]]:
    """The cells of a table: suite, share sent on, mean cost, number, its values, the gain kept."""
    cascade = found.quality[CASCADE]
    for number in _SHOWN if _SHOWN[0] in cascade else _OF_ONE_CLASS:
        values = [found.quality[name][number] for name in COLUMNS]
        kept = found.kept(number)
        yield [
            found.suite,
            f"{found.sent_on.value:.1%}",
            f"{found.cost:.2f}",
            number.replace("_", " "),
            *(f"{value.value:.3f}" for value in values),
            "" if kept is None else f"{kept:.0%}",
        ]
