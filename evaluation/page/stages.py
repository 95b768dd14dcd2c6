"""The section of a report on a cascade: what is sent on, and the quality of each of its models."""

from collections.abc import Sequence
from typing import Final

from upstander.evaluation.page.sections import Section, Table, plain
from upstander.evaluation.stages import COLUMNS, Stages, kept_over_all, rows_of

_TOLD: Final = (
    "The student answers what it finds plainly harmless, and the base reads the rest. The mean "
    "cost of a text is counted in runs of the student. What is kept is the share of the base's "
    "gain over the student that the two together have."
)


def stages_section(found: Sequence[Stages]) -> Section:
    """Every suite, by each model alone and by both."""
    columns = ("suite", "sent on", "mean cost", "number", *COLUMNS, "kept")
    rows = [row for one in found for row in rows_of(one)]
    title = "The models of the cascade"
    kept = [
        f"Of the base's gain in the mean {plain(number)} over all suites, {value:.1%} is kept."
        for number, value in kept_over_all(found).items()
    ]
    return Section("stages", title, [_TOLD, *kept], tables=[Table(title, columns, rows)])
