"""README.md of a cascade."""

from collections.abc import Iterable, Sequence
from typing import Final

from upstander.evaluation.markdown import table
from upstander.models.cascade import CascadeManifest

_TOLD: Final = """\
# {name} {version}

{description}

Two models. {student} reads every text. Where its probability of every label is under the bound of
the label, its answer is given; else {base} reads the text, too. `flags.stage` of an answer says
whether it did. A run of the base is counted as {base_cost:g} runs of the student. What either was
made of, and where it fails, is said in its own card. What the student settles is not flagged at
`{unflagged_at}`, or at an operating point that flags less.

{answers}

{bounds}

The bounds were chosen on validation rows so that at most {lost:g} in 1,000 of what the base flags
at its balanced threshold is lost, in every category. A row of a target category is one that the
base flags for any label. Training rows and rows of suites were not looked at.

{shares}

{flags}
"""


_ALONE: Final = "What the base reads has the answer of the base."

_BOTH: Final = """\
What the base reads has the answer of both: of every label, category and mechanism the mean of the
log-odds of the two models, in which those of the student count {share:g}. It was calibrated anew
on the rows of the base, and has thresholds of its own (cascade.json). Key phrases are those of the
base."""


def card_of(cascade: CascadeManifest) -> str:
    """README.md of a cascade."""
    splits = [f"flagged, lost ({one.split})" for one in cascade.measured]
    by_category = zip(*(one.flags for one in cascade.measured), strict=True)
    return _TOLD.format(
        name=cascade.name,
        version=cascade.version,
        description=cascade.description,
        student=f"{cascade.student.name} {cascade.student.version}",
        base=f"{cascade.base.name} {cascade.base.version}",
        base_cost=cascade.base_cost,
        unflagged_at=cascade.unflagged_at,
        answers=_ALONE
        if cascade.ensemble is None
        else _BOTH.format(share=cascade.ensemble.student_share),
        lost=1000 * cascade.max_lost,
        bounds=_table(
            ["label", "the student answers under"],
            [[label, f"{bound:g}"] for label, bound in cascade.bounds.items()],
        ),
        shares=_table(
            ["rows", "all", "sent on", "ordinary posts", "sent on"],
            [
                [
                    one.split,
                    f"{one.rows:,}",
                    _share(one.sent_on, one.rows),
                    f"{one.ordinary:,}",
                    _share(one.ordinary_sent_on, one.ordinary),
                ]
                for one in cascade.measured
            ],
        ),
        flags=_table(
            ["category", *splits],
            [
                [same[0].category, *(f"{one.flagged:,}, {one.lost:,}" for one in same)]
                for same in by_category
            ],
        ),
    )


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(table(header, rows))


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "none"
