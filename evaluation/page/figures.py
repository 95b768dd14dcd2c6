"""The pictures of a report: SVG with a title, axis names, and words for who cannot see it."""

from typing import Final

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

from upstander.evaluation.detail import Detail
from upstander.evaluation.fairness import FairnessReport
from upstander.evaluation.intervals import Measured
from upstander.evaluation.page.drawing import BLUE, GREY, ORANGE, STYLE, cut, interval, picture
from upstander.evaluation.page.sections import Picture

_MAX_GROUPS: Final = 30
_MARKS: Final = "osD^v"
"""A mark for each operating point."""
_SMALL: Final = (3.6, 3.2)
"""Inches of a picture that stands beside others where there is room."""


def quality_pictures(detail: Detail) -> list[Picture]:
    """Reliability, precision against recall with the operating points, and the scores."""
    return [_reliability(detail), _curve(detail), _scores(detail)]


def _reliability(detail: Detail) -> Picture:
    with rc_context(STYLE):
        figure = Figure(figsize=_SMALL, layout="constrained")
        axes = figure.add_subplot()
        axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle="--")
        x = [one.score for one in detail.reliability]
        y = [one.share.value for one in detail.reliability]
        low = [one.share.value - one.share.low for one in detail.reliability]
        high = [one.share.high - one.share.value for one in detail.reliability]
        axes.errorbar(x, y, yerr=[low, high], fmt="o-", color=BLUE, markersize=3, linewidth=1)
        axes.set(xlim=(0, 1), ylim=(0, 1))
        axes.set(xlabel="mean score of a bin", ylabel="share with the label")
        gap = max(abs(one.score - one.share.value) for one in detail.reliability)
        return picture(
            figure,
            f"{detail.suite}: reliability of {detail.label}",
            f"Bins of like scores are at most {gap:.2f} from the share that has the label.",
        )


def _curve(detail: Detail) -> Picture:
    with rc_context(STYLE):
        figure = Figure(figsize=_SMALL, layout="constrained")
        axes = figure.add_subplot()
        if detail.recalls:
            axes.plot(detail.recalls, detail.precisions, color=BLUE, linewidth=1.2)
            for point, mark in zip(detail.points, _MARKS, strict=False):
                if point.precision and point.recall:
                    # A legend: names at points that lie together would overprint each other.
                    axes.plot(
                        point.recall.value, point.precision.value, mark, color=ORANGE,
                        markersize=6, label=point.name,
                    )  # fmt: skip
            if axes.get_legend_handles_labels()[0]:
                axes.legend(frameon=False, fontsize=8, loc="lower left")
        else:
            axes.text(0.5, 0.5, "rows of one class only", ha="center", color=GREY)
        axes.set(xlim=(0, 1.02), ylim=(0, 1.02), xlabel="recall", ylabel="precision")
        points = "; ".join(
            f"{point.name}: precision {_interval(point.precision)}, "
            f"recall {_interval(point.recall)}"
            for point in detail.points
        )
        return picture(
            figure,
            f"{detail.suite}: precision and recall of {detail.label}",
            f"On these rows, {points}.",
        )


def _scores(detail: Detail) -> Picture:
    edges = np.linspace(0, 1, 21)
    with rc_context(STYLE):
        figure = Figure(figsize=_SMALL, layout="constrained")
        axes = figure.add_subplot()
        for counts, color, name in zip(
            detail.histogram, (GREY, ORANGE), ("without the label", "with it"), strict=True
        ):
            axes.stairs(counts, edges, fill=True, alpha=0.55, color=color, label=name)
        axes.legend(frameon=False, fontsize=8)
        axes.set(xlim=(0, 1), xlabel="score", ylabel="rows")
        without, having = (sum(counts) for counts in detail.histogram)
        return picture(
            figure,
            f"{detail.suite}: scores of {detail.label}",
            f"{having:,} rows with the label, and {without:,} without.",
        )


def fairness_picture(report: FairnessReport) -> Picture | None:
    """Error rates of each group with their intervals."""
    groups = [
        group
        for group in report.groups
        if group.false_positive_rate is not None or group.false_negative_rate is not None
    ][:_MAX_GROUPS]
    if not groups:
        return None
    with rc_context(STYLE):
        figure = Figure(figsize=(9, 0.3 * len(groups) + 1.6), layout="constrained")
        both = figure.subplots(1, 2, sharey=True)
        for axes, name, title in zip(
            both,
            ("false_positive_rate", "false_negative_rate"),
            ("Flagged without the label", "Missed with it"),
            strict=True,
        ):
            for place, group in enumerate(reversed(groups)):
                measured = getattr(group, name)
                if measured is not None:
                    interval(axes, place, measured, BLUE)
            axes.set(xlim=(-0.02, 1.02), title=title, xlabel="share of the rows of the group")
        both[0].set_yticks(range(len(groups)), [cut(g.group) for g in reversed(groups)])
        both[0].set_ylabel("group")
        rates = [g.false_positive_rate.value for g in groups if g.false_positive_rate]
        spread = f"from {min(rates):.2f} to {max(rates):.2f}" if rates else "not known"
        left = len(report.groups) - len(groups)
        return picture(
            figure,
            f"{report.suite}: error rates of {report.label} by group, at the "
            f"{report.operating_point} threshold",
            f"The rate of harmless rows that are flagged is {spread} over the groups."
            + (f" {left} groups are in the table only." if left else ""),
        )


def bars_picture(
    title: str,
    what: str,
    numbers: dict[str, Measured],
    axis: str = "accuracy with its 95 % interval",
) -> Picture:
    """A number of each part of a suite."""
    with rc_context(STYLE):
        figure = Figure(figsize=(7, 0.32 * len(numbers) + 1.2), layout="constrained")
        axes = figure.add_subplot()
        for place, measured in enumerate(reversed(numbers.values())):
            interval(axes, place, measured, BLUE)
        names = [f"{cut(name)} ({m.rows:,})" for name, m in reversed(numbers.items())]
        axes.set_yticks(range(len(names)), names, fontsize=8)
        axes.set(xlim=(-0.02, 1.02), xlabel=axis, ylabel=what)
        lowest = min(numbers, key=lambda name: numbers[name].value)
        alt = f"The lowest is {lowest} with {numbers[lowest].value:.2f}."
        return picture(figure, title, alt)


def _interval(measured: Measured | None) -> str:
    return "none" if measured is None else f"{measured.value:.2f}"
