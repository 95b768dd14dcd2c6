"""The sections of a report on an evaluation."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from upstander.evaluation.detail import Detail
from upstander.evaluation.evasion import Evasions
from upstander.evaluation.fairness import AREAS, FairnessReport
from upstander.evaluation.goal import Goal, bounds_of, digits_of, verdict
from upstander.evaluation.intervals import Measured
from upstander.evaluation.page.anchors import beside
from upstander.evaluation.page.bars import bars_section
from upstander.evaluation.page.languages import languages_section
from upstander.evaluation.page.pairs import comparison, thresholds
from upstander.evaluation.page.provenance import Provenance
from upstander.evaluation.page.published import published
from upstander.evaluation.page.sections import (
    LOW_IS_GOOD,
    MEASURED,
    Bar,
    Cell,
    Link,
    Section,
    Table,
    bar,
    cells,
    number_in_words,
    plain,
    short,
)
from upstander.evaluation.page.stages import stages_section
from upstander.evaluation.page.suite import TAB as SUITES
from upstander.evaluation.page.suite import suite
from upstander.evaluation.page.summary import summary
from upstander.evaluation.page.words import title_of_suite
from upstander.evaluation.report import SuiteReport
from upstander.evaluation.runner import Evaluation

_MAX_GROUPS: Final = 60
_EVASIONS_TOLD: Final = (
    "Each evasion was tried on texts that the model decides rightly as they are: what is still "
    "found, and what harmless texts are flagged only for their spelling."
)
_AREAS_TOLD: Final = (
    "Areas under the curve after Borkan et al. 2019: of a group's own rows; of its negatives among "
    "all positives (BPSN, low where they score too high); of its positives among all negatives "
    "(BNSP, low where they score too low)."
)
_GOALS_TOLD: Final = (
    "What must be reached, and whether it is. A goal without a number says why. The line runs from "
    "0 to 1, or where lower is better from 0 to a little over the number and what it must be; the "
    "upright stroke is what it must be."
)
_MIN_SCALE: Final = 1.25
"""The end of the line of a goal that must be low, over the larger of its number and its bar."""


def title_of(made: Provenance) -> str:
    """The heading of a report."""
    return f"Evaluation of {made.model['name']} {made.model['version']}"


def lead_of(made: Provenance, texts: bool = True) -> str:
    """What stands at the top of a report. texts: whether it has any."""
    hidden = "Texts are hidden until they are asked for." if texts else "It shows no text."
    when = f"{made.made}, thresholds" if made.made else "Thresholds"
    return (
        f"{when} of the operating point {made.operating_point}. Every number stands with its 95 % "
        f"interval and the rows it was measured on. {hidden}"
    )


def has_texts(evaluation: Evaluation) -> bool:
    """Whether any wrong decision comes with its text: a stored evaluation holds none."""
    tried = (one for evasions in evaluation.evasions for one in evasions.evaded)
    return any(
        wrong.text for detail in evaluation.details for wrong in (*detail.worst, *detail.examples)
    ) or any(wrong.text for one in tried for wrong in (one.lost, one.alarmed) if wrong)


def sections(evaluation: Evaluation, made: Provenance, texts: bool = True) -> Iterator[Section]:
    """A summary, the goals, each suite, each table of groups, and what was run.

    texts: whether the worst errors are shown with their texts, or by id alone.
    """
    there = texts and has_texts(evaluation)
    yield from summary(evaluation, made.operating_point, texts, there)
    if evaluation.goals:
        yield Section(
            "goals", "Goals", [_GOALS_TOLD], tables=[_goals(evaluation.goals)], tab="Goals"
        )
    if evaluation.bars:
        yield bars_section(evaluation.bars)
    if evaluation.suites:
        yield _overview(evaluation.suites)
    details = {detail.suite: detail for detail in evaluation.details}
    for report in evaluation.suites:
        yield _with_texts(report, details.get(report.suite), texts)
    if evaluation.languages:
        yield languages_section(evaluation.languages)
    for groups in evaluation.fairness:
        yield _fairness(groups)
    yield from map(_evasions, evaluation.evasions)
    for section in (
        *map(beside, evaluation.anchors),
        *published(evaluation.suites, evaluation.languages),
        *map(comparison, evaluation.pairs),
        *([stages_section(evaluation.stages)] if evaluation.stages else []),
    ):
        yield replace(section, tab="Comparison")
    for section in map(thresholds, evaluation.choices):
        yield replace(section, tab="Thresholds")
    yield _provenance(evaluation, made)


def _with_texts(report: SuiteReport, detail: Detail | None, texts: bool) -> Section:
    there = texts and detail is not None and any(wrong.text for wrong in detail.worst)
    return suite(report, detail, texts, there)


def _goals(goals: Iterable[Goal]) -> Table:
    rows: list[list[Cell]] = [
        [
            f"{goal.name} ({goal.note.replace('`', '')})" if goal.note else goal.name,
            verdict(goal),
            _line(goal),
            *cells(goal.measured, digits_of(goal)),
            *bounds_of(goal),
            LOW_IS_GOOD if goal.lower_is_better else "",
        ]
        for goal in goals
    ]
    return Table("Goals", ("goal", "", "", *MEASURED, "must", "aim", ""), rows)


def _line(goal: Goal) -> Cell:
    """Where the number lies; an empty cell for what has no number, or does not start at 0."""
    found, must = goal.measured, goal.must
    if found is None or min(found.low, must or 0.0) < 0:
        return ""
    ends = max(found.high, must or 0.0)
    scale = _MIN_SCALE * ends if goal.lower_is_better else max(1.0, ends)
    if not scale:
        return ""
    return Bar(
        found.value / scale,
        found.low / scale,
        found.high / scale,
        None if must is None else must / scale,
        goal.met,
    )


def _overview(reports: Sequence[SuiteReport]) -> Section:
    columns = ("macro_f1", "auc", "average_precision", "calibration_error")
    rows: list[list[Cell]] = [
        [
            Link(title_of_suite(report.suite), f"alone-suite-{report.suite}"),
            report.label,
            f"{report.rows:,}",
            f"{report.positives:,}",
            *(short(report.headline.get(name)) for name in columns),
        ]
        for report in reports
    ]
    named = (*map(number_in_words, columns[:-1]), f"{plain(columns[-1])}, {LOW_IS_GOOD}")
    return Section(
        "overview",
        "All suites",
        ["Choose one for its kinds of text, its groups and its worst errors."],
        tables=[Table("All suites", ("suite", "label", "rows", "positives", *named), rows)],
        tab=SUITES,
    )


def _fairness(report: FairnessReport) -> Section:
    rates = ("false_positive_rate", "false_negative_rate")
    most = sorted(report.groups, key=lambda group: -(group.positives + group.negatives))
    kept = [group for group in report.groups if group in most[:_MAX_GROUPS]]
    rows: list[list[Cell]] = [
        [
            plain(group.group),
            *(cell for name in rates for cell in _rate(getattr(group, name))),
            f"{group.positives:,}",
            f"{group.negatives:,}",
            *(short(getattr(group, name)) for name in AREAS),
        ]
        for group in kept
    ]
    means = [report.power_means[area] for area in AREAS]
    shown = ["" if mean is None else f"{mean:.3f}" for mean in means]
    rows.append(["power mean", "", "", "", "", "", "", *shown])
    by = f"{report.grouped_by[:1].lower()}{report.grouped_by[1:]}"
    words = (
        f"Label {report.label}, by {by}, at the operating point {report.operating_point}. Both "
        f"shares are better the lower they are. {_AREAS_TOLD}"
    )
    return Section(
        f"groups-{report.suite}",
        f"{title_of_suite(report.suite)}: groups",
        [words],
        tables=[
            Table(
                f"{report.suite}: groups",
                ("group", "", "wrongly flagged", "", "missed", "with", "without", "subgroup AUC",
                 "BPSN", "BNSP"),
                rows,
            )
        ],
        tab="Groups",
    )  # fmt: skip


def _rate(measured: Measured | None) -> tuple[Cell, Cell]:
    return bar(measured), short(measured)


def _evasions(found: Evasions) -> Section:
    rows: list[list[Cell]] = [
        [
            one.evasion,
            bar(one.still_found),
            short(one.still_found),
            bar(one.alarms),
            short(one.alarms),
        ]
        for one in found.evaded
    ]
    return Section(
        f"evasions-{found.suite}",
        f"{title_of_suite(found.suite)}: evasions",
        [_EVASIONS_TOLD],
        tables=[
            Table(
                f"{found.suite}: evasions",
                ("evasion", "", "still found", "", f"harmless texts now flagged, {LOW_IS_GOOD}"),
                rows,
            )
        ],
        tab="Evasions",
    )


def _provenance(evaluation: Evaluation, made: Provenance) -> Section:
    about = {
        "command": made.command,
        "made": made.made,
        "bundle": f"{made.model['name']} {made.model['version']}",
        "SHA-256 of the bundle": made.model["sha256"],
        "operating point": made.operating_point,
        "machine": made.machine,
        **made.versions,
    }
    data = [[report.suite, f"{report.rows:,}", report.checksum] for report in evaluation.suites]
    left = [f"Left out: {reason}" for reason in evaluation.left_out.values()]
    shown = [[name, value] for name, value in about.items() if value]
    return Section(
        "provenance",
        "Data and provenance",
        left,
        tables=[
            Table("What was run", ("what", "value"), shown, is_words=True),
            Table(
                "SHA-256 over the ids, texts and answers of each suite",
                ("suite", "rows judged", "SHA-256"),
                data,
            ),
        ],
        tab="Data and provenance",
    )
