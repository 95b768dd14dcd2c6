"""What was measured."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from upstander.evaluation.fairness import AREAS
from upstander.evaluation.world_goals import (
    DEFAULT_FLAGGED,
    DEFAULT_FOUND,
    NATURAL_FOUND,
    ORDINARY_FLAGGED,
)
from upstander.models.manifest import Manifest, Metric
from upstander.training.card.labels import per_thousand
from upstander.training.card.parts import Part, Table, Written, measured

_HOW_CALIBRATED: Final = """\
Platt scaling on a split of its own. The expected calibration error is over validation rows,
weighted as in the recipe: those of `hate` and `dehumanization` to 1 % positives. `predicted` and
`seen` are the mean probability and the share of positives of the rows of a bin."""

_HOW_FAIR: Final = """\
Area under the curve of a group's own rows, of its negatives among all positives (BPSN, low where
they score too high) and of its positives among all negatives (BNSP), after Borkan et al. 2019;
false-positive and false-negative rates at `balanced`."""

_POLICIES: Final = (
    ("the default policy, `hate`", DEFAULT_FLAGGED, DEFAULT_FOUND),
    ("the policy `dehumanization`", ORDINARY_FLAGGED, NATURAL_FOUND),
)
"""A shipped policy, and the goals that say what it does."""

_MIN_ROWS: Final = 30
"""DynaHate's target column names a hundred combinations; only those with rows enough tell."""


def thousand(goals: Sequence[Mapping[str, Any]], manifest: Manifest) -> Part:
    """What the shipped policies and the operating points do to a moderator's day."""
    found = {row["name"]: row for row in goals if row["value"] is not None}
    shown = [
        [
            policy,
            _of(found[flagged], 1000),
            _of(found[hits], 100),
            f"{found[flagged]['rows']:,}; {found[hits]['rows']:,}",
        ]
        for policy, flagged, hits in _POLICIES
        if {flagged, hits} <= set(found)
    ]
    content: list[str | Table | Written] = []
    if shown:
        content += [
            (
                "Measured on posts that no training saw: ordinary posts of 35 everyday domains, "
                "and natural posts that break the policy, with 95 % intervals."
            ),
            Table(
                ("flagged by", "of 1,000 ordinary posts", "found of 100 that break it", "rows"),
                shown,
            ),
        ]
    content += [
        "What each operating point of the two labels does, on validation rows:",
        Table(
            ("label", "point", "of 1,000 ordinary posts", "found of 100 natural posts with it"),
            list(_at_points(manifest)),
        ),
    ]
    return Part("Of 1,000 posts", content)


def _at_points(manifest: Manifest) -> Iterator[list[str]]:
    labels = {label.name for label in manifest.labels}
    for label in ("dehumanization", "hate"):
        for name in manifest.point_names if label in labels else ():
            point = manifest.point(label, name)
            recall = point.recall
            shares = (recall.value, recall.low, recall.high) if recall else ()
            value, *ends = (f"{100 * share:.0f}" for share in shares) if shares else ("",)
            shown = f"{value} ({' to '.join(ends)})" if ends else ""
            yield [label, name, per_thousand(point.ordinary), shown]


def _of(row: Mapping[str, Any], whole: int) -> str:
    low, value, high = (whole * row[key] for key in ("low", "value", "high"))
    return f"{value:.1f} ({low:.1f} to {high:.1f})"


def goals(rows: Sequence[Mapping[str, Any]], tried: str) -> Part:
    """Every number beside what it must be, and what was tried for those that fall short."""
    judged = [row for row in rows if row["must"] is not None]
    met = sum(row["met"] is True for row in judged)  # what has no number is not met
    missed = [row["name"] for row in judged if row["met"] is False]
    words = (
        "Of the int8 graph in this bundle, with 95 % intervals, as `upstander evaluate --suite "
        f"all` prints them. {met} of {len(judged)} are met."
    )
    table = Table(
        ("what", "value", "rows", "must", "aim", ""),
        [
            [
                f"{row['name']} ({row['note']})" if row["note"] else row["name"],
                measured(row if row["value"] is not None else None),
                "" if row["rows"] is None else f"{row['rows']:,}",
                _bound(row, "must"),
                _bound(row, "aim"),
                _verdict(row),
            ]
            for row in rows
        ],
    )
    return Part(
        "Goals",
        [words, table, *([f"Missed: {'; '.join(missed)}."] if missed else [])],
        [Part("What was tried, and what stands in the way", [Written(tried)])] if tried else [],
    )


def _bound(row: Mapping[str, Any], name: str) -> str:
    if row[name] is None:
        return ""
    return f"≤ {row[name]:g}" if row["lower_is_better"] else f"{row[name]:g}"


def _verdict(row: Mapping[str, Any]) -> str:
    if row["met"] is None:
        return ""
    return ("aim met" if row["aim_met"] else "met") if row["met"] else "**missed**"


def suites(metrics: Sequence[Metric], reports: Sequence[Mapping[str, Any]]) -> Part:
    """The headline numbers, and accuracy by functionality and by target."""
    numbers = Table(
        ("suite", "label", "number", "value", "95 % interval", "rows"),
        [
            [
                m.suite, m.label, m.name, f"{m.value:.3f}", f"{m.low:.3f} to {m.high:.3f}",
                str(m.rows),
            ]
            for m in metrics
        ],
    )  # fmt: skip
    return Part(
        "Results",
        ["The suites, and the official test rows of each source.", numbers],
        [part for report in reports for part in _by_part(report)],
    )


def _by_part(report: Mapping[str, Any]) -> Iterator[Part]:
    targets = {name: m for name, m in report["targets"].items() if m["rows"] >= _MIN_ROWS}
    for name, accuracies in (
        ("functionality", report["functionalities"]),
        (f"target of {_MIN_ROWS} rows or more", targets),
    ):
        if len(accuracies) > 1:
            rows = [
                [
                    own,
                    f"{m['value']:.3f}",
                    f"{m['low']:.3f} to {m['high']:.3f}",
                    str(int(m["rows"])),
                ]
                for own, m in accuracies.items()
            ]
            yield Part(
                f"{report['suite']}: accuracy of `{report['label']}` by {name}",
                [Table((name, "accuracy", "95 % interval", "rows"), rows)],
            )


def fairness(reports: Sequence[Mapping[str, Any]]) -> Part:
    """Whether it is right about every group alike."""
    return Part("Fairness", [_HOW_FAIR], [_groups(report) for report in reports])


def _groups(report: Mapping[str, Any]) -> Part:
    means = ", ".join(
        f"{name.removesuffix('_auc')} {value:.3f}"
        for name, value in report["power_means"].items()
        if value is not None
    )
    table = Table(
        ("group", "positive", "negative", "subgroup", "BPSN", "BNSP", "FPR", "FNR"),
        [
            [
                group["group"],
                f"{group['positives']:,}",
                f"{group['negatives']:,}",
                *(
                    measured(group[name])
                    for name in (*AREAS, "false_positive_rate", "false_negative_rate")
                ),
            ]
            for group in report["groups"]
        ],
    )
    return Part(
        f"{report['suite']}, `{report['label']}`, by {report['grouped_by'].lower()}",
        [table, f"Power means (p = -5): {means or 'too few rows'}."],
    )


def calibration(manifest: Manifest, calibrated: Mapping[str, Any]) -> Part:
    """How far probabilities are from shares, in one number and as a reliability diagram."""
    labels = [label.name for label in manifest.labels]
    errors = Table(
        ("output", "expected calibration error", "calibration rows", "positive"),
        [
            [
                output["name"],
                f"{output['expected_calibration_error']:.3f}",
                f"{output['calibration_rows']:,}",
                f"{output['calibration_positives']:,}",
            ]
            for output in calibrated["outputs"]
            if output["name"] in labels
        ],
    )
    return Part("Calibration", [_HOW_CALIBRATED, errors], [_diagram(manifest, n) for n in labels])


def _diagram(manifest: Manifest, label: str) -> Part:
    rows = [
        [
            f"{reliable.predicted:.3f}",
            f"{reliable.seen:.3f}",
            f"{reliable.rows:,}",
            "█" * round(20 * reliable.seen),
        ]
        for reliable in manifest.reliability.get(label, ())
    ]
    return Part(f"Reliability of `{label}`", [Table(("predicted", "seen", "rows", ""), rows)])
