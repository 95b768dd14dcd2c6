"""The section of the bars that a build fails by."""

from collections.abc import Sequence

from upstander.evaluation.bars import JudgedBar
from upstander.evaluation.page.sections import MEASURED, Section, Table, cells


def bars_section(bars: Sequence[JudgedBar]) -> Section:
    """Every bar, its number, and whether it holds."""
    broken = sum(not bar.holds for bar in bars)
    verdict = "All hold." if not broken else f"{broken:,} of {len(bars):,} do not hold."
    return Section(
        "bars",
        "What was required",
        [verdict],
        tables=[
            Table(
                "What was required",
                ("bar", *MEASURED, ""),
                [[b.bar, *cells(b.measured, 4), "met" if b.holds else "missed"] for b in bars],
            )
        ],
        tab="Goals",
    )
