"""The result as Markdown: the numbers beside what they must be, and every server's."""

import platform
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.round import CLIENTS, UPSTANDER, Round
from upstander.evaluation import markdown
from upstander.models.cores import usable_cores


@dataclass(frozen=True, slots=True)
class Goal:
    """A number and what it must be. of: its value in a round. digits: after the point."""

    name: str
    of: Callable[[Round], float]
    must: float
    aim: float
    lower_is_better: bool = False
    unit: str = ""
    digits: int = 2
    needs_peers: bool = False

    def row(self, rounds: Sequence[Round]) -> list[str]:
        """Its cells: the median over rounds, the least and the most."""
        values = [self.of(one) for one in rounds]
        middle = statistics.median(values)
        is_met = middle <= self.must if self.lower_is_better else middle >= self.must
        sign = "≤ " if self.lower_is_better else ""
        shown = f"{middle:.{self.digits}f}{self.unit}"
        spread = f"{min(values):.{self.digits}f} to {max(values):.{self.digits}f}"
        verdict = "met" if is_met else "missed"
        bounds = (f"{sign}{bound:g}{self.unit}" for bound in (self.must, self.aim))
        return [self.name, f"{shown} ({spread})", *bounds, verdict]


def _best_peer(one: Round) -> float:
    return max(
        load.rate
        for name, loads in one.loads.items()
        if name != UPSTANDER
        for load in loads.values()
    )


def _tail(one: Round) -> float:
    assert one.below is not None  # noqa: S101 - every round measures it
    return one.below.p99 / one.below.p50


def _prompt(one: Round) -> float:
    assert one.flood is not None  # noqa: S101 - every round measures it
    return 100 * one.flood.prompt


GOALS = (
    Goal("posts a second at 16 clients over the bare limit",
         lambda one: one.loads[UPSTANDER][16].rate / one.limit, 0.85, 0.95),
    Goal("posts a second over the best of the other servers",
         lambda one: one.loads[UPSTANDER][16].rate / _best_peer(one), 2.0, 2.5, unit="x",
         needs_peers=True),
    Goal("p50 at one client, minus a bare run",
         lambda one: 1000 * (one.loads[UPSTANDER][1].p50 - one.run), 1.2, 0.6, True, " ms"),
    Goal("p99 over p50 at 16 clients, at three tenths of the limit", _tail, 2.5, 1.8, True),
    Goal("memory, one process",
         lambda one: one.megabytes[UPSTANDER], 170, 130, True, " MB", 0),
    Goal("start to ready", lambda one: one.ready[UPSTANDER], 2.0, 1.0, True, " s"),
    Goal("at ten times the load: refusals within 50 ms", _prompt, 99, 99.9, unit=" %", digits=1),
    Goal("`/v1/score/stream` over the bare limit",
         lambda one: one.streamed / one.limit, 0.90, 0.97),
    Goal("p50 at one client of a comment in Perspective's form, minus `/v1/score`",
         lambda one: 1000 * one.overhead, 0.3, 0.3, True, " ms"),
)  # fmt: skip


def table(rounds: Sequence[Round]) -> Iterator[str]:
    """The lines of the result."""
    cores = usable_cores()
    yield f"On {cores} cores of {processor()}, {platform.system()}; {len(rounds)} rounds.\n"
    has_peers = len(rounds[0].loads) > 1
    goals = [goal.row(rounds) for goal in GOALS if has_peers or not goal.needs_peers]
    yield from markdown.table(("what", "median (least to most)", "must", "aim", ""), goals)
    yield ""
    yield from _floor(rounds)
    yield ""
    rates = [_row(name, clients, rounds) for name in rounds[0].loads for clients in CLIENTS]
    rate = "posts a second over the bare limit"
    yield from markdown.table(("server", "clients", rate, "p50", "p95", "p99", "refused"), rates)
    yield "\nTimes are multiples of the median bare run on one thread. At ten times the load:\n"
    for one in rounds:
        assert one.flood is not None  # noqa: S101 - every round measures it
        yield (
            f"- {one.flood.refusals:,} refusals timed; p99 of the admitted "
            f"{one.flood.p99 / one.run:.0f}x; memory {one.flood.grown:.2f}x that before"
        )
    yield ""
    yield from markdown.table(
        ("server", "memory, MB", "start to ready, s"),
        [
            [
                name,
                f"{statistics.median(one.megabytes[name] for one in rounds):.0f}",
                f"{statistics.median(one.ready[name] for one in rounds):.2f}",
            ]
            for name in rounds[0].loads
        ],
    )


def _floor(rounds: Sequence[Round]) -> Iterator[str]:
    """What of the time at one client is Python's own."""

    def beyond(seconds_of: Callable[[Round], float]) -> str:
        return f"{1000 * statistics.median(map(seconds_of, rounds)):.2f} ms"

    fixed = beyond(lambda one: one.floors["fixed"].p50)
    run = beyond(lambda one: one.floors["run"].p50 - one.run)
    own = beyond(lambda one: one.loads[UPSTANDER][1].p50 - one.floors["run"].p50)
    yield (
        f"The floor at one client, in the same rounds: a bare route of Starlette under uvicorn "
        f"answers fixed JSON in {fixed} (p50), and one that also runs the graph, at once and on "
        f"the event loop, in {run} more than a bare run. Upstander takes {own} more than that."
    )


def _row(name: str, clients: int, rounds: Sequence[Round]) -> list[str]:
    seen = [one.loads[name][clients] for one in rounds]
    pairs = list(zip(seen, rounds, strict=True))
    ratio = statistics.median(load.rate / one.limit for load, one in pairs)
    times = [
        f"{statistics.median(getattr(load, which) / one.run for load, one in pairs):.2f}x"
        for which in ("p50", "p95", "p99")
    ]
    refused = sum(load.refused + load.failed for load in seen)
    return [name, str(clients), f"{ratio:.2f}", *times, f"{refused:,}"]


def processor() -> str:
    """The name of the processor."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return "an unknown processor"
