"""The first page: what happens to 1,000 posts, the worst weaknesses, and for whom it errs."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from upstander.evaluation.detail import Detail, Point
from upstander.evaluation.intervals import Measured
from upstander.evaluation.page.decisions import confusion, decisive, operating_points
from upstander.evaluation.page.sections import Section, Table, Tile
from upstander.evaluation.page.weaknesses import weaknesses
from upstander.evaluation.page.words import title_of_suite
from upstander.evaluation.page.worst_groups import worst_groups
from upstander.evaluation.policies import PolicyReport
from upstander.evaluation.report import SuiteReport
from upstander.evaluation.runner import Evaluation
from upstander.evaluation.world_goals import (
    DEFAULT_FLAGGED,
    DEFAULT_FOUND,
    NATURAL_FOUND,
    ORDINARY_FLAGGED,
)

TAB: Final = "Summary"
_BASE: Final = 0.01
"""The share of posts that are taken to dehumanize where the rows cannot tell it."""
_POSTS: Final = 1000
_POLICIES: Final = (
    ("default policy, hate,", DEFAULT_FOUND, DEFAULT_FLAGGED, "hateful or dehumanizing posts"),
    ("policy dehumanization", NATURAL_FOUND, ORDINARY_FLAGGED, "dehumanizing posts"),
)
"""A policy, its numbers, and what it is to find: the first that was measured is told."""
_ON_THE_WORLD: Final = (
    "What the {policy} does to 1,000 posts of which 10 are {sought}. What it finds was measured on "
    "natural posts, and what it flags wrongly on ordinary ones; 10 of 1,000 is an assumption. 95 % "
    "intervals in brackets."
)


def summary(
    evaluation: Evaluation, operating_point: str, texts: bool, has_texts: bool
) -> Iterator[Section]:
    """The sections of the first page.

    texts: whether examples are shown with their texts. has_texts: whether there are any to show.
    """
    details = {detail.suite: detail for detail in evaluation.details}
    if evaluation.policies:
        yield _by_policy(evaluation.policies)
    if thousand := _thousand(evaluation, details, operating_point):
        yield thousand
    if found := weaknesses(evaluation, details, texts, has_texts):
        yield found
    if found := worst_groups(evaluation.fairness):
        yield found


def _by_policy(reports: Sequence[PolicyReport]) -> Section:
    """What the policy that was asked for flags of the rows at hand."""
    first = reports[0]
    share = first.positives / first.rows
    lead = (
        f"What the policy {first.policy} flags, by any of its rules, of 1,000 rows like those of "
        f"“{title_of_suite(first.suite)}”, of which {_of(share)} have the label {first.label}. On "
        "other posts these numbers are others: most of all where fewer have the label. 95 % "
        "intervals in brackets."
    )
    return Section(
        "per-1000-policy",
        f"Of 1,000 posts, by the policy {first.policy}",
        [lead],
        tiles=_tiles(
            share, first.recall, first.false_positive_rate,
            "rows with the label", "rows without it",
        ),
        tables=[
            _each([(report, report) for report in reports])
            if len(reports) > 1
            else confusion(first, first)
        ],
        tab=TAB,
    )  # fmt: skip


def _thousand(
    evaluation: Evaluation, details: Mapping[str, Detail], operating_point: str
) -> Section | None:
    words = [_goals_met(evaluation)] if evaluation.goals else []
    measured = {goal.name: goal.measured for goal in evaluation.goals}
    for policy, found, flagged, sought in _POLICIES:
        recall, alarms = measured.get(found), measured.get(flagged)
        if recall is not None and alarms is not None:
            lead = _ON_THE_WORLD.format(policy=policy, sought=sought)
            tiles = _tiles(_BASE, recall, alarms, sought, "others")
            return Section("per-1000", "Of 1,000 posts", [lead, *words], tiles=tiles, tab=TAB)
    judged = [
        (report, point)
        for report in evaluation.suites
        if (point := decisive(report, details.get(report.suite)))
    ]
    if not judged:
        return Section("per-1000", "In short", words, tab=TAB) if words else None
    first, point = judged[0]
    tables = [_each(judged)]
    if len(judged) == 1:
        points = details[first.suite].points
        tables = [confusion(first, point), operating_points(first.suite, points)]
    lead = (
        f"Of 1,000 rows like those of “{title_of_suite(first.suite)}”, of which "
        f"{_of(first.positives / first.rows)} have the label {first.label}, at the operating point "
        f"{operating_point}. On other posts these numbers are others: most of all where fewer have "
        "the label. 95 % intervals in brackets."
    )
    return Section(
        "per-1000",
        "Of 1,000 posts" + (", by the threshold of the label" if evaluation.policies else ""),
        [lead, *words],
        tiles=_tiles(
            first.positives / first.rows, point.recall, point.false_positive_rate,
            "rows with the label", "rows without it",
        ),
        tables=tables,
        tab=TAB,
    )  # fmt: skip


def _goals_met(evaluation: Evaluation) -> str:
    judged = [goal for goal in evaluation.goals if goal.must is not None]
    met = sum(bool(goal.met) for goal in judged)
    if not judged:
        return "No goal rests on these suites alone."
    return f"{met} of the {len(judged)} goals of the project are met: the tab Goals has them all."


def _tiles(
    share: float, recall: Measured | None, alarms: Measured | None, having: str, lacking: str
) -> list[Tile]:
    """Found, missed and flagged wrongly; what has no number is left out."""
    tiles = []
    own = _of(share)
    others = _of(1 - share)
    if recall is not None:
        missed = Measured(1 - recall.value, 1 - recall.high, 1 - recall.low, recall.rows)
        of = f"of the {own} {having}"
        tiles += [
            Tile(_of(share * recall.value), "found", f"{_between(recall, share)} {of}", "good"),
            Tile(_of(share * missed.value), "missed", f"{_between(missed, share)} {of}", "bad"),
        ]
    if alarms is not None:
        rest = 1 - share
        note = f"{_between(alarms, rest)} of the {others} {lacking}"
        tiles.append(Tile(_of(rest * alarms.value), "wrongly flagged", note, "bad"))
    if recall is not None and alarms is not None:
        found, wrong = share * recall.value, (1 - share) * alarms.value
        right = found / (found + wrong) if found + wrong else 0.0
        note = f"of which {100 * right:.0f} in 100 are right" if found + wrong else ""
        tiles.append(Tile(_of(found + wrong), "flagged in all", note))
    return tiles


def _of(share: float) -> str:
    """So many of 1,000; a digit behind the point where there are few."""
    posts = _POSTS * share
    return f"{posts:.1f}" if posts < 10 and round(posts, 1) != round(posts) else f"{posts:.0f}"


def _between(measured: Measured, share: float) -> str:
    return f"({_of(share * measured.low)} to {_of(share * measured.high)})"


def _each(
    judged: Sequence[tuple[SuiteReport, Point]] | Sequence[tuple[PolicyReport, PolicyReport]],
) -> Table:
    rows = []
    for report, point in judged:
        share = report.positives / report.rows
        recall, alarms = point.recall, point.false_positive_rate
        found = "" if recall is None else f"{_of(share * recall.value)} {_between(recall, share)}"
        wrong = (
            ""
            if alarms is None
            else f"{_of((1 - share) * alarms.value)} {_between(alarms, 1 - share)}"
        )
        missed = "" if recall is None else _of(share * (1 - recall.value))
        rows.append([title_of_suite(report.suite), report.label, _of(share), found, missed, wrong])
    return Table(
        "Of 1,000 rows of each suite",
        ("suite", "label", "have it", "found", "missed", "wrongly flagged"),
        rows,
    )
