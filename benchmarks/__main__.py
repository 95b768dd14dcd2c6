"""`make bench`: the server against the bare limit of the machine, and against other servers.

    python -m benchmarks [--seconds 8] [--rounds 3] [--peers] [--output FILE] [--json FILE]
    python -m benchmarks --cascade FOLDER [--data FOLDER] [--posts 2000] [--output FILE]

Each round measures everything once, in turn; the tables have medians over rounds, and ratios are
taken within a round. The cache is off, so that every post is run. Needs wrk and curl; Linux only.
With --cascade it measures instead what a cascade costs beside its two models (`cascade.py`).
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from benchmarks import cascade
from benchmarks.numbers import numbers
from benchmarks.peers import PEERS, build
from benchmarks.round import measure
from benchmarks.table import processor, table
from upstander.evaluation.paths import data_folder
from upstander.models.bundle import open_bundle
from upstander.models.errors import UpstanderError


def main() -> None:
    """Measure, print the tables, and write them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--seconds", type=float, default=8.0, help="of load, for each number")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", action="store_true", help="other servers too; installs them")
    parser.add_argument("--output", type=Path, help="a Markdown file for the tables")
    parser.add_argument("--cascade", type=Path, help="a cascade, to measure beside its models")
    parser.add_argument("--data", type=Path, help="folder of the data sets, for --cascade")
    parser.add_argument("--posts", type=int, default=2000, help="of each suite, for --cascade")
    parser.add_argument("--hostile", default="dynahate", help="suite beside `ordinary`")
    parser.add_argument("--json", type=Path, help="a JSON file for the chart of the README")
    arguments = parser.parse_args()
    if arguments.cascade:
        _tell(_of_cascade(arguments), arguments.output)
        return
    peers = PEERS if arguments.peers else ()
    for peer in peers:
        build(peer)
    rounds = []
    with tempfile.TemporaryDirectory() as place:
        for number in range(1, arguments.rounds + 1):
            print(f"round {number} of {arguments.rounds}", file=sys.stderr)  # noqa: T201
            rounds.append(measure(Path(place), arguments.seconds, peers))
    _tell(table(rounds), arguments.output)
    if arguments.json:
        told = json.dumps(numbers(rounds, processor()), indent=2)
        arguments.json.write_text(told + "\n", encoding="utf-8")


def _of_cascade(arguments: argparse.Namespace) -> Iterator[str]:
    folder, data = arguments.cascade, data_folder(arguments.data)
    found = cascade.measure(folder, data, arguments.hostile, arguments.posts)
    bundle = open_bundle(folder)
    served = {"student": bundle.stages["student"].path, "cascade": folder}
    with tempfile.TemporaryDirectory() as place:
        memory = {
            name: cascade.megabytes(path, Path(place) / f"{name}.log")
            for name, path in served.items()
        }
    yield from cascade.lines(found, bundle, memory)


def _tell(lines: Iterable[str], output: Path | None) -> None:
    found = "\n".join(lines)
    print(found)  # noqa: T201
    if output:
        output.write_text(found + "\n", encoding="utf-8")


if __name__ == "__main__":
    try:
        main()
    except UpstanderError as error:
        sys.exit(f"bench: {error}")
