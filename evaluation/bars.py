"""Bars that a number must reach: what a build fails by."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from evaluation.against import Pair
from evaluation.errors import EvaluationError
from evaluation.intervals import Measured
from evaluation.report import SuiteReport

_FORM: Final = re.compile(r"(?P<name>[\w.]+)\s*(?P<sign>>=|<=)\s*(?P<value>-?\d*\.?\d+)")
_DIFFERENCE: Final = "difference."


@dataclass(frozen=True, slots=True)
class Bar:
    """name: `SUITE.NUMBER`, or `difference.SUITE.NUMBER` of a comparison."""

    name: str
    is_floor: bool
    value: float

    def holds(self, measured: Measured) -> bool:
        """Whether a number reaches it."""
        value = measured.value
        return value >= self.value if self.is_floor else value <= self.value

    def __str__(self) -> str:
        return f"{self.name}{'>=' if self.is_floor else '<='}{self.value:g}"


def read_bar(written: str) -> Bar:
    """A bar as it is written: `hatecheck.macro_f1>=0.9`. Raises EvaluationError."""
    match = _FORM.fullmatch(written.strip())
    if match is None:
        raise EvaluationError(
            f"--require {written!r}: write SUITE.NUMBER>=VALUE, for example "
            "'hatecheck.macro_f1>=0.9', or difference.SUITE.NUMBER>=VALUE with --against"
        )
    return Bar(match["name"], match["sign"] == ">=", float(match["value"]))


def fallen(bars: Sequence[Bar], reports: Sequence[SuiteReport], pairs: Sequence[Pair]) -> list[str]:
    """The bars that do not hold, in words. Raises EvaluationError if there is no such number."""
    numbers = _numbers(reports, pairs)
    found = []
    for bar in bars:
        measured = numbers.get(bar.name)
        if measured is None:
            raise EvaluationError(
                f"--require {bar}: there is no number {bar.name}; there are "
                f"{', '.join(sorted(numbers))}"
            )
        if not bar.holds(measured):
            found.append(
                f"{bar} does not hold: {measured.value:.4f} ({measured.low:.4f} to "
                f"{measured.high:.4f}, {measured.rows:,} rows)"
            )
    return found


def _numbers(reports: Sequence[SuiteReport], pairs: Sequence[Pair]) -> Mapping[str, Measured]:
    own = {f"{r.suite}.{name}": m for r in reports for name, m in r.headline.items()}
    compared = {
        f"{_DIFFERENCE}{p.suite}.{name}": m for p in pairs for name, m in p.differences.items()
    }
    return own | compared
