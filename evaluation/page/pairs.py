"""The sections of a comparison with another system, and of a choice of thresholds."""

from collections.abc import Sequence
from typing import Final

from upstander.evaluation.comparison import Flip, Pair
from upstander.evaluation.intervals import Measured
from upstander.evaluation.page.pair_figures import choices_picture
from upstander.evaluation.page.sections import (
    MEASURED,
    Bar,
    Cell,
    Section,
    Table,
    cells,
    number_in_words,
    short,
)
from upstander.evaluation.threshold_selection import Choice, Choices

_MAX_FLIPS: Final = 40
_MAX_CELLS: Final = 30


def comparison(pair: Pair) -> Section:
    """What is better, what is worse, and for whom."""
    widest = max(abs(end) for m in pair.differences.values() for end in (m.low, m.high))
    rows: list[list[Cell]] = [
        [
            number_in_words(name),
            _around_zero(measured, widest),
            f"{pair.ours[name]:.3f}",
            f"{pair.theirs[name]:.3f}",
            *cells(measured),
        ]
        for name, measured in pair.differences.items()
    ]
    lead = (
        f"{pair.rows:,} cases that both scored; {pair.gained:,} are decided rightly by this bundle "
        f"only and {pair.lost:,} by the other only (exact sign test, over templates where "
        f"there are any: p = {pair.p_value:.3g})."
    )
    words = [lead]
    if pair.missing:
        words.append(f"{pair.missing:,} cases have no score by the other and are left out.")
    tables = [
        Table(
            f"{pair.suite}: this bundle less the other",
            ("number", "worse | better", "this", "the other", "difference", *MEASURED[1:]),
            rows,
        )
    ]
    if pair.cells:
        tables.append(
            Table(
                f"{pair.suite}: parts that are decided worse than by the other",
                ("part", "kind", "difference", *MEASURED[1:]),
                [
                    [cell.name, cell.kind, *cells(cell.difference)]
                    for cell in pair.cells[:_MAX_CELLS]
                ],
            )
        )
    if pair.flips:
        tables.append(_flips(pair.suite, pair.flips))
    return Section(
        f"against-{pair.suite}",
        f"{pair.suite}: against the other",
        words,
        tables=tables,
    )


def _around_zero(measured: Measured, widest: float) -> Bar:
    """A difference on a line whose middle is none. widest: what lies at its ends."""
    value, low, high = (
        0.5 + (end / widest / 2 if widest else 0.0)
        for end in (measured.value, measured.low, measured.high)
    )
    return Bar(value, low, high, 0.5, measured.value >= 0)


def _flips(suite: str, flips: Sequence[Flip]) -> Table:
    far = sorted(flips, key=lambda flip: -abs(flip.ours - flip.theirs))[:_MAX_FLIPS]
    return Table(
        f"{suite}: cases that flipped, those whose scores differ most ({len(flips):,} in all)",
        ("id", "should be", "this", "the other", "kind", "target"),
        [
            [
                flip.id,
                "flagged" if flip.expected else "left alone",
                f"{flip.ours:.3f}",
                f"{flip.theirs:.3f}",
                flip.functionality,
                flip.target,
            ]
            for flip in far
        ],
    )


def thresholds(choices: Choices) -> Section:
    """What each threshold flags, finds and misses in a day, and on whom it falls."""
    first = choices.chosen[0]
    lead = (
        f"Of {choices.posts:,} posts a day, {choices.share:.2%} are taken to have the label "
        f"{choices.label}. Rates are those of the rows of this suite: what they are on other texts "
        "nobody can tell from here. A threshold that was chosen on these rows is judged on those "
        "that it was not chosen on. Behind each number is its 95 % interval."
    )
    tables = [
        Table(
            f"{choices.suite}: thresholds, for {choices.posts:,} posts a day",
            (
                "why", "threshold", "recall", "flagged without the label", "flagged a day",
                "caught", "missed", "wrongly flagged", "cost",
            ),
            [_row(choice) for choice in choices.chosen],
        )
    ]  # fmt: skip
    if first.groups:
        tables.append(
            Table(
                f"{choices.suite}: whom the threshold of “{first.name}” falls on",
                ("group", "flagged without the label", "missed with it"),
                [[g.group, short(g.flagged_wrongly), short(g.missed)] for g in first.groups],
            )
        )
    return Section(
        f"thresholds-{choices.suite}",
        f"{choices.suite}: which threshold",
        [lead, *(f"{one}." for one in choices.refused)],
        pictures=[choices_picture(choices)],
        tables=tables,
    )


def _row(choice: Choice) -> list[str]:
    return [
        choice.name,
        f"{choice.threshold:.4f}",
        short(choice.recall),
        short(choice.false_positive_rate),
        *(_a_day(n) for n in (choice.flagged, choice.caught, choice.lost, choice.wrong)),
        "" if choice.cost is None else _a_day(choice.cost),
    ]


def _a_day(posts: Measured) -> str:
    return f"{posts.value:,.0f} ({posts.low:,.0f} to {posts.high:,.0f})"
