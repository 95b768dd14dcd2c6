"""An evaluation as tables on a terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from upstander.evaluation.compare import Comparison
from upstander.evaluation.fairness import AREAS, FairnessReport
from upstander.evaluation.goal import goals_table
from upstander.evaluation.intervals import Measured
from upstander.evaluation.page.decisions import confusion, decisive
from upstander.evaluation.page.sections import Table as Words
from upstander.evaluation.report import show
from upstander.evaluation.runner import Evaluation
from upstander.evaluation.stages import COLUMNS, Stages, kept_over_all, rows_of
from upstander.evaluation.threshold_selection import Choices


def show_evaluation(evaluation: Evaluation, console: Console) -> None:
    """Suites, fairness, what was left out, and last the goals."""
    details = {detail.suite: detail for detail in evaluation.details}
    for report in evaluation.suites:
        show(report, console)
        if point := decisive(report, details.get(report.suite)):
            _show_plain(confusion(report, point), console)
    for table in evaluation.fairness:
        _show_fairness(table, console)
    if evaluation.stages:
        _show_stages(evaluation.stages, console)
    for choices in evaluation.choices:
        _show_choices(choices, console)
    for reason in evaluation.left_out.values():
        console.print(f"\nleft out: {reason}")
    if evaluation.goals:
        console.print()
        console.print(goals_table(evaluation.goals))


def _show_plain(words: Words, console: Console) -> None:
    """A table of a report, on a terminal."""
    table = _table(*words.columns)
    for row in words.rows:
        table.add_row(*map(str, row))
    console.print(table)


def _show_choices(choices: Choices, console: Console) -> None:
    console.print(
        f"\n[bold]{choices.suite}[/bold]: thresholds for {choices.label}, for {choices.posts:,} "
        f"posts a day of which {choices.share:.2%} have it"
    )
    table = _table("why", "threshold", "recall", "flagged a day", "wrongly flagged")
    for choice in choices.chosen:
        table.add_row(
            choice.name,
            f"{choice.threshold:.4f}",
            _with_interval(choice.recall),
            _a_day(choice.flagged),
            _a_day(choice.wrong),
        )
    console.print(table)
    for refused in choices.refused:
        console.print(refused, highlight=False)


def _a_day(posts: Measured) -> str:
    return f"{posts.value:,.0f} ({posts.low:,.0f} to {posts.high:,.0f})"


def _show_stages(found: Sequence[Stages], console: Console) -> None:
    console.print("\n[bold]cascade[/bold]: its models alone, and together")
    table = _table("suite", "sent on", "mean cost", "number", *COLUMNS, "of the gain kept")
    for row in (row for one in found for row in rows_of(one)):
        table.add_row(*row)
    console.print(table)
    for number, kept in kept_over_all(found).items():
        console.print(f"of the base's gain in the mean {number.replace('_', ' ')}: {kept:.1%} kept")


def show_comparison(comparison: Comparison, console: Console) -> None:
    """Correlation and thresholds by attribute, and what could not be compared."""
    for one in comparison.attributes:
        console.print(
            f"\n[bold]{one.attribute}[/bold]: {one.texts:,} texts, Pearson {_share(one.pearson)}, "
            f"Spearman {_share(one.spearman)}"
        )
        table = _table(
            "old threshold", "texts flagged", "same decision there", "new threshold",
            "same decision there", "Cohen's kappa",
        )  # fmt: skip
        for at in one.thresholds:
            table.add_row(
                f"{at.old:.3g}",
                f"{at.rate:.1%}",
                f"{at.same:.1%}",
                "-" if at.new is None else str(at.new),  # rounded up, it would flag fewer
                "-" if at.agreement is None else f"{at.agreement:.1%}",
                _share(at.kappa),
            )
        console.print(table)
    if comparison.left_out:
        console.print(f"\nnot modelled: {', '.join(comparison.left_out)}")


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _show_fairness(report: FairnessReport, console: Console) -> None:
    console.print(
        f"\n[bold]{report.suite}[/bold]: fairness of {report.label}, threshold "
        f"{report.threshold:.3f} ({report.operating_point}); by "
        f"{report.grouped_by[0].lower()}{report.grouped_by[1:]}"
    )
    areas = _table("area under the ROC curve", "positive", "negative", "subgroup", "BPSN", "BNSP")
    rates = _table("error rate at the threshold", "false positives", "false negatives")
    for group in report.groups:
        areas.add_row(
            group.group,
            f"{group.positives:,}",
            f"{group.negatives:,}",
            *(_value(getattr(group, area)) for area in AREAS),
        )
        rates.add_row(
            group.group,
            _with_interval(group.false_positive_rate),
            _with_interval(group.false_negative_rate),
        )
    means = (report.power_means[area] for area in AREAS)
    areas.add_row("power mean", "", "", *("" if mean is None else f"{mean:.3f}" for mean in means))
    console.print(areas)
    console.print(rates)


def _table(*columns: str) -> Table:
    table = Table(*columns, box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    return table


def _value(measured: Measured | None) -> str:
    return "" if measured is None else f"{measured.value:.3f}"


def _with_interval(m: Measured | None) -> str:
    return "" if m is None else f"{m.value:.3f} ({m.low:.3f} to {m.high:.3f})"
