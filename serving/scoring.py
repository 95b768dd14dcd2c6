"""The steps of scoring one text: prepare, then run one window after the other."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from upstander.models.bundle import Bundle
from upstander.models.manifest import Manifest
from upstander.models.normaliser import Normalised
from upstander.models.policy.quotation import is_quotation
from upstander.models.score import Reading, Score
from upstander.models.scorer import Inference
from upstander.serving.cache import ReadingCache
from upstander.serving.errors import TextTooLong
from upstander.serving.language_routing import UNSURE, PostLanguage, Served, thresholds_of
from upstander.serving.pool import Later


@dataclass(frozen=True, slots=True)
class Scored:
    """A score, the bundle that gave it, and how it came about.

    queued: seconds that the text waited for a thread first. cached: whether no run was needed.
    is_quotation: whether what carried the score stands within quotation marks. language: that the
        text counted as. thresholds: of every output of the graph which answered; looked up where
        none are given.
    """

    score: Score
    bundle: Bundle
    queued: float
    cached: bool
    is_quotation: bool = False
    language: PostLanguage = UNSURE
    thresholds: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.thresholds:
            object.__setattr__(self, "thresholds", thresholds_of(self.manifest))

    @property
    def manifest(self) -> Manifest:
        """That of the graph which answered: its thresholds are those of the score."""
        return self.bundle.manifest.for_stage(self.score.stage)


class Scoring:
    """The steps of one text. Each is for one thread, and they follow one another."""

    def __init__(
        self,
        text: str,
        served: Served,
        cache: ReadingCache,
        most_windows: int,
        keep: bool,
        holder: str = "",
        weigh: Callable[[float], None] | None = None,
        language: PostLanguage | None = None,
    ) -> None:
        """served: the bundles, of which the language of the text chooses one.

        most_windows: that the text may have. keep: whether the cache may have its reading.

        holder: id of the key that sent the text; the cache of another is not looked at.
        weigh: is told the cost of all runs, on a thread, once a cascade's base is to read the text.
        language: of the text, if it is known; else it is identified.
        """
        self._text = text
        self._served = served
        self._bundle = served.main
        self._language = language
        self._cache = cache
        self._most_windows = most_windows
        self._keep = keep
        self._holder = holder
        self._weigh = weigh
        self._asked = time.perf_counter()
        self._queued = 0.0
        self._normalise = 0.0
        self._normalised: Normalised | None = None
        self._inference: Inference | None = None
        self._known: Reading | None = None

    def begin(self, is_wanted: Callable[[], bool]) -> Scored | Later[Scored]:
        """All that comes before the first run, and the first run. Raises as `prepare`."""
        self.prepare(is_wanted)
        return self.run(is_wanted)

    def prepare(self, _: Callable[[], bool]) -> int:
        """All that comes before the first run: how many windows there are.

        Raises TextError, TextTooLong if the text has too many windows, and UnservedLanguage.
        """
        started = time.perf_counter()
        self._queued = started - self._asked
        if self._language is None:
            self._language = self._served.language_of(self._text)
        self._bundle = self._served.bundle_for(self._language)
        scorer = self._bundle.scorer
        normalised = scorer.normalise(self._text)
        self._normalised, self._normalise = normalised, time.perf_counter() - started
        self._known = self._cache.find(normalised.text, self._bundle.sha256, self._holder)
        if self._known is not None:
            return self._known.windows
        self._refuse_long(scorer.fewest_windows(normalised), "at least ")
        self._inference = scorer.begin(normalised)
        self._refuse_long(self._inference.windows)
        return self._inference.windows

    def run(self, is_wanted: Callable[[], bool]) -> Scored | Later[Scored]:
        """Run a window: the score after the last one."""
        left = self._run_next()
        return self.finish(is_wanted) if left is None else Later(self.run, left)

    def run_only(self, _: Callable[[], bool]) -> Later[None] | None:
        """Run a window, and leave the score to `finish`: many windows make that long, too."""
        left = self._run_next()
        return None if left is None else Later(self.run_only, left)

    def finish(self, _: Callable[[], bool]) -> Scored:
        """The score, once no window is left."""
        inference = self._inference
        if inference is None:
            assert self._known is not None  # noqa: S101 - one of them was found before
            return self._scored(replace(self._known, tokenize=0.0, run=0.0), is_cached=True)
        assert self._normalised is not None  # noqa: S101 - it was cut into windows
        reading = inference.reading()
        if self._keep:
            self._cache.keep(self._normalised.text, self._bundle.sha256, reading, self._holder)
        return self._scored(reading, is_cached=False)

    def _run_next(self) -> float | None:
        """Run the next window, if any: the cost of the one after it; None if none is left."""
        inference = self._inference
        if inference is None:
            return None
        before = inference.total
        inference.run()
        if inference.total > before:
            self._sent_on(inference)
        return inference.cost if inference.left else None

    def _sent_on(self, inference: Inference) -> None:
        """The base of a cascade reads the text, too: more work, and another count of windows.

        Raises TextTooLong.
        """
        self._refuse_long(inference.windows)
        if self._weigh is not None:
            self._weigh(inference.total)

    def _scored(self, reading: Reading, is_cached: bool) -> Scored:
        assert self._normalised is not None  # noqa: S101 - whatever was read was normalised
        score = self._bundle.scorer.explain(self._normalised, reading, self._normalise)
        quotation = is_quotation(self._text, score.spans)
        return Scored(
            score=score,
            bundle=self._bundle,
            queued=self._queued,
            cached=is_cached,
            is_quotation=quotation,
            language=self._language or UNSURE,
            thresholds=self._served.thresholds(self._bundle, score.stage),
        )

    def _refuse_long(self, windows: int, at_least: str = "") -> None:
        if windows > self._most_windows:
            raise TextTooLong(
                f"The text makes {at_least}{windows:,} windows of the model, and at most "
                f"{self._most_windows:,} are allowed (--max-windows): split it, or send the part "
                "that you need scored."
            )
