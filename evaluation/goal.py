"""A goal: a measured number, with the values that it must and should reach."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from rich.table import Table

from upstander.evaluation.intervals import Measured

_FINE: Final = 0.05


@dataclass(frozen=True, slots=True)
class Goal:
    """One row of the table of goals.

    measured: None if there is no number; `note` then says why.
    must, aim: what it must be and what it should be; None where the number is only shown.
    note: what a reader must know to read the number.
    """

    name: str
    measured: Measured | None
    must: float | None = None
    aim: float | None = None
    lower_is_better: bool = False
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether it is what it must be; None where there is no number or nothing to judge by."""
        return self._reaches(self.must)

    @property
    def aim_met(self) -> bool | None:
        """Whether it is what it should be; None as for `met`."""
        return self._reaches(self.aim)

    def _reaches(self, bound: float | None) -> bool | None:
        if self.measured is None or bound is None:
            return None
        value = self.measured.value
        return value <= bound if self.lower_is_better else value >= bound

    def to_json(self) -> dict[str, Any]:
        """The fields by name; value, low, high and rows are null where there is no number."""
        m = self.measured
        return {
            "name": self.name,
            "value": m and m.value,
            "low": m and m.low,
            "high": m and m.high,
            "rows": m and m.rows,
            "must": self.must,
            "aim": self.aim,
            "lower_is_better": self.lower_is_better,
            "met": self.met,
            "aim_met": self.aim_met,
            "note": self.note,
        }


def goals_table(goals: Sequence[Goal]) -> Table:
    """The goals for a terminal."""
    table = Table(box=None, pad_edge=False, collapse_padding=True)
    table.add_column("what")
    for name in ("value", "95 % interval", "rows", "must", "aim"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for goal in goals:
        table.add_row(_what(goal), *_number(goal), *bounds_of(goal), verdict(goal))
    return table


def verdict(goal: Goal) -> str:
    """In a word or two; nothing where there is no number or nothing to judge by."""
    if goal.met is None:
        return ""
    return ("aim met" if goal.aim_met else "met") if goal.met else "missed"


def _what(goal: Goal) -> str:
    if not goal.note:
        return goal.name
    return f"{goal.name}: {goal.note}" if goal.measured is None else f"{goal.name} ({goal.note})"


def _number(goal: Goal) -> tuple[str, str, str]:
    if (m := goal.measured) is None:
        return ("", "", "")
    digits = digits_of(goal)
    return (
        f"{m.value:.{digits}f}",
        f"{m.low:.{digits}f} to {m.high:.{digits}f}",
        f"{m.rows:,}",
    )


def digits_of(goal: Goal) -> int:
    """Decimals that its number needs: four where it may be at most a few in a hundred."""
    return 4 if goal.must is not None and abs(goal.must) < _FINE else 3


def bounds_of(goal: Goal) -> tuple[str, ...]:
    """What it must be and what it should be, in words."""
    sign = "≤" if goal.lower_is_better else ""
    return tuple("" if bound is None else f"{sign}{bound:g}" for bound in (goal.must, goal.aim))
