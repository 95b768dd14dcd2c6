"""This checkout against another one, such as that of a release, in turns on the same machine.

    git worktree add ../before v1.1.1
    python -m benchmarks.against ../before [--seconds 8] [--rounds 3] [--bundle FOLDER]

starts the server of each with the cache off and its own default bundle, or both with the one that
is given, and prints the posts a second at 16 clients and the p50 at one client, in medians over
rounds, and the quotient and the difference, which are taken within a round. Needs wrk.
"""

import argparse
import os
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.load import Bodies, drive
from benchmarks.round import bare
from upstander.evaluation.errors import EvaluationError
from upstander.evaluation.server_process import started
from upstander.models.cores import usable_cores

_MANY: Final = 16
_HERE: Final = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Seen:
    """rate: posts a second of 16 clients. p50: seconds of one client. megabytes: afterwards."""

    rate: float
    p50: float
    megabytes: float


def measure(checkout: Path, folder: Path, seconds: float, bundle: Path | None) -> Seen:
    """What clients see of the server of a checkout. folder: for bodies and logs."""
    # -P, or this folder would come before the path.
    command = [sys.executable, "-P", "-m", "upstander", "serve", "--port", "{port}"]
    options = ["--cache-size", "0", *([] if bundle is None else ["--bundle", str(bundle)])]
    variables = {**os.environ, "PYTHONPATH": str(checkout)}
    bodies = Bodies.written(folder / "bodies.jsonl")
    with started([*command, *options], "/readyz", variables, folder / "server.log") as running:
        url = f"http://127.0.0.1:{running.port}/v1/score"
        drive(url, bodies, 4, 1.0)  # warm
        alone = drive(url, bodies, 1, seconds, first=10_000)
        many = drive(url, bodies, _MANY, seconds, first=20_000)
        return Seen(many.rate, alone.p50, running.megabytes())


def main() -> None:
    """Measure in turns, and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.against")
    parser.add_argument("other", type=Path, help="folder of the other checkout")
    parser.add_argument("--seconds", type=float, default=8.0, help="of load, for each number")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--bundle", type=Path, help="a bundle for both")
    given = parser.parse_args()
    other, bundle = given.other.resolve(), given.bundle and given.bundle.resolve()
    if not (other / "upstander").is_dir():
        raise EvaluationError(f"{other}: this is no checkout of Upstander")
    ours, theirs, runs = [], [], []
    with tempfile.TemporaryDirectory() as place:
        for _ in range(given.rounds):
            runs.append(bare(usable_cores(), given.seconds / 2)["median"])
            theirs.append(measure(other, Path(place), given.seconds, bundle))
            ours.append(measure(_HERE, Path(place), given.seconds, bundle))
    for line in lines(ours, theirs, runs):
        print(line)  # noqa: T201


def lines(ours: Sequence[Seen], theirs: Sequence[Seen], runs: Sequence[float]) -> list[str]:
    """The result. runs: median seconds of a bare run of the default bundle here, in each round."""
    median = statistics.median
    pairs = list(zip(ours, theirs, runs, strict=True))
    told = []
    for name, seen in (("other", theirs), ("here", ours)):
        rate, p50 = median(one.rate for one in seen), 1000 * median(one.p50 for one in seen)
        megabytes = median(one.megabytes for one in seen)
        told.append(
            f"{name}: {rate:.1f} posts a second at {_MANY} clients, p50 {p50:.2f} ms at one, "
            f"{megabytes:.0f} MB"
        )
    times = [one.rate / before.rate for one, before, _ in pairs]
    saved = [1000 * (before.p50 - one.p50) for one, before, _ in pairs]
    beyond = [1000 * (one.p50 - run) for one, _, run in pairs]
    return [
        *told,
        f"posts a second: {_spread(times, ' times')}",
        f"p50 at one client: {_spread(saved, ' ms')} less",
        f"p50 at one client minus a bare run, here: {_spread(beyond, ' ms')}",
    ]


def _spread(values: Sequence[float], unit: str) -> str:
    middle = statistics.median(values)
    return f"{middle:.2f}{unit} ({min(values):.2f} to {max(values):.2f})"


if __name__ == "__main__":
    try:
        main()
    except EvaluationError as error:
        sys.exit(f"against: {error}")
