"""`make bench`: the server against the bare limit of the machine, and against other servers.

    python -m evaluation.bench [--seconds 8] [--rounds 3] [--peers] [--output FILE]

Each round measures everything once, in turn; the tables have medians over rounds, and ratios are
taken within a round. The cache is off, so that every post is run. Needs wrk and curl; Linux only.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from evaluation.bench.peers import PEERS, build
from evaluation.bench.round import measure
from evaluation.bench.table import table
from evaluation.errors import EvaluationError


def main() -> None:
    """Measure, print the tables, and write them."""
    parser = argparse.ArgumentParser(prog="python -m evaluation.bench")
    parser.add_argument("--seconds", type=float, default=8.0, help="of load, for each number")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", action="store_true", help="other servers too; installs them")
    parser.add_argument("--output", type=Path, help="a Markdown file for the tables")
    arguments = parser.parse_args()
    peers = PEERS if arguments.peers else ()
    for peer in peers:
        build(peer)
    rounds = []
    with tempfile.TemporaryDirectory() as place:
        for number in range(1, arguments.rounds + 1):
            print(f"round {number} of {arguments.rounds}", file=sys.stderr)  # noqa: T201
            rounds.append(measure(Path(place), arguments.seconds, peers))
    found = "\n".join(table(rounds))
    print(found)  # noqa: T201
    if arguments.output:
        arguments.output.write_text(found + "\n")


if __name__ == "__main__":
    try:
        main()
    except EvaluationError as error:
        sys.exit(f"bench: {error}")
