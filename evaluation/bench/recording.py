"""What recording decisions costs: servers that record and one that does not, loaded in turn.

    python -m evaluation.bench.recording [--postgresql URL] [--turns 40] [--seconds 1]

Prints, for each store, throughput at 16 clients over that without records, and the p50 at one
client less that without, as medians of the turns. Needs wrk. All servers run at the same time and
one at a time is loaded, for a second at a time: the machine's own speed changes more than recording
costs.
"""

import argparse
import os
import statistics
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from evaluation.bench.load import Bodies, drive
from evaluation.bench.servers import started

_OFF: Final = "off"


def _spread(values: Sequence[float], form: str) -> str:
    """Median, least and most."""
    middle = form.format(statistics.median(values))
    return f"{middle} ({form.format(min(values))} to {form.format(max(values))})"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--postgresql", default="", help="address of an empty database")
    parser.add_argument("--turns", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=1.0, help="of load for each number")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="upstander-bench-") as place, ExitStack() as stack:
        folder = Path(place)
        stores = {_OFF: "", "SQLite": f"sqlite:///{folder / 'upstander.db'}"}
        if arguments.postgresql:
            stores["PostgreSQL"] = arguments.postgresql
        bodies = Bodies.written(folder / "bodies.jsonl")
        urls = {}
        for name, store in stores.items():
            command = [sys.executable, "-m", "upstander", "serve", "--port", "{port}"]
            command += ["--cache-size", "0"]
            if store:
                command += ["--record", "decisions", "--store", store]
            running = stack.enter_context(
                started(command, "/readyz", os.environ, folder / f"{name}.log")
            )
            urls[name] = f"http://127.0.0.1:{running.port}/v1/score"
            drive(urls[name], bodies, 4, 2.0)  # warm
        rates: dict[str, list[float]] = {name: [] for name in urls}
        p50s: dict[str, list[float]] = {name: [] for name in urls}
        for turn in range(arguments.turns):
            names = list(urls)
            for name in names[turn % len(names) :] + names[: turn % len(names)]:
                load = drive(urls[name], bodies, 16, arguments.seconds, first=turn * 1000)
                rates[name].append(load.rate)
                load = drive(urls[name], bodies, 1, arguments.seconds, first=turn * 1000)
                p50s[name].append(load.p50)
            print(f"turn {turn + 1} of {arguments.turns}", file=sys.stderr, flush=True)  # noqa: T201
        for name in list(urls)[1:]:
            ratios = [on / off for on, off in zip(rates[name], rates[_OFF], strict=True)]
            more = [1000 * (on - off) for on, off in zip(p50s[name], p50s[_OFF], strict=True)]
            print(  # noqa: T201
                f"{name}: throughput {_spread(ratios, '{:.3f}')} of that without records, "
                f"p50 {_spread(more, '{:+.2f} ms')} (median, least to most)"
            )


if __name__ == "__main__":
    main()
