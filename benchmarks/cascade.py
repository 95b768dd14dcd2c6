"""`python -m benchmarks --cascade FOLDER`: what a cascade costs beside its two models.

    python -m benchmarks --cascade FOLDER [--data FOLDER] [--posts 2000] [--hostile dynahate]

Scores posts of the `ordinary` suite, and of one that was written to deceive, by the student, by the
base and by the cascade, in turn, on one thread: whatever else the machine does falls on all of
them alike. Then it starts the server on the student and on the cascade, for their memory (Linux).
"""

import json
import os
import statistics
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from upstander.evaluation.errors import EvaluationError
from upstander.evaluation.intervals import Counts, Measured, bootstrap
from upstander.evaluation.markdown import table
from upstander.evaluation.progress import track
from upstander.evaluation.server_process import started
from upstander.evaluation.suites import EVERY_SUITE, ordinary
from upstander.evaluation.synthetic_posts import posts
from upstander.models.bundle import Bundle, open_bundle
from upstander.models.errors import TextError
from upstander.models.scorer import Scorer

WAYS: Final = ("student", "base", "cascade")
_WARM_UP: Final = 50
_SERVED: Final = 90
"""Posts in one batch, fewer than a server takes."""
_HATEFUL: Final = ("Those refugees are vermin.", "They are not really people.")
"""Which a base reads, so that it has run."""


@dataclass(frozen=True, slots=True)
class Timed:
    """The posts of one suite. seconds: (posts, ways), of each post by each of `WAYS`.

    sent_on: posts that the base read.
    """

    suite: str
    seconds: np.ndarray
    sent_on: int

    def mean(self, way: str) -> float:
        """Milliseconds a post."""
        return float(1000 * self.seconds[:, WAYS.index(way)].mean())

    def over_student(self, way: str) -> Measured:
        """Mean time over that of the student, with its interval over posts."""

        def ratio(rows: Counts) -> float:
            means = self.seconds[rows].mean(axis=0)
            return float(means[WAYS.index(way)] / means[WAYS.index("student")])

        return bootstrap(len(self.seconds), ratio)


def measure(folder: Path, data: Path, hostile: str, count: int) -> Sequence[Timed]:
    """Both suites. count: posts of each, evenly drawn.

    Raises EvaluationError for a bundle that is no cascade and an unknown suite.
    """
    bundle = open_bundle(folder)
    if bundle.cascade is None:
        raise EvaluationError(f"{folder} is no cascade: make one with 'upstander model cascade'")
    if hostile not in EVERY_SUITE:
        raise EvaluationError(f"--hostile {hostile}: there are {', '.join(EVERY_SUITE)}")
    ways: dict[str, Scorer] = {name: stage.scorer for name, stage in bundle.stages.items()}
    ways["cascade"] = bundle.scorer
    for text in posts(_WARM_UP):
        for scorer in ways.values():
            scorer.score(text)
    return [
        _timed(name, [case.text for case in EVERY_SUITE[name](data)], ways, count)
        for name in (ordinary.NAME, hostile)
    ]


def _timed(suite: str, texts: Sequence[str], ways: Mapping[str, Scorer], count: int) -> Timed:
    drawn = texts[:: max(1, len(texts) // count)][:count]
    seconds = []
    sent_on = 0
    with track(f"timing {suite}", total=len(drawn), unit="posts") as progress:
        for number, text in enumerate(drawn):
            took = dict.fromkeys(WAYS, 0.0)
            try:
                # Whichever comes first finds colder caches: they take turns.
                for step in range(len(WAYS)):
                    way = WAYS[(number + step) % len(WAYS)]
                    begun = time.perf_counter()
                    score = ways[way].score(text)
                    took[way] = time.perf_counter() - begun
                    sent_on += way == "cascade" and score.stage == "base"
            except TextError:
                continue
            seconds.append([took[way] for way in WAYS])
            progress.advance()
    return Timed(suite, np.array(seconds), sent_on)


def megabytes(folder: Path, log: Path) -> float:
    """Resident memory of the server on a bundle, once it has scored some posts."""
    command = [sys.executable, "-m", "upstander", "serve", "--port", "{port}", "--bundle"]
    options = [str(folder), "--cache-size", "0", "--store", "", "--policy", ""]
    with started([*command, *options], "/readyz", os.environ, log) as running:
        texts = [*posts(_SERVED), *_HATEFUL]
        body = json.dumps({"posts": [{"text": text} for text in texts]}).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{running.port}/v1/score/batch",
            body,
            {"content-type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310
            answer.read()
        return running.megabytes()


def lines(found: Sequence[Timed], bundle: Bundle, memory: Mapping[str, float]) -> Iterator[str]:
    """The result as Markdown."""
    cascade = bundle.cascade
    assert cascade is not None  # noqa: S101 - it was measured as one
    student, base = cascade.student, cascade.base
    yield (
        f"{cascade.name} {cascade.version}: {student.name} {student.version}, then {base.name} "
        f"{base.version}. Milliseconds a post, means; one thread.\n"
    )
    header = ("suite", "posts", "sent on", *WAYS, "base over student", "cascade over student")
    yield from table(header, map(_row, found))
    medians = [statistics.median(one.seconds[:, WAYS.index("base")]) for one in found]
    yield (
        f"\nA run of the base is counted as {cascade.base_cost:g} of the student; a post takes the "
        f"base {1000 * statistics.mean(medians):.1f} ms (median)."
    )
    if memory:
        yield ""
        rows = ((name, f"{size:.0f}") for name, size in memory.items())
        yield from table(("served", "memory, MB"), rows)


def _row(one: Timed) -> list[str]:
    count = len(one.seconds)
    ratios = [one.over_student(way) for way in ("base", "cascade")]
    return [
        one.suite,
        f"{count:,}",
        f"{one.sent_on / count:.1%}",
        *(f"{one.mean(way):.2f}" for way in WAYS),
        *(f"{ratio.value:.2f} x ({ratio.low:.2f} to {ratio.high:.2f})" for ratio in ratios),
    ]
