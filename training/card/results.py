"""What was measured."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from evaluation.fairness import AREAS
from evaluation.world_goals import NATURAL_FOUND, ORDINARY_FLAGGED
from models.manifest import Manifest, Metric
from training.card.tables import measured, table

_HOW_CALIBRATED: Final = """\
Platt scaling on a split of its own. The expected calibration error is over validation rows,
weighted as in the recipe: those of `hate` and `dehumanization` to 1 % positives. `predicted` and
`seen` are the mean probability and the share of positives of the rows of a bin.
"""

_FEWEST: Final = 30
"""DynaHate's target column names a hundred combinations; only those with rows enough tell."""


def headline(rows: Sequence[Mapping[str, Any]]) -> str:
    """What the shipped policy does to a moderator's day, in a sentence; empty where unmeasured."""
    found = {row["name"]: row for row in rows if row["value"] is not None}
    if not {ORDINARY_FLAGGED, NATURAL_FOUND} <= set(found):
        return ""
    ordinary, natural = found[ORDINARY_FLAGGED], found[NATURAL_FOUND]
    return (
        f"**Of 1,000 ordinary posts it flags {_of(ordinary, 1000)}. Of 100 natural posts that "
        f"dehumanize it finds {_of(natural, 100)}.** That is at the threshold of the shipped "
        f"policy, on {ordinary['rows']:,} posts of 35 everyday domains and {natural['rows']:,} "
        "dehumanizing ones that no training saw, with 95 % intervals."
    )


def _of(row: Mapping[str, Any], whole: int) -> str:
    low, value, high = (whole * row[key] for key in ("low", "value", "high"))
    return f"{value:.1f} ({low:.1f} to {high:.1f})"


def goals(rows: Sequence[Mapping[str, Any]], tried: str) -> str:
    """Every number beside what it must be, and what was tried for those that fall short."""
    judged = [row for row in rows if row["must"] is not None]
    met = sum(row["met"] is True for row in judged)  # what has no number is not met
    missed = [row["name"] for row in judged if row["met"] is False]
    lines = [
        "## Goals\n",
        (
            "Of the int8 graph in this bundle, with 95 % intervals, as `upstander evaluate --suite "
            f"all` prints them. {met} of {len(judged)} are met.\n"
        ),
        *table(
            ("what", "value", "rows", "must", "aim", ""),
            (
                (
                    f"{row['name']} ({row['note']})" if row["note"] else row["name"],
                    measured(row if row["value"] is not None else None),
                    "" if row["rows"] is None else f"{row['rows']:,}",
                    _bound(row, "must"),
                    _bound(row, "aim"),
                    _verdict(row),
                )
                for row in rows
            ),
        ),
    ]
    if missed:
        lines.append(f"\nMissed: {'; '.join(missed)}.")
    if tried:
        lines.append(f"\n### What was tried, and what stands in the way\n\n{tried.strip()}")
    return "\n".join(lines)


def _bound(row: Mapping[str, Any], name: str) -> str:
    if row[name] is None:
        return ""
    return f"≤ {row[name]:g}" if row["lower_is_better"] else f"{row[name]:g}"


def _verdict(row: Mapping[str, Any]) -> str:
    if row["met"] is None:
        return ""
    return ("aim met" if row["aim_met"] else "met") if row["met"] else "**missed**"


def suites(metrics: Sequence[Metric], reports: Sequence[Mapping[str, Any]]) -> str:
    """The headline numbers, and accuracy by functionality and by target."""
    lines = [
        "## Results\n",
        "The suites, and the official test rows of each source.\n",
        *table(
            ("suite", "label", "number", "value", "95 % interval", "rows"),
            (
                (m.suite, m.label, m.name, f"{m.value:.3f}", f"{m.low:.3f} to {m.high:.3f}", m.rows)
                for m in metrics
            ),
        ),
    ]
    for report in reports:
        tables = (
            ("functionality", report["functionalities"]),
            (
                f"target of {_FEWEST} rows or more",
                {name: m for name, m in report["targets"].items() if m["rows"] >= _FEWEST},
            ),
        )
        for name, accuracies in tables:
            if len(accuracies) > 1:
                lines += [
                    f"\n### {report['suite']}: accuracy of `{report['label']}` by {name}\n",
                    *table((name, "accuracy", "95 % interval", "rows"), _accuracies(accuracies)),
                ]
    return "\n".join(lines)


def _accuracies(numbers: Mapping[str, Mapping[str, float]]) -> Iterable[tuple[object, ...]]:
    for name, m in numbers.items():
        yield name, f"{m['value']:.3f}", f"{m['low']:.3f} to {m['high']:.3f}", int(m["rows"])


def fairness(reports: Sequence[Mapping[str, Any]]) -> str:
    """Whether it is right about every group alike."""
    lines = [
        "## Fairness\n",
        (
            "Area under the curve of a group's own rows, of its negatives among all positives "
            "(BPSN, low where they score too high) and of its positives among all negatives "
            "(BNSP), after Borkan et al. 2019; false-positive and false-negative rates at "
            "`balanced`."
        ),
    ]
    for report in reports:
        means = ", ".join(
            f"{name.removesuffix('_auc')} {value:.3f}"
            for name, value in report["power_means"].items()
            if value is not None
        )
        lines += [
            f"\n### {report['suite']}, `{report['label']}`, by {report['grouped_by'].lower()}\n",
            *table(
                ("group", "positive", "negative", "subgroup", "BPSN", "BNSP", "FPR", "FNR"),
                (
                    (
                        group["group"],
                        f"{group['positives']:,}",
                        f"{group['negatives']:,}",
                        *(
                            measured(group[name])
                            for name in (*AREAS, "false_positive_rate", "false_negative_rate")
                        ),
                    )
                    for group in report["groups"]
                ),
            ),
            f"\nPower means (p = -5): {means or 'too few rows'}.",
        ]
    return "\n".join(lines)


def calibration(manifest: Manifest, calibrated: Mapping[str, Any]) -> str:
    """How far probabilities are from shares, in one number and as a reliability diagram."""
    labels = [label.name for label in manifest.labels]
    own = [output for output in calibrated["outputs"] if output["name"] in labels]
    lines = [
        "## Calibration\n",
        _HOW_CALIBRATED,
        *table(
            ("output", "expected calibration error", "calibration rows", "positive"),
            (
                (
                    output["name"],
                    f"{output['expected_calibration_error']:.3f}",
                    f"{output['calibration_rows']:,}",
                    f"{output['calibration_positives']:,}",
                )
                for output in own
            ),
        ),
    ]
    for label in labels:
        lines += [
            f"\n### Reliability of `{label}`\n",
            *table(
                ("predicted", "seen", "rows", ""),
                (
                    (
                        f"{reliable.predicted:.3f}",
                        f"{reliable.seen:.3f}",
                        f"{reliable.rows:,}",
                        "█" * round(20 * reliable.seen),
                    )
                    for reliable in manifest.reliability.get(label, ())
                ),
            ),
        ]
    return "\n".join(lines)
