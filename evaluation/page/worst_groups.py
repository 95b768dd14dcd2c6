"""The section on the groups that the model treats significantly worse than others."""

from collections.abc import Iterable, Sequence
from typing import Final

from upstander.evaluation.fairness import FairnessReport, GroupReport
from upstander.evaluation.intervals import Measured
from upstander.evaluation.page.sections import Cell, Section, Table, plain
from upstander.evaluation.page.words import title_of_suite

_MIN_ROWS: Final = 30
_MAX_GROUPS: Final = 4
_TOLD: Final = (
    "Groups whose posts are wrongly flagged, or missed, more often than those of all groups of the "
    "suite together, where that is more than chance: even the low end of the 95 % interval is over "
    f"the rate of all. Groups with fewer than {_MIN_ROWS} such rows are left out here; the tab "
    "Groups has all."
)


def worst_groups(reports: Sequence[FairnessReport]) -> Section | None:
    """A row for each suite that names groups; None where none does."""
    rows: list[list[Cell]] = []
    for report in reports:
        alarms = _over(report.groups, "false_positive_rate")
        misses = _over(report.groups, "false_negative_rate")
        if alarms is not None or misses is not None:
            rows.append(
                [
                    f"{title_of_suite(report.suite)}, {report.label}",
                    _in_words(alarms),
                    _in_words(misses),
                ]
            )
    if not rows:
        return None
    columns = ("suite and label", "wrongly flagged more often", "missed more often")
    return Section(
        "whom",
        "For whom it errs",
        [_TOLD],
        tables=[Table("Groups that are treated worse", columns, rows, is_words=True)],
        tab="Summary",
    )


def _over(groups: Iterable[GroupReport], name: str) -> list[tuple[str, Measured]] | None:
    """The groups over the rate of all, the worst first; None where no two groups can be told."""
    rates: list[tuple[str, Measured]] = [
        (group.group, rate)
        for group in groups
        if (rate := getattr(group, name)) is not None and rate.rows >= _MIN_ROWS
    ]
    if len(rates) < 2:
        return None
    rows = sum(rate.rows for _, rate in rates)
    all_of_them = sum(rate.value * rate.rows for _, rate in rates) / rows
    over = [(group, rate) for group, rate in rates if rate.low > all_of_them]
    return sorted(over, key=lambda item: -item[1].value)


def _in_words(over: list[tuple[str, Measured]] | None) -> str:
    if over is None:
        return "too few rows to tell"
    if not over:
        return "none"
    named = [
        f"{plain(group)} {100 * m.value:.0f} % ({100 * m.low:.0f} to {100 * m.high:.0f})"
        for group, m in over[:_MAX_GROUPS]
    ]
    left = f" and {len(over) - _MAX_GROUPS} more" if len(over) > _MAX_GROUPS else ""
    return "; ".join(named) + left
