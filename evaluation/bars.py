"""Bars: minimum or maximum values of metrics, by which a build fails."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, cast

from upstander.evaluation.comparison import NUMBERS, Pair
from upstander.evaluation.errors import EvaluationError
from upstander.evaluation.fairness import AREAS, FairnessReport
from upstander.evaluation.intervals import Measured
from upstander.evaluation.report import HEADLINE, OF_ONE_CLASS, SuiteReport
from upstander.evaluation.suites.case import Case

_FORM: Final = re.compile(
    r"(?P<name>[^<>=@]+?)\s*(?P<sign>>=|<=)\s*(?P<value>-?\d*\.?\d+)\s*(@(?P<bound>lower|upper))?"
)
_DIFFERENCE: Final = "difference"
_GROUP: Final = "group"
_RATES: Final = ("false_positive_rate", "false_negative_rate", *AREAS)

Bound = Literal["value", "lower", "upper"]


@dataclass(frozen=True, slots=True)
class Bar:
    """What a number must reach.

    name: `SUITE.NUMBER`, `SUITE.group.GROUP.RATE`, or `difference.SUITE.NUMBER` of a comparison.
    bound: what of the number: itself, or an end of its 95 % interval.
    """

    name: str
    is_floor: bool
    value: float
    bound: Bound = "value"

    def holds(self, measured: Measured) -> bool:
        """Whether a number reaches it."""
        ends = {"value": measured.value, "lower": measured.low, "upper": measured.high}
        found = ends[self.bound]
        return found >= self.value if self.is_floor else found <= self.value

    def __str__(self) -> str:
        bound = "" if self.bound == "value" else f"@{self.bound}"
        return f"{self.name}{'>=' if self.is_floor else '<='}{self.value:g}{bound}"


@dataclass(frozen=True, slots=True)
class JudgedBar:
    """A bar as it was written, the number, and whether it reaches it. None: there is no number."""

    bar: str
    measured: Measured | None
    holds: bool

    def __str__(self) -> str:
        """What is wrong with it."""
        found = self.measured
        if found is None:
            return f"{self.bar} cannot be told: there is no such number on these rows"
        return (
            f"{self.bar} does not hold: {found.value:.4f} ({found.low:.4f} to {found.high:.4f}, "
            f"{found.rows:,} rows)"
        )


def read_bar(written: str) -> Bar:
    """A bar as it is written: `hatecheck.macro_f1>=0.9`. Raises EvaluationError."""
    match = _FORM.fullmatch(written.strip())
    if match is None:
        raise EvaluationError(
            f"--require {written!r}: write SUITE.NUMBER>=VALUE, for example "
            "'hatecheck.macro_f1>=0.9', with @lower or @upper behind it for an end of the interval"
        )
    bound = cast("Bound", match["bound"] or "value")
    return Bar(match["name"].strip(), match["sign"] == ">=", float(match["value"]), bound)


def check_bars(
    bars: Sequence[Bar], suites: Mapping[str, Sequence[Case] | None], *, has_other: bool
) -> None:
    """Raise EvaluationError for a bar on a number that there cannot be, before anything is scored.

    suites: that are to be run, to their cases where they are known. has_other: whether they are
    compared with something.
    """
    for bar in bars:
        kind, known = bar.name.split(".", 1)[0], [*suites]
        if kind == _DIFFERENCE and not has_other:
            raise EvaluationError(f"--require {bar}: a difference needs --against")
        suite = next((name for name in known if _rest(bar.name, kind, name) is not None), None)
        if suite is None:
            raise EvaluationError(
                f"--require {bar}: the suites of this run are {', '.join(known)}: write "
                "SUITE.NUMBER>=VALUE"
            )
        number = _rest(bar.name, kind, suite) or ""
        there = [*_names(suites[suite], is_difference=kind == _DIFFERENCE)]
        if not _is_there(number, there, suites[suite]):
            raise EvaluationError(
                f"--require {bar}: there is no number {bar.name}; there are "
                f"{', '.join(f'{suite}.{name}' for name in there)}"
            )


def judged_bars(
    bars: Sequence[Bar],
    reports: Sequence[SuiteReport],
    pairs: Sequence[Pair],
    fairness: Sequence[FairnessReport] = (),
) -> list[JudgedBar]:
    """Every bar with its number. One whose number these rows do not have does not hold."""
    numbers = dict(_numbers(reports, pairs, fairness))
    found = []
    for bar in bars:
        measured = numbers.get(bar.name)
        found.append(JudgedBar(str(bar), measured, measured is not None and bar.holds(measured)))
    return found


def _rest(name: str, kind: str, suite: str) -> str | None:
    """What is said of a suite in the name of a bar; None if it is not of this suite."""
    before = f"{_DIFFERENCE}.{suite}." if kind == _DIFFERENCE else f"{suite}."
    return name.removeprefix(before) if name.startswith(before) else None


def _names(cases: Sequence[Case] | None, *, is_difference: bool) -> Iterator[str]:
    """The numbers that there can be."""
    answers = {case.expected for case in cases or ()} - {None}
    both = cases is None or len(answers) > 1
    if is_difference:
        yield from NUMBERS if both else NUMBERS[:1]
        return
    yield from HEADLINE if both else OF_ONE_CLASS
    groups: Collection[str] = sorted({case.target for case in cases or ()} - {""})
    shown = groups if cases is not None else ("GROUP",)
    yield from (f"{_GROUP}.{name}.{rate}" for name in shown for rate in _RATES)


def _is_there(number: str, there: Sequence[str], cases: Sequence[Case] | None) -> bool:
    if number in there:
        return True
    is_of_group = number.startswith(f"{_GROUP}.") and number.rpartition(".")[2] in _RATES
    return cases is None and is_of_group  # whose groups are known once it is read


def _numbers(
    reports: Sequence[SuiteReport], pairs: Sequence[Pair], fairness: Sequence[FairnessReport]
) -> Iterator[tuple[str, Measured]]:
    for report in reports:
        for name, measured in report.headline.items():
            yield f"{report.suite}.{name}", measured
    for pair in pairs:
        for name, measured in pair.differences.items():
            yield f"{_DIFFERENCE}.{pair.suite}.{name}", measured
    for table in fairness:
        for group in table.groups:
            for name in _RATES:
                measured = getattr(group, name)
                if measured is not None:
                    yield f"{table.suite}.{_GROUP}.{group.group}.{name}", measured
