"""How long it takes to decide a scored million again, and how much memory.

    python -m benchmarks.redeciding [--rows 1000000] [--formats parquet jsonl csv]

Scores a few thousand posts, some of them harmful, writes a file of so many rows of these answers
whose scores were moved by chance, so that nearly no two rows are alike, and runs
`upstander policy apply` and `upstander policy diff --on` over it. Linux only.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from pydantic_core import from_json, to_json

from upstander.evaluation.batch.output import Output
from upstander.evaluation.batch.shape import shape_of
from upstander.evaluation.batch.writing import write_answers
from upstander.evaluation.suites import dehumcheck
from upstander.evaluation.synthetic_posts import posts
from upstander.models.bundle import open_bundle
from upstander.models.shipped import DEFAULT_BUNDLE
from upstander.predictor import answer_with
from upstander.score import SHIPPED_POLICY

_DIFFERENT: Final = 2000
_PART: Final = 50_000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--formats", nargs="+", default=["parquet"])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="upstander-bench-") as name:
        folder = Path(name)
        mild = folder / "mild.toml"
        mild.write_text(SHIPPED_POLICY.read_text().replace('point = "balanced"', "threshold = 0.5"))
        parts = list(_parts(folder, arguments.rows))
        for ending in arguments.formats:
            scored = folder / f"scored.{ending}"
            shape = shape_of(open_bundle(DEFAULT_BUNDLE).manifest, {"forum": "text"})
            write_answers(parts, shape, Output(scored), scored)
            size = scored.stat().st_size / 1e6
            print(f"{arguments.rows:,} rows of {ending}, {size:,.0f} MB")  # noqa: T201
            again = folder / f"again.{ending}"
            for what, command in {
                "apply": ["apply", str(scored), "--policy", str(mild), "-o", str(again)],
                "diff": ["diff", str(SHIPPED_POLICY), str(mild), "--on", str(scored)],
            }.items():
                seconds, memory = _timed(command)
                print(f"  policy {what}: {seconds:.1f} s, {memory:,.0f} MB of memory")  # noqa: T201
            scored.unlink()
            again.unlink()


def _parts(folder: Path, rows: int) -> Iterator[Path]:
    """Files of JSON lines with so many answers."""
    bundle = open_bundle(DEFAULT_BUNDLE)
    answer, _ = answer_with(bundle, SHIPPED_POLICY)
    harmful = [case.text for case in dehumcheck.load(Path())[:: _DIFFERENT // 400]]
    texts = [*harmful[: _DIFFERENT // 10], *posts(_DIFFERENT - _DIFFERENT // 10)]
    answers = [from_json(one) for one in answer(texts) if isinstance(one, bytes)]
    draw = np.random.default_rng(0)
    for first in range(0, rows, _PART):
        count = min(_PART, rows - first)
        path = folder / f"{first:09}.jsonl"
        with path.open("wb") as file:
            for row, which in enumerate(draw.integers(0, len(answers), count).tolist(), first + 1):
                file.write(to_json(_moved(answers[which], row, draw)) + b"\n")
        yield path


def _moved(answer: dict[str, Any], row: int, draw: np.random.Generator) -> dict[str, Any]:
    names, values = zip(*answer["scores"].items(), strict=True)
    moved = np.clip(np.array(values) + draw.normal(0, 0.05, len(values)), 0, 1).tolist()
    place = {"file": "posts.parquet", "row": row, "kept": {"forum": f"forum/{row % 7}"}}
    return {**place, **answer, "scores": dict(zip(names, moved, strict=True))}


def _timed(command: Sequence[str]) -> tuple[float, float]:
    """Seconds of a verb of `upstander policy`, and the most megabytes that it held."""
    started = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "upstander", "policy", *command],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"upstander policy {command[0]} failed")
    return time.perf_counter() - started, used.ru_maxrss / 1024


if __name__ == "__main__":
    main()
