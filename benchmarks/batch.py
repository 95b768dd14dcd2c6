"""What `upstander score` reaches of the bare model, and whether its memory is constant.

    python -m benchmarks.batch [--turns 5] [--rows 6000] [--long 1000000] [--ray]

Scores the same posts by `session.run` alone, with texts already in tokens, and by `upstander score`
from a file of JSON lines into one, in turn and on as many threads. Prints the rate of the second
over that of the first as the median of the turns. With --long, also the most memory that the
command held over ten thousand rows and over so many, all different and short. Linux only.
With --ray instead, what a cluster of two workers on this machine reaches of the local engine: both
score few posts and many, and what counts is the rate of the posts between, without the start. And
what one driver moves: the same with workers that answer at once.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from tokenizers import Tokenizer

from upstander.evaluation.batch.output import Output
from upstander.evaluation.batch.pipeline import Answer
from upstander.evaluation.batch.row import Columns
from upstander.evaluation.batch.run import Engine, Task, score_to_file
from upstander.evaluation.batch.sources import FileSource
from upstander.evaluation.scoring import in_order
from upstander.evaluation.synthetic_posts import posts
from upstander.models.bundle import open_bundle, read_manifest
from upstander.models.session import open_session
from upstander.models.shipped import DEFAULT_BUNDLE
from upstander.predictor import answer_from, answer_with
from upstander.score import SHIPPED_POLICY

_SHORT: Final = 10_000
_AT_A_TIME: Final = 16
_WORKERS: Final = 2
_MANY: Final = 200_000
_BYTES_AN_ANSWER: Final = 1100
_ROWS_A_PART: Final = 1024
"""Fewer than by default, so that a turn has several parts, as a long run has."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--rows", type=int, default=6000, help="posts a turn")
    parser.add_argument("--long", type=int, default=0, help="rows of the long run; 0 leaves it out")
    parser.add_argument("--ray", action="store_true", help="two workers over the local engine")
    arguments = parser.parse_args()
    if arguments.ray:
        _measure_ray(arguments.turns, arguments.rows)
        return
    with tempfile.TemporaryDirectory(prefix="upstander-bench-") as place:
        folder = Path(place)
        texts = posts(arguments.rows)
        ways = {"bare": _bare(texts), "score": _score(texts, folder)}
        ratios = []
        for turn in range(-1, arguments.turns):
            seconds = {name: _timed(ways[name]) for name in sorted(ways, reverse=turn % 2 == 0)}
            if turn >= 0:  # the first one warms
                ratios.append(seconds["bare"] / seconds["score"])
        print(  # noqa: T201
            f"upstander score over session.run: {statistics.median(ratios):.3f} "
            f"({min(ratios):.3f} to {max(ratios):.3f}, {arguments.turns} turns of "
            f"{arguments.rows:,} posts)"
        )
        if arguments.long:
            few, many = (_megabytes(count, folder) for count in (_SHORT, arguments.long))
            print(  # noqa: T201
                f"memory: {few:.0f} MB over {_SHORT:,} rows, {many:.0f} MB over "
                f"{arguments.long:,}: {many / few:.2f} times as much"
            )


def _timed(way: Callable[[], None]) -> float:
    started = time.perf_counter()
    way()
    return time.perf_counter() - started


def _bare(texts: list[str]) -> Callable[[], None]:
    tokenizer = Tokenizer.from_file(str(DEFAULT_BUNDLE / "tokenizer.json"))
    tokenizer.enable_truncation(read_manifest(DEFAULT_BUNDLE).window.length)
    tokenizer.no_padding()
    session = open_session(DEFAULT_BUNDLE / "model.onnx")
    feeds = [
        {"input_ids": np.array([encoding.ids], dtype=np.int64)}
        for encoding in tokenizer.encode_batch(texts)
    ]
    groups = [feeds[first : first + _AT_A_TIME] for first in range(0, len(feeds), _AT_A_TIME)]

    def run(group: list[dict[str, np.ndarray]]) -> None:
        for feed in group:
            session.run(None, feed)

    def way() -> None:
        for _ in in_order(run, groups):
            pass

    return way


def _score(
    texts: Iterable[str], folder: Path, engine: tuple[str, Engine] | None = None
) -> Callable[[], None]:
    given = _written(texts, folder / "posts.jsonl")
    bundle = open_bundle(DEFAULT_BUNDLE)
    answer, decides = answer_with(bundle, SHIPPED_POLICY)
    task = Task([FileSource(given)], Columns(), answer, bundle.manifest, decides)
    output = folder / "scores.jsonl"
    place = Output(output)
    return lambda: _check(score_to_file(task, place, rows_a_part=_ROWS_A_PART, engine=engine).bad)


def _measure_ray(turns: int, rows: int) -> None:
    from upstander.evaluation.cluster.files import RayEngine

    make = partial(answer_from, DEFAULT_BUNDLE, SHIPPED_POLICY)
    engines = {"local": None, "ray": ("ray", RayEngine(make, _WORKERS))}
    # Rounds in which each worker has a part: one alone leaves the others idle.
    few = _WORKERS * _ROWS_A_PART
    many = few * (1 + max(1, rows // few))
    ratios, starts = [], []
    with tempfile.TemporaryDirectory(prefix="upstander-bench-") as place:
        folder = Path(place)
        for turn in range(turns):
            seconds = {}
            for name in sorted(engines, reverse=turn % 2 == 0):
                for count in (few, many):
                    seconds[name, count] = _timed(_score(posts(count), folder, engines[name]))
            local, ray = (seconds[name, many] - seconds[name, few] for name in engines)
            ratios.append(local / ray)
            starts.append(seconds["ray", few] - seconds["local", few])
        free = ("ray", RayEngine(_answer_at_once, _WORKERS))
        short, long = (
            _timed(_score((f"row {n}" for n in range(count)), folder, free))
            for count in (_SHORT, _MANY)
        )
    print(  # noqa: T201
        f"--engine ray, {_WORKERS} workers, over the local engine: {statistics.median(ratios):.3f} "
        f"({min(ratios):.3f} to {max(ratios):.3f}, {turns} turns of {many:,} posts); it starts "
        f"{statistics.median(starts):.1f} s later\n"
        f"one driver moves {(_MANY - _SHORT) / (long - short):,.0f} rows a second where answers "
        "cost nothing"
    )


def _answer_at_once() -> tuple[Answer, Mapping[str, str]]:
    """As long an answer as those of the bundle, without one."""
    _, decides = answer_from(DEFAULT_BUNDLE, SHIPPED_POLICY)
    answer = json.dumps({"scores": "x" * _BYTES_AN_ANSWER}).encode()
    return lambda texts: [answer] * len(texts), decides


def _check(bad: int) -> None:
    assert not bad, "a post could not be scored"  # noqa: S101


def _written(texts: Iterable[str], path: Path) -> Path:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps({"text": text}) + "\n" for text in texts)
    return path


def _megabytes(count: int, folder: Path) -> float:
    """The most memory that the command holds over so many short posts."""
    given = _written((f"row {n}" for n in range(count)), folder / f"{count}.jsonl")
    output = folder / f"{count}.parquet"
    command = [sys.executable, "-m", "upstander", "score", str(given), "-o", str(output)]
    process = subprocess.Popen(command)  # noqa: S603
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"batch: the command ended with {process.returncode}")
    output.unlink()
    return used.ru_maxrss / 1024


if __name__ == "__main__":
    main()
