"""Shadow mode: a second bundle scores a share of the traffic, and differences are reported."""

import json
import logging
import queue
import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from upstander.models.bundle import Bundle
from upstander.models.score import Score
from upstander.serving.metrics import Metrics

if TYPE_CHECKING:
    from upstander.serving.scoring import Scored

log = logging.getLogger("upstander")

_WAITING: Final = 64
"""Texts that wait for the shadow; more are not compared."""


@dataclass(frozen=True, slots=True)
class _Sample:
    text: str
    scored: "Scored"


class Shadow:
    """Compares a bundle with the one that answers, on a thread of its own that never holds one up.

    Whatever comes while `_WAITING` texts wait is not compared, and counted as dropped.
    """

    def __init__(self, bundle: Bundle, share: float, report: Path | None, metrics: Metrics) -> None:
        """share: of the texts that are compared, in [0, 1]. report: JSON lines of disagreements."""
        self.bundle = bundle
        self._codes = frozenset(language.code for language in bundle.manifest.languages)
        self._share = share
        self._report = report
        self._metrics = metrics
        self._samples: queue.Queue[_Sample | None] = queue.Queue(_WAITING)
        self._thread = threading.Thread(target=self._compare_all, name="shadow", daemon=True)
        self._thread.start()

    def offer(self, text: str, scored: "Scored") -> None:
        """Compare this text, perhaps, if it is in a language of the shadow. Returns at once."""
        if scored.language.is_sure and scored.language.code not in self._codes:
            return
        if random.random() >= self._share:  # noqa: S311 - a sample, not a secret
            return
        try:
            self._samples.put_nowait(_Sample(text, scored))
        except queue.Full:
            self._metrics.shadow.labels(result="dropped").inc()

    def close(self) -> None:
        """End the thread after what it has in hand; what waits is not compared."""
        while True:
            try:
                self._samples.get_nowait()
            except queue.Empty:
                break
        self._samples.put(None)
        self._thread.join(5)

    def _compare_all(self) -> None:
        while (sample := self._samples.get()) is not None:
            try:
                self._compare(sample)
            except Exception as error:
                self._metrics.shadow.labels(result="failed").inc()
                # Not its message: that of a library can hold the text.
                log.error("the shadow bundle failed on a text: %s", type(error).__name__)

    def _compare(self, sample: _Sample) -> None:
        answered, own = sample.scored, self.bundle.scorer.score(sample.text)
        differing = disagreements(answered.bundle, answered.score, self.bundle, own)
        if differing and self._report is not None:
            entry = {
                "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
                "answered": answered.bundle.sha256[:12],
                "shadow": self.bundle.sha256[:12],
                "tokens": own.tokens,
                "labels": {
                    label: {"answered": answered.score.scores[label], "shadow": own.scores[label]}
                    for label in differing
                },
            }
            with self._report.open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry) + "\n")
        self._metrics.shadow.labels(result="differs" if differing else "agrees").inc()


def disagreements(one: Bundle, score: Score, other: Bundle, own: Score) -> Sequence[str]:
    """The labels of both bundles for which each decides otherwise, at its balanced threshold."""
    ours, theirs = one.manifest.for_stage(score.stage), other.manifest.for_stage(own.stage)
    return [
        label
        for label in score.scores
        if label in own.scores
        and (score.scores[label] >= ours.threshold(label))
        != (own.scores[label] >= theirs.threshold(label))
    ]
