"""Scoring rows in order: a thread per core, each text once, in constant memory."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Final

from upstander.evaluation.batch.result_cache import ResultCache
from upstander.evaluation.batch.row import Row
from upstander.models.cores import usable_cores

Answer = Callable[[Sequence[str]], Sequence[bytes | str]]
"""Texts to their answers as JSON objects, in order; a string says why a text has none."""

Tick = Callable[[int], object]
"""Is told of so many more rows that are done, from any thread."""

_TEXTS_AT_A_TIME: Final = 32
"""What a thread takes at once; handing over costs about as much as a hundredth of a text."""


class OtherLanguage(str):
    """Why a text has no answer that nobody wanted: it is in none of the languages asked for."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Answered:
    """A row and its answer. answer: None if the row has a problem, or was not to be scored."""

    row: Row
    answer: bytes | None
    problem: str

    @property
    def is_unwanted(self) -> bool:
        """Whether the row was not to be scored, for its language."""
        return isinstance(self.problem, OtherLanguage)


def answered(
    rows: Iterable[Row],
    answer: Answer,
    known: ResultCache,
    size: int,
    threads: int = 0,
    tick: Tick = lambda _: None,
) -> Iterator[list[Answered]]:
    """Every row with its answer, in order, `size` rows at a time; the last ones may be fewer.

    tick: told of rows as their texts are scored, long before a piece of many rows is done.
    """
    threads = threads or usable_cores()
    given = iter(rows)
    on_their_way: deque[_Piece] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            while piece := list(islice(given, size)):
                before = on_their_way[-1].scored if on_their_way else frozenset()
                on_their_way.append(_Piece(piece, answer, known, pool, before, tick))
                # One piece is scored while the next one is read and the last one written.
                if len(on_their_way) > 1:
                    yield on_their_way.popleft().finish()
            while on_their_way:
                yield on_their_way.popleft().finish()
        finally:
            pool.shutdown(cancel_futures=True)


class _Piece:
    """Rows whose texts are being scored."""

    def __init__(
        self,
        rows: Sequence[Row],
        answer: Answer,
        known: ResultCache,
        pool: ThreadPoolExecutor,
        before: frozenset[str],
        tick: Tick,
    ) -> None:
        """before: texts of the piece before, which has not finished."""
        self._rows = rows
        self._tick = tick
        self._untold = len(rows)
        self._answer = answer
        self._known = known
        texts = {row.text for row in rows if not row.problem}
        self._found = known.find(texts)
        self.scored = frozenset(texts - self._found.keys() - before)
        # In the order of the rows: a set has another order in every process.
        new = [text for text in dict.fromkeys(row.text for row in rows) if text in self.scored]
        self._groups: list[Future[dict[str, bytes | str]]] = []
        for first in range(0, len(new), _TEXTS_AT_A_TIME):
            group = new[first : first + _TEXTS_AT_A_TIME]
            self._untold -= len(group)
            self._groups.append(pool.submit(_answers, answer, group, tick))

    def finish(self) -> list[Answered]:
        """Every row with its answer, once they are all there."""
        new: dict[str, bytes | str] = {}
        for group in self._groups:
            new.update(group.result())
        self._known.keep({text: found for text, found in new.items() if isinstance(found, bytes)})
        answers = {**self._found, **new}
        # What is left was scored with the piece before, or cannot be scored at all.
        left = {row.text for row in self._rows if not row.problem} - answers.keys()
        answers |= self._known.find(left)
        answers |= _answers(self._answer, [*(left - answers.keys())])
        self._tick(self._untold)  # rows that repeat a text, or have none
        return [_answered(row, answers) for row in self._rows]


def _answers(
    answer: Answer, texts: Sequence[str], tick: Tick = lambda _: None
) -> dict[str, bytes | str]:
    """Every text with its answer, or with what is wrong with it."""
    found = dict(zip(texts, answer(texts), strict=True))
    tick(len(texts))
    return found


def _answered(row: Row, answers: Mapping[str, bytes | str]) -> Answered:
    if row.problem:
        return Answered(row, None, row.problem)
    found = answers[row.text]
    return Answered(row, None, found) if isinstance(found, str) else Answered(row, found, "")
