"""Scoring by a cascade: the student reads every text, and the base those that are not settled.

With an ensemble, the probabilities of what the base reads are those of both.

Whether a text is settled depends on nothing but the text, so the same text gets the same answer,
from the same stage, alone or among others. It is normalised once; each stage has a tokenizer of its
own.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from upstander.models.cascade import Ensemble, StagedManifest
from upstander.models.ensemble import together
from upstander.models.errors import TextError
from upstander.models.normaliser import Normalised
from upstander.models.rationale import Span
from upstander.models.score import Reading, Score, Stage, Work
from upstander.models.scorer import Inference, Scorer

_LONG: Final = 8
"""Windows from which on a text is cut for the base at once, by whoever has time for long texts."""


class CascadeScorer(Scorer):
    """A scorer to whoever scores, and two of them inside. Thread-safe, as they are."""

    def __init__(
        self,
        student: Scorer,
        base: Scorer,
        manifest: StagedManifest,
        bounds: Mapping[str, float],
        base_cost: float,
        ensemble: Ensemble | None = None,
    ) -> None:
        """bounds: of every label. base_cost: of a run of the base, in runs of the student."""
        # Nothing of the parent's: it opens a graph, and this has those of its stages.
        self.manifest = manifest
        self.base_cost = base_cost
        self._stages: Mapping[Stage, Scorer] = {"student": student, "base": base}
        self._bounds = tuple(bounds[label.name] for label in manifest.labels)
        self._ensemble = ensemble
        self._output_names = tuple(output.name for output in manifest.outputs)

    def is_settled(self, reading: Reading) -> bool:
        """Whether what the student says is the answer: every label is under its bound."""
        labels = reading.probabilities[: len(self._bounds)]
        return all(p < bound for p, bound in zip(labels, self._bounds, strict=True))

    def score_by(self, stage: Stage | None, text: str) -> Score:
        """As `score`, by a stage whatever the bounds say; None lets them choose."""
        if stage is None:
            return self.score(text)
        started = time.perf_counter()
        normalised = self.normalise(text)
        seconds = time.perf_counter() - started
        student = self._stages["student"].read(normalised)
        if stage == "student":
            return self.explain(normalised, replace(student, stage=stage), seconds)
        base = self._stages["base"].read(normalised)
        return self.explain(normalised, self.sent_on(student, base), seconds)

    def sent_on(self, before: Reading, reading: Reading) -> Reading:
        """What is said of a text that both have read. before: by the student."""
        probabilities = reading.probabilities
        if self._ensemble is not None:
            both = np.array([before.probabilities, probabilities])
            probabilities = tuple(together(self._ensemble, self._output_names, *both).tolist())
        return replace(
            reading,
            probabilities=probabilities,
            tokenize=before.tokenize + reading.tokenize,
            run=before.run + reading.run,
            stage="base",
            before=(before.windows, before.length),
        )

    def score_all(self, texts: Sequence[str]) -> list[Score | TextError]:
        """The same of several texts, in their order: a text that cannot be scored has its error.

        The student reads all of them before the base does: weights stay in the cache of a core.
        """
        found: list[Score | TextError | None] = []
        begun: list[tuple[int, Normalised, float, CascadeInference]] = []
        for place, text in enumerate(texts):
            started = time.perf_counter()
            try:
                normalised = self.normalise(text)
            except TextError as error:
                found.append(error)
                continue
            seconds = time.perf_counter() - started
            found.append(None)
            begun.append((place, normalised, seconds, CascadeInference(self, normalised)))
        for _, _, _, inference in begun:
            while inference.stage == "student" and inference.left:
                inference.run()
        for place, normalised, seconds, inference in begun:
            while inference.left:
                inference.run()
            found[place] = self.explain(normalised, inference.reading(), seconds)
        return [one for one in found if one is not None]

    def words(self, text: str) -> tuple[Span, ...]:
        """As the base has them: what the student settles has no words that carried anything."""
        return self._stages["base"].words(text)

    def begin(self, normalised: Normalised) -> "CascadeInference":
        """The runs of both stages, left to the caller."""
        return CascadeInference(self, normalised)

    def begin_stage(self, stage: Stage, normalised: Normalised) -> Inference:
        """The runs of one stage."""
        return self._stages[stage].begin(normalised)

    def fewest_windows(self, normalised: Normalised) -> int:
        """Windows that a text has at the least, for the stage that cuts it smaller."""
        return max(scorer.fewest_windows(normalised) for scorer in self._stages.values())

    def explain(self, normalised: Normalised, reading: Reading, seconds: float) -> Score:
        """The score of a text, as the stage that read it explains it."""
        stage: Stage = reading.stage or "base"
        cost = self.base_cost if stage == "base" else 1.0
        windows, tokens = reading.before
        return replace(
            self._stages[stage].explain(normalised, reading, seconds),
            stage=stage,
            work=Work(
                runs=windows + reading.windows,
                cost=windows + cost * reading.windows,
                tokens=tokens + round(cost * reading.length),
            ),
        )


class CascadeInference:
    """The runs of one text: those of the student, and then those of the base, if it is sent on."""

    def __init__(self, scorer: CascadeScorer, normalised: Normalised) -> None:
        self._scorer = scorer
        self._normalised = normalised
        self._student = scorer.begin_stage("student", normalised)
        self._base: Inference | None = None
        if self._student.windows >= _LONG:
            self._base = scorer.begin_stage("base", normalised)
        self._settled: Reading | None = None
        self._before: Reading | None = None

    @property
    def stage(self) -> Stage:
        """The stage that reads now, or has read last."""
        return "student" if self._before is None else "base"

    @property
    def windows(self) -> int:
        return max(self._student.windows, 0 if self._base is None else self._base.windows)

    @property
    def left(self) -> int:
        if self._before is None:
            return self._student.left
        return 0 if self._base is None else self._base.left

    @property
    def cost(self) -> float:
        return 1.0 if self._before is None else self._scorer.base_cost

    @property
    def total(self) -> float:
        if self._before is None or self._base is None:
            return float(self._student.windows)
        return self._student.windows + self._scorer.base_cost * self._base.windows

    def run(self) -> None:
        if self._before is not None:
            assert self._base is not None  # noqa: S101 - begun when the text was sent on
            self._base.run()
            return
        self._student.run()
        if self._student.left:
            return
        reading = self._student.reading()
        if self._scorer.is_settled(reading):
            self._settled = replace(reading, stage="student")
            return
        self._before = reading
        if self._base is None:
            self._base = self._scorer.begin_stage("base", self._normalised)

    def reading(self) -> Reading:
        if self._settled is not None:
            return self._settled
        assert self._before is not None  # noqa: S101 - no window is left
        assert self._base is not None  # noqa: S101 - begun when the text was sent on
        return self._scorer.sent_on(self._before, self._base.reading())
