"""What a threshold decides on the rows of a suite."""

from collections.abc import Sequence

from upstander.evaluation.detail import Detail, Point
from upstander.evaluation.page.sections import LOW_IS_GOOD, Table, short
from upstander.evaluation.policies import PolicyReport
from upstander.evaluation.report import SuiteReport


def decisive(report: SuiteReport, detail: Detail | None) -> Point | None:
    """The operating point that decided, on the rows of the suite."""
    points = detail.points if detail else ()
    return next((one for one in points if one.name == report.operating_point), None)


def confusion(report: SuiteReport | PolicyReport, point: Point | PolicyReport) -> Table:
    """The confusion matrix, out of the rates of a point, or of a policy."""
    rows = []
    for name, many, rate, kinds in (
        ("has the label", report.positives, point.recall, ("found", "missed")),
        (
            "has it not",
            report.rows - report.positives,
            point.false_positive_rate,
            ("wrongly flagged", "rightly left alone"),
        ),
    ):
        flagged = 0 if rate is None else round(rate.value * many)
        rows.append([name, f"{flagged:,} {kinds[0]}", f"{many - flagged:,} {kinds[1]}"])
    return Table(f"{report.suite}: decisions", ("the row", "flagged", "left alone"), rows)


def operating_points(suite: str, points: Sequence[Point]) -> Table:
    """Precision, recall and false alarms of each point, with their intervals."""
    return Table(
        f"{suite}: operating points on these rows",
        ("point", "threshold", "precision", "recall", f"wrongly flagged, {LOW_IS_GOOD}"),
        [
            [
                point.name,
                f"{point.threshold:.3f}",
                short(point.precision),
                short(point.recall),
                short(point.false_positive_rate),
            ]
            for point in points
        ],
    )
