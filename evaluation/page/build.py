"""The sections of a report on an evaluation."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from evaluation.detail import Detail, Wrong
from evaluation.evasion import Evasions
from evaluation.fairness import AREAS, FairnessReport
from evaluation.goal import Goal, bounds_of, digits_of, verdict
from evaluation.goals import Evaluation
from evaluation.page.anchors import beside
from evaluation.page.figures import (
    bars_picture,
    fairness_picture,
    goals_picture,
    grid_picture,
    quality_pictures,
)
from evaluation.page.pairs import comparison, thresholds
from evaluation.page.provenance import Provenance
from evaluation.page.published import published
from evaluation.page.sections import MEASURED, Picture, Section, Shown, Table, cells, plain, short
from evaluation.report import SuiteReport
from evaluation.suites.listed import LISTED

_MOST_ROWS: Final = 60
_LONGEST: Final = 600
_NO_TEXT: Final = "left out"
_EVASIONS_TOLD: Final = (
    "Each evasion was tried on texts that the model decides rightly as they are: what is still "
    "found, and what harmless texts are flagged only for their spelling."
)
_AREAS_TOLD: Final = (
    "Areas under the curve after Borkan et al. 2019: of a group's own rows; of its negatives among "
    "all positives (BPSN, low where they score too high); of its positives among all negatives "
    "(BNSP, low where they score too low)."
)


def title_of(made: Provenance) -> str:
    """The heading of a report."""
    return f"Evaluation of {made.model['name']} {made.model['version']}"


def lead_of(made: Provenance, texts: bool = True) -> str:
    """What stands at the top of a report. texts: whether it has any."""
    hidden = "Texts are hidden until they are asked for." if texts else "It shows no text."
    return (
        f"{made.made}, thresholds of the operating point {made.operating_point}. Every number "
        f"stands with its 95 % interval and the rows it was measured on. {hidden}"
    )


def sections(evaluation: Evaluation, made: Provenance, texts: bool = True) -> Iterator[Section]:
    """Goals, an overview, each suite, each table of groups, and what was run.

    texts: whether the worst errors are shown with their texts, or by id alone.
    """
    if evaluation.goals:
        drawn = goals_picture(evaluation.goals)
        yield Section(
            "goals",
            "Goals",
            ["What must be reached, and whether it is. A goal without a number says why."],
            pictures=[drawn] if drawn else [],
            tables=[
                Table("Goals", ("goal", *MEASURED, "must", "aim", ""), _goal_rows(evaluation.goals))
            ],
        )
    if evaluation.suites:
        yield _overview(evaluation.suites)
    yield from published(evaluation.suites)
    yield from map(beside, evaluation.anchors)
    details = {detail.suite: detail for detail in evaluation.details}
    for report in evaluation.suites:
        yield _suite(report, details.get(report.suite), texts)
    for groups in evaluation.fairness:
        yield _fairness(groups)
    yield from map(_evasions, evaluation.evasions)
    yield from map(comparison, evaluation.pairs)
    yield from map(thresholds, evaluation.choices)
    yield _provenance(evaluation, made)


def _goal_rows(goals: Iterable[Goal]) -> list[list[str]]:
    return [
        [
            f"{goal.name} ({goal.note})" if goal.note else goal.name,
            *cells(goal.measured, digits_of(goal)),
            *bounds_of(goal),
            verdict(goal),
        ]
        for goal in goals
    ]


def _overview(reports: Sequence[SuiteReport]) -> Section:
    columns = ("macro_f1", "auc", "average_precision", "calibration_error")
    rows = [
        [
            report.suite,
            report.label,
            f"{report.rows:,}",
            f"{report.positives:,}",
            *(short(report.headline.get(name)) for name in columns),
        ]
        for report in reports
    ]
    return Section(
        "overview",
        "All suites",
        tables=[
            Table("All suites", ("suite", "label", "rows", "positives", *map(plain, columns)), rows)
        ],
    )


def _suite(report: SuiteReport, detail: Detail | None, texts: bool) -> Section:
    listed = LISTED.get(report.suite)
    words = [f"{report.rows:,} rows, of which {report.positives:,} have the label {report.label}."]
    if listed is not None:
        words.insert(0, f"{listed.title}. {listed.note}".strip())
        if listed.seen:
            words.append(
                "Training read this set, or parts of it: its numbers flatter the shipped bundle."
            )
    pictures: list[Picture] = []
    if detail is not None and (grid := grid_picture(detail)):
        pictures.append(grid)
    tables = [
        Table(
            f"{report.suite}: numbers",
            ("number", *MEASURED),
            [[plain(name), *cells(measured)] for name, measured in report.headline.items()],
        )
    ]
    for what, numbers in (
        ("length", report.lengths),
        ("part", report.sources),
        ("functionality", report.functionalities),
        ("target", report.targets),
    ):
        if len(numbers) < 2:
            continue
        most = dict(sorted(numbers.items(), key=lambda item: -item[1].rows)[:_MOST_ROWS])
        kept = {name: numbers[name] for name in numbers if name in most}
        title = f"{report.suite}: accuracy by {what}"
        if what != "functionality" or not (detail and detail.grid):
            pictures.append(bars_picture(title, what, dict(list(kept.items())[:30])))
        left = len(numbers) - len(kept)
        caption = f"{title}, the {len(kept)} with the most rows" if left else title
        rows = [[name, *cells(measured)] for name, measured in kept.items()]
        tables.append(Table(caption, (what, *MEASURED), rows))
    return Section(
        f"suite-{report.suite}",
        report.suite,
        words,
        quality_pictures(detail) if detail else [],
        pictures,
        tables,
        [_shown(wrong, texts) for wrong in detail.worst] if detail else [],
        has_texts=texts,
    )


def _fairness(report: FairnessReport) -> Section:
    drawn = fairness_picture(report)
    rates = ("false_positive_rate", "false_negative_rate")
    rows = [
        [
            group.group,
            f"{group.positives:,}",
            f"{group.negatives:,}",
            *(short(getattr(group, name)) for name in (*AREAS, *rates)),
        ]
        for group in report.groups
    ]
    means = [report.power_means[area] for area in AREAS]
    told = ["" if mean is None else f"{mean:.3f}" for mean in means]
    rows.append(["power mean", "", "", *told, "", ""])
    return Section(
        f"groups-{report.suite}",
        f"{report.suite}: groups",
        [f"Label {report.label}. {report.grouped_by}. {_AREAS_TOLD}"],
        pictures=[drawn] if drawn else [],
        tables=[
            Table(
                f"{report.suite}: groups",
                ("group", "with", "without", "subgroup AUC", "BPSN", "BNSP", "flagged without",
                 "missed with"),
                rows,
            )
        ],
    )  # fmt: skip


def _evasions(found: Evasions) -> Section:
    return Section(
        f"evasions-{found.suite}",
        f"{found.suite}: evasions",
        [_EVASIONS_TOLD],
        pictures=[
            bars_picture(
                f"{found.suite}: still found under each evasion",
                "evasion",
                {one.evasion: one.still_found for one in found.evaded},
                "share of what was found, with its 95 % interval",
            )
        ],
        tables=[
            Table(
                f"{found.suite}: evasions",
                ("evasion", "still found", "harmless texts now flagged"),
                [[o.evasion, short(o.still_found), short(o.alarms)] for o in found.evaded],
            )
        ],
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
    return Section(
        "provenance",
        "Data and provenance",
        left,
        tables=[
            Table("What was run", ("what", "value"), [[k, v] for k, v in about.items()], True),
            Table(
                "SHA-256 over the ids, texts and answers of each suite",
                ("suite", "rows judged", "SHA-256"),
                data,
            ),
        ],
    )


def _shown(wrong: Wrong, texts: bool) -> Shown:
    kind = ", ".join(word for word in (wrong.functionality, wrong.target) if word)
    answer = "flagged" if wrong.expected else "left alone"
    if not texts:
        return Shown(wrong.id, [(_NO_TEXT, False)], answer, wrong.score, kind)
    parts = []
    place = 0
    for span in wrong.spans:
        if span.end > _LONGEST:
            break
        parts += [
            (wrong.text[place : span.begin], False),
            (wrong.text[span.begin : span.end], True),
        ]
        place = span.end
    rest = wrong.text[place:]
    room = max(_LONGEST - place, 0)
    parts.append((rest if len(rest) <= room else f"{rest[:room]} …", False))
    return Shown(wrong.id, [part for part in parts if part[0]], answer, wrong.score, kind)
