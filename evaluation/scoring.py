"""Scoring many texts through the one `Scorer`, a thread a core, results in order."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from typing import Any, TypeVar

from evaluation.inputs import Row
from models.bundle import Bundle
from models.errors import TextError

T = TypeVar("T")
R = TypeVar("R")


def in_order(work: Callable[[T], R], items: Iterable[T], threads: int = 0) -> Iterator[R]:
    """`work` of each item, in order, on a thread a core, with few items on their way at a time."""
    threads = threads or len(os.sched_getaffinity(0))
    running: deque[Future[R]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for item in items:
            running.append(pool.submit(work, item))
            if len(running) >= 8 * threads:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()


def score_row(bundle: Bundle, row: Row) -> dict[str, Any]:
    """The answer for one row, in the form of the HTTP reply; a row without text gets an error."""
    answer: dict[str, Any] = {"row": row.row}
    if row.id is not None:
        answer["id"] = row.id
    if row.problem:
        return {**answer, "error": {"code": "invalid_row", "message": row.problem}}
    try:
        score = bundle.scorer.score(row.text)
    except TextError as error:
        return {**answer, "error": {"code": "empty_text", "message": str(error)}}
    manifest = bundle.manifest
    return {
        **answer,
        "model": {"name": manifest.name, "version": manifest.version, "sha256": bundle.sha256},
        "scores": dict(score.scores),
        "targets": [
            {"category": target.category, "score": target.score}
            for target in score.targets
            if target.score >= manifest.threshold(target.category)
        ],
        "mechanisms": [
            {"mechanism": mechanism.mechanism, "score": mechanism.score}
            for mechanism in score.mechanisms
            if mechanism.score >= manifest.threshold(mechanism.mechanism)
        ],
        "spans": [asdict(span) for span in score.spans],
        "offsets": "code_points",
        "flags": {"windows": score.windows, "obfuscated": score.obfuscated},
    }
