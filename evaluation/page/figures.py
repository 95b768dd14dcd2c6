"""The pictures of a report: SVG with a title, axis names, and words for who cannot see it."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

from evaluation.detail import Detail
from evaluation.fairness import FairnessReport
from evaluation.goal import Goal
from evaluation.intervals import Measured
from evaluation.page.drawing import BLUE, GREY, ORANGE, STYLE, cut, interval, picture
from evaluation.page.sections import Picture

_MOST_GROUPS: Final = 30
_SMALL: Final = (3.6, 3.2)
"""Inches of a picture that stands beside others where there is room."""


def goals_picture(goals: Sequence[Goal]) -> Picture | None:
    """Every goal that has a number and a bar, as how far it is from the bar."""
    judged = [
        (goal, goal.measured, goal.must)
        for goal in goals
        if goal.measured is not None and goal.must is not None
    ]
    if not judged:
        return None
    with rc_context(STYLE):
        figure = Figure(figsize=(8, 0.32 * len(judged) + 1.2), layout="constrained")
        axes = figure.add_subplot()
        for place, (goal, measured, must) in enumerate(reversed(judged)):
            interval(axes, place, measured, BLUE if goal.met else ORANGE)
            axes.plot(must, place, marker="|", markersize=14, color="black")
        names = [goal.name for goal, _, _ in reversed(judged)]
        axes.set_yticks(range(len(judged)), names, fontsize=8)
        lowest = min(0.0, *(m.low for _, m, _ in judged))
        axes.set_xlim(lowest, 1.02 * max(1.0, *(max(m.high, must) for _, m, must in judged)))
        axes.set_xlabel("value with its 95 % interval; the bar is what it must be")
        axes.set_ylabel("goal")
        title = "Goals: blue where the bar is met, orange where it is missed"
        met = sum(bool(goal.met) for goal, _, _ in judged)
        return picture(figure, title, f"{met} of {len(judged)} goals are met; the table has all.")


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
            for point in detail.points:
                if point.precision and point.recall:
                    place = point.recall.value, point.precision.value
                    axes.plot(*place, "o", color=ORANGE)
                    axes.annotate(
                        point.name, place, textcoords="offset points", xytext=(-4, -12),
                        fontsize=8, ha="right" if place[0] > 0.4 else "left",
                    )  # fmt: skip
        else:
            axes.text(0.5, 0.5, "rows of one class only", ha="center", color=GREY)
        axes.set(xlim=(0, 1.02), ylim=(0, 1.02), xlabel="recall", ylabel="precision")
        points = "; ".join(
            f"{point.name}: precision {_told(point.precision)}, recall {_told(point.recall)}"
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


def grid_picture(detail: Detail) -> Picture | None:
    """Accuracy by functionality and target, as a heat map."""
    if not detail.grid:
        return None
    names = list(detail.grid)
    targets = sorted({target for row in detail.grid.values() for target in row})
    values = np.array(
        [
            [
                detail.grid[name][target].value if target in detail.grid[name] else np.nan
                for target in targets
            ]
            for name in names
        ]
    )
    with rc_context(STYLE):
        figure = Figure(
            figsize=(1.6 + 0.75 * len(targets) + 2, 1.8 + 0.3 * len(names)), layout="constrained"
        )
        axes = figure.add_subplot()
        image = axes.imshow(values, vmin=0, vmax=1, cmap="RdYlBu", aspect="auto")
        for row, column in np.argwhere(~np.isnan(values)):
            value = values[row, column]
            dark = value < 0.2 or value > 0.85
            axes.text(
                column, row, f"{value:.2f}", ha="center", va="center", fontsize=7,
                color="white" if dark else "black",
            )  # fmt: skip
        axes.set_xticks(range(len(targets)), [cut(t) for t in targets], rotation=45, ha="right")
        axes.set_yticks(range(len(names)), [cut(name) for name in names], fontsize=8)
        axes.set(xlabel="target", ylabel="functionality")
        figure.colorbar(image, ax=axes, label="accuracy")
        worst = min(
            (measured.value, name, target)
            for name, row in detail.grid.items()
            for target, measured in row.items()
        )
        return picture(
            figure,
            f"{detail.suite}: accuracy by functionality and target",
            f"The worst cell is {worst[1]} with {worst[2]}, {worst[0]:.2f}.",
        )


def fairness_picture(report: FairnessReport) -> Picture | None:
    """Error rates of each group with their intervals."""
    groups = [
        group
        for group in report.groups
        if group.false_positive_rate is not None or group.false_negative_rate is not None
    ][:_MOST_GROUPS]
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


def _told(measured: Measured | None) -> str:
    return "none" if measured is None else f"{measured.value:.2f}"
