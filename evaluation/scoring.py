"""Scoring many texts, results in order: by the one `Scorer`, a thread a core, or elsewhere."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol, TypeVar

from upstander.models.cores import usable_cores
from upstander.models.errors import TextError
from upstander.models.manifest import Manifest
from upstander.models.rationale import Span
from upstander.models.score import Score
from upstander.models.scorer import Scorer

T = TypeVar("T")
R = TypeVar("R")


class ManyScorer(Protocol):
    """What scores many texts at a time, on other machines perhaps."""

    @property
    def manifest(self) -> Manifest:
        """Of its bundle."""

    def scores(self, texts: Sequence[str]) -> Iterator[Score | None]:
        """As `scored`."""

    def words(self, texts: Sequence[str]) -> Iterator[tuple[Span, ...]]:
        """As `weighed`."""


def scored(
    scorer: Scorer | ManyScorer, texts: Sequence[str], threads: int = 0
) -> Iterator[Score | None]:
    """The score of each text, in order; None for one without a visible character.

    threads: of a `Scorer`; 0 is one a core.
    """
    if not isinstance(scorer, Scorer):
        return scorer.scores(texts)
    one = scorer.score

    def score(text: str) -> Score | None:
        try:
            return one(text)
        except TextError:
            return None

    return in_order(score, texts, threads)


def weighed(scorer: Scorer | ManyScorer, texts: Sequence[str]) -> Iterator[tuple[Span, ...]]:
    """Every word of each text with its probability, in order. Raises TextError."""
    if not isinstance(scorer, Scorer):
        return scorer.words(texts)
    return in_order(scorer.words, texts)


class Once:
    """Scores a text once, however often it is asked for. Remembers everything."""

    def __init__(self, scorer: Scorer | ManyScorer) -> None:
        self._scorer = scorer
        self._known: dict[str, Score | None] = {}

    @property
    def manifest(self) -> Manifest:
        """Of its bundle."""
        return self._scorer.manifest

    def scores(self, texts: Sequence[str]) -> Iterator[Score | None]:
        """As `scored`."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        coming = zip(new, scored(self._scorer, new), strict=True)
        for text in texts:
            while text not in self._known:  # the new ones come in the order of the texts
                asked, score = next(coming)
                self._known[asked] = score
            yield self._known[text]

    def words(self, texts: Sequence[str]) -> Iterator[tuple[Span, ...]]:
        """As `weighed`."""
        return weighed(self._scorer, texts)


def in_order(work: Callable[[T], R], items: Iterable[T], threads: int = 0) -> Iterator[R]:
    """`work` of each item, in order, on a thread a core, with few items on their way at a time."""
    threads = threads or usable_cores()
    running: deque[Future[R]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for item in items:
            running.append(pool.submit(work, item))
            if len(running) >= 8 * threads:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()
