"""One suite: its numbers, its decisions, its operating points, its parts and its worst errors."""

from collections.abc import Iterator, Mapping
from typing import Final

from upstander.evaluation.detail import Detail
from upstander.evaluation.intervals import Measured
from upstander.evaluation.page.decisions import confusion, decisive, operating_points
from upstander.evaluation.page.examples import shown
from upstander.evaluation.page.figures import quality_pictures
from upstander.evaluation.page.sections import (
    LOW_IS_GOOD,
    MEASURED,
    Cell,
    Section,
    Shade,
    Table,
    bar,
    cells,
    number_in_words,
    plain,
)
from upstander.evaluation.page.words import described, functionality_in_words, title_of_suite
from upstander.evaluation.report import SuiteReport
from upstander.evaluation.suites.listed import LISTED

TAB: Final = "Suites"
_MAX_ROWS: Final = 80
_LOW: Final = frozenset({"calibration_error", "brier"})
"""Numbers that are better the lower they are."""
_STEPS: Final = (0.5, 0.7, 0.85, 0.95)
"""Shares at which a cell of the heat map takes the next colour."""
_SEEN: Final = "Training read this set, or parts of it: its numbers flatter the shipped bundle."


def suite(report: SuiteReport, detail: Detail | None, texts: bool, has_texts: bool) -> Section:
    """The section of a suite.

    texts: whether the worst errors are shown with their texts. has_texts: whether there are any.
    """
    listed = LISTED.get(report.suite)
    decided = (
        f"{report.rows:,} rows, of which {report.positives:,} have the label {report.label}. "
        f"Decided at {report.threshold:.3f}, the operating point {report.operating_point}."
    )
    words = [
        described(report.suite),
        decided,
        _SEEN if listed is not None and listed.seen else "",
    ]
    return Section(
        f"suite-{report.suite}",
        title_of_suite(report.suite),
        [line for line in words if line],
        quality_pictures(detail) if detail else [],
        [],
        list(_tables(report, detail)),
        [shown(report.suite, wrong, texts) for wrong in detail.worst] if detail else [],
        has_texts=has_texts,
        tab=TAB,
        is_alone=True,
    )


def _tables(report: SuiteReport, detail: Detail | None) -> Iterator[Table]:
    yield Table(
        f"{report.suite}: numbers",
        ("number", *MEASURED),
        [
            [
                f"{number_in_words(name)}, {LOW_IS_GOOD}"
                if name in _LOW
                else number_in_words(name),
                *cells(measured),
            ]
            for name, measured in report.headline.items()
        ],
    )
    if detail is not None:
        if point := decisive(report, detail):
            yield confusion(report, point)
        yield operating_points(report.suite, detail.points)
        if detail.grid:
            yield _grid(report, detail)
    for what, numbers in (
        ("functionality", report.functionalities),
        ("target", report.targets),
        ("length", report.lengths),
        ("part", report.sources),
    ):
        if len(numbers) >= 2:
            yield _parts(report.suite, what, numbers)


def _grid(report: SuiteReport, detail: Detail) -> Table:
    """Accuracy of every functionality, of all and by target, as a heat map."""
    columns = sorted({column for row in detail.grid.values() for column in row})
    rows: list[list[Cell]] = [
        [
            functionality_in_words(detail.suite, name),
            _shade(whole),
            *(_shade(detail.grid.get(name, {}).get(column)) for column in columns),
        ]
        for name, whole in report.functionalities.items()
    ]
    return Table(
        f"{detail.suite}: accuracy by functionality and {detail.grid_of} (blue is right, brown is "
        "wrong)",
        ("functionality", "all", *map(plain, columns)),
        rows,
        is_wide=True,
    )


def _shade(measured: Measured | None) -> Cell:
    if measured is None:
        return ""
    step = sum(measured.value >= least for least in _STEPS)
    note = f"{measured.low:.2f} to {measured.high:.2f}, {measured.rows:,} rows"
    return Shade(f"{measured.value:.2f}", step, note)


def _parts(suite: str, what: str, numbers: Mapping[str, Measured]) -> Table:
    most = dict(sorted(numbers.items(), key=lambda item: -item[1].rows)[:_MAX_ROWS])
    kept = {name: numbers[name] for name in numbers if name in most}
    title = f"{suite}: accuracy by {what}"
    caption = f"{title}, the {len(kept)} with the most rows" if len(kept) < len(numbers) else title
    rows: list[list[Cell]] = []
    for name, measured in kept.items():
        named = functionality_in_words(suite, name) if what == "functionality" else name
        rows.append([named, bar(measured), *cells(measured)])
    return Table(caption, (what, "0 to 1", *MEASURED), rows)
