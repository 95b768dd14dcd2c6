"""Predictions for every case of a suite; each text is scored once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from upstander.evaluation.intervals import Booleans, Floats
from upstander.evaluation.progress import track
from upstander.evaluation.scoring import ManyScorer, scored, weighed
from upstander.evaluation.suites.case import Case
from upstander.models.manifest import Manifest
from upstander.models.rationale import Span
from upstander.models.score import Score
from upstander.models.scorer import Scorer

NOT_IN_BUNDLE: Final = "not in this bundle"


class MetricUnavailable(LookupError):
    """The metric is undefined here, which is no error; the text says why."""


@dataclass(frozen=True, slots=True)
class Answers:
    """The cases of a suite that have a visible character, and the score of each.

    manifest, operating_point: of the bundle that answered, and the thresholds to decide by.
    words: of each case whose words annotators marked, in order, every word with its probability.
    empty: ids of the other cases, in whose texts nothing is visible.
    """

    suite: str
    cases: Sequence[Case]
    scores: Sequence[Score]
    manifest: Manifest
    operating_point: str
    words: Sequence[tuple[Span, ...]] = ()
    empty: Sequence[str] = ()

    def output(self, name: str) -> Floats:
        """The calibrated probabilities of a label, one entry a case.

        Raises MetricUnavailable if the bundle lacks it.
        """
        if name not in {label.name for label in self.manifest.labels}:
            raise MetricUnavailable(NOT_IN_BUNDLE)
        return np.array([score.scores[name] for score in self.scores], dtype=np.float64)

    def threshold(self, name: str) -> float:
        """The threshold of a label that the bundle has."""
        return self.manifest.threshold(name, self.operating_point)

    def _thresholds(self, name: str) -> Floats:
        """Of each case, as the graph has it that answered."""
        if self.manifest.for_stage("student") is self.manifest:
            return np.full(len(self.scores), self.threshold(name))
        stages = [self.manifest.for_stage(score.stage) for score in self.scores]
        point = self.operating_point
        return np.array([manifest.threshold(name, point) for manifest in stages], dtype=np.float64)

    def judged(self, name: str, where: Callable[[Case], bool] = lambda _: True) -> "Judged":
        """The cases that say something of a label, and for which `where` is true.

        Raises MetricUnavailable if the bundle lacks the label, or there is no such case.
        """
        kept = [i for i, c in enumerate(self.cases) if c.has(name) is not None and where(c)]
        scores = self.output(name)[kept]
        if not kept:
            raise MetricUnavailable("no rows")
        return Judged(
            cases=[self.cases[i] for i in kept],
            truth=np.array([bool(self.cases[i].has(name)) for i in kept], dtype=np.bool_),
            scores=scores,
            decided=np.asarray(scores >= self._thresholds(name)[kept]),
        )


@dataclass(frozen=True, slots=True)
class Judged:
    """Some cases, whether each has a label, its probability and the decision."""

    cases: Sequence[Case]
    truth: Booleans
    scores: Floats
    decided: Booleans

    @property
    def clusters(self) -> list[str]:
        """What each case shares with those that are no independent draws, or ""."""
        return [case.drawn_with for case in self.cases]

    @property
    def right(self) -> Booleans:
        """Which decisions are right."""
        return np.asarray(self.truth == self.decided)


def collect(
    suite: str,
    cases: Sequence[Case],
    scorer: Scorer | ManyScorer,
    operating_point: str = "balanced",
) -> Answers:
    """Score every case once. A text without a visible character is left out, and named."""
    kept: list[tuple[Case, Score]] = []
    empty: list[str] = []
    with track(suite, total=len(cases), unit="texts") as progress:
        answers = scored(scorer, [case.text for case in cases])
        for case, answer in zip(cases, answers, strict=True):
            if answer is None:
                empty.append(case.id)
            else:
                kept.append((case, answer))
            progress.advance()
    marked = [case.text for case, _ in kept if case.rationale]
    return Answers(
        suite,
        [case for case, _ in kept],
        [answer for _, answer in kept],
        scorer.manifest,
        operating_point,
        tuple(weighed(scorer, marked)) if marked and scorer.manifest.rationale else (),
        tuple(empty),
    )
