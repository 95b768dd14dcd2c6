"""What recording decisions costs: servers that record beside one that does not.

    python -m benchmarks.recording [--postgresql URL] [--turns 40] [--seconds 1]

Prints, for each store, throughput at 16 clients over that without records, the processor time of
the service for an answer over that without, and the p50 at one client less that without, as medians
of the turns. Needs wrk. For throughput the two are loaded at the same time, each by clients of its
own, and share the processors as the system divides them: the machine's own speed changes more from
second to second than recording costs, and so it changes for both. For the p50 one is loaded at a
time, for a second each.
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

from benchmarks.load import Bodies, begin, drive, seen_by
from upstander.evaluation.server_process import Running, started

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
    parser.add_argument("--seconds", type=float, default=2.0, help="of load for a throughput")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="upstander-bench-") as place, ExitStack() as stack:
        folder = Path(place)
        stores = {_OFF: "", "SQLite": f"sqlite:///{folder / 'upstander.db'}"}
        if arguments.postgresql:
            stores["PostgreSQL"] = arguments.postgresql
        bodies = Bodies.written(folder / "bodies.jsonl")
        urls = {}
        servers: dict[str, Running] = {}
        for name, store in stores.items():
            command = [sys.executable, "-m", "upstander", "serve", "--port", "{port}"]
            command += ["--cache-size", "0"]
            if store:
                command += ["--record", "decisions", "--store", store]
            running = stack.enter_context(
                started(command, "/readyz", os.environ, folder / f"{name}.log")
            )
            servers[name] = running
            urls[name] = f"http://127.0.0.1:{running.port}/v1/score"
            drive(urls[name], bodies, 4, 2.0)  # warm
        ratios: dict[str, list[float]] = {name: [] for name in urls}
        costs: dict[str, list[float]] = {name: [] for name in urls}
        p50s: dict[str, list[float]] = {name: [] for name in urls}
        for turn in range(arguments.turns):
            names = list(urls)
            first = turn * 1000
            for name in names[1:]:
                pair = (_OFF, name)[:: 1 if turn % 2 else -1]
                before = {one: servers[one].processor_seconds() for one in pair}
                loads = {
                    one: begin(urls[one], bodies, 16, arguments.seconds, first) for one in pair
                }
                seen = {one: seen_by(load) for one, load in loads.items()}
                used = {
                    one: (servers[one].processor_seconds() - before[one]) / seen[one].answered
                    for one in pair
                }
                ratios[name].append(seen[name].rate / seen[_OFF].rate)
                costs[name].append(used[name] / used[_OFF])
            for name in names[turn % len(names) :] + names[: turn % len(names)]:
                p50s[name].append(drive(urls[name], bodies, 1, 1.0, first).p50)
            print(f"turn {turn + 1} of {arguments.turns}", file=sys.stderr, flush=True)  # noqa: T201
        for name in list(urls)[1:]:
            more = [1000 * (on - off) for on, off in zip(p50s[name], p50s[_OFF], strict=True)]
            print(  # noqa: T201
                f"{name}: throughput {_spread(ratios[name], '{:.3f}')} of that without records, "
                f"processor time {_spread(costs[name], '{:.3f}')}, "
                f"p50 {_spread(more, '{:+.2f} ms')} (median, least to most)"
            )


if __name__ == "__main__":
    main()
