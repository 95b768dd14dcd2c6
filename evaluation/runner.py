"""The whole evaluation of a bundle: suites, goals and fairness, each text scored once."""

import json
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from upstander.evaluation.anchor import Anchor, anchors_of
from upstander.evaluation.bars import JudgedBar
from upstander.evaluation.comparison import Other, Pair, pair
from upstander.evaluation.detail import Detail, detail_of
from upstander.evaluation.errors import EvaluationError, SuiteMissing
from upstander.evaluation.evasion import Evasions, evade
from upstander.evaluation.fairness import FairnessReport, fairness
from upstander.evaluation.goal import Goal
from upstander.evaluation.goal_list import WANTED
from upstander.evaluation.intervals import share
from upstander.evaluation.language_goals import (
    LANGUAGE_WANTED,
    LanguageReport,
    by_language,
    serves_others,
)
from upstander.evaluation.policies import PolicyReport
from upstander.evaluation.predictions import NOT_IN_BUNDLE, Answers, MetricUnavailable, collect
from upstander.evaluation.report import SuiteReport, report_of
from upstander.evaluation.scoring import ManyScorer
from upstander.evaluation.stages import Stages, StageScorers, stages_of
from upstander.evaluation.suites import IN_LANGUAGES, SUITES
from upstander.evaluation.suites.case import Case
from upstander.evaluation.threshold_selection import Choices, Constraints, choose
from upstander.evaluation.timing import (
    TOKENS,
    run_against_encoder,
    run_against_graph,
    score_against_run,
)
from upstander.evaluation.wanted import Wanted
from upstander.models.files import write_whole
from upstander.models.manifest import Manifest
from upstander.models.scorer import Scorer
from upstander.models.shipped import DEFAULT_BUNDLE

_MUST_TIME: Final = (1.10, 1.02)
_SHOWN: Final = 10
_OF_GOALS: Final = frozenset(
    name for wanted in (*WANTED, *LANGUAGE_WANTED) for name in wanted.suites
)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Everything that was measured.

    left_out: suite, or what was to be said of it, to why it is not there.
    """

    suites: tuple[SuiteReport, ...]
    goals: tuple[Goal, ...]
    fairness: tuple[FairnessReport, ...]
    left_out: Mapping[str, str]
    details: tuple[Detail, ...] = ()
    pairs: tuple[Pair, ...] = ()
    choices: tuple[Choices, ...] = ()
    evasions: tuple[Evasions, ...] = ()
    anchors: tuple[Anchor, ...] = ()
    stages: tuple[Stages, ...] = ()
    bars: tuple[JudgedBar, ...] = ()
    languages: tuple[LanguageReport, ...] = ()
    policies: tuple[PolicyReport, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain lists and objects, in the form of the file that `upstander evaluate` writes."""
        return {
            "suites": [asdict(report) for report in self.suites],
            "goals": [goal.to_json() for goal in self.goals],
            "fairness": [asdict(report) for report in self.fairness],
            "details": [detail.to_json() for detail in self.details],
            "pairs": [pair.to_json() for pair in self.pairs],
            "choices": [choices.to_json() for choices in self.choices],
            "evasions": [evasions.to_json() for evasions in self.evasions],
            "anchors": [asdict(anchor) for anchor in self.anchors],
            "stages": [stages.to_json() for stages in self.stages],
            "bars": [asdict(bar) for bar in self.bars],
            "languages": [asdict(report) for report in self.languages],
            "policies": [asdict(report) for report in self.policies],
            "left_out": dict(self.left_out),
        }


Suites = Mapping[str, Callable[[Path], list[Case]]]
"""Suite name to its loader, which takes the data folder."""


def evaluate_all(
    scorer: Scorer | ManyScorer,
    data: Path,
    operating_point: str = "balanced",
    *,
    suites: Suites | None = None,
    leaves_out: bool = True,
    with_goals: Collection[str] | None = None,
    against: Other | None = None,
    wish: Constraints | None = None,
    evaded: Collection[str] = (),
    graph: Path | None = None,
    stages: StageScorers | None = None,
    tell: Callable[[Answers], object] = lambda _: None,
) -> Evaluation:
    """Run the suites, and measure every goal that rests on nothing else.

    suites: None for those that the goals of the bundle rest on.
    leaves_out: whether a suite whose files are not in `data` is left out; else it is an error.
    with_goals: suites whose goals are measured; None measures all, those too that rest on no suite.
    against: what every suite is compared with. wish: what thresholds are looked for by.
    evaded: suites that are tried again under every evasion.
    graph: the model.onnx of the scorer, to time; None leaves the timing out.
    stages: the models of a cascade, by which every suite is scored alone, too.
    tell: is told of the answers of every suite.
    Raises SuiteMissing if the files of a suite are not there and must be, and EvaluationError if a
    file cannot be read.
    """
    answered: dict[str, Answers] = {}
    left_out: dict[str, str] = {}
    reports: list[SuiteReport] = []
    groups: list[FairnessReport] = []
    details: list[Detail] = []
    pairs: list[Pair] = []
    choices: list[Choices] = []
    evasions: list[Evasions] = []
    anchors: list[Anchor] = []
    staged: list[Stages] = []
    languages: list[LanguageReport] = []
    has_others = serves_others(scorer.manifest)
    if suites is None:
        suites = {**SUITES, **(IN_LANGUAGES if has_others else {})}
    for name, load in suites.items():
        try:
            cases = load(data)
        except SuiteMissing as error:
            if not leaves_out:
                raise
            left_out[name] = str(error)
            continue
        answers = collect(name, cases, scorer, operating_point)
        tell(answers)
        if answers.empty:
            left_out[f"{name}, empty texts"] = _empty(answers)
        try:
            reports.append(report_of(answers))
            details.append(detail_of(answers))
            groups += fairness(answers)
            anchors += anchors_of(answers)
            if name in IN_LANGUAGES:
                languages += by_language(answers)
            if stages:
                staged.append(stages_of(answers, stages))
        except MetricUnavailable as error:
            if name not in _OF_GOALS:  # else the goals say what is not in the bundle
                left_out[name] = f"{name}: {error}"
        if against is not None:
            try:
                pairs.append(pair(answers, against))
            except MetricUnavailable as error:
                left_out[f"{name}, against"] = f"{name}, against the other: {error}"
        if wish is not None:
            try:
                choices.append(choose(answers, wish))
            except (
                MetricUnavailable,
                EvaluationError,
            ) as error:  # what was measured is not lost by it
                left_out[f"{name}, thresholds"] = f"{name}, thresholds: {error}"
        if name in evaded:
            with suppress(MetricUnavailable):
                evasions.append(evade(answers, scorer))
        if name in _OF_GOALS:
            answered[name] = answers  # the others need not be held in memory
    goals = [
        _measure(wanted, answered)
        for wanted in (*WANTED, *(LANGUAGE_WANTED if has_others else ()))
        if with_goals is None or set(wanted.suites) <= set(with_goals)
    ]
    if with_goals is None:
        if not has_others:
            goals.append(Goal("other languages", None, note="the bundle serves English alone"))
        goals.append(_flipped(scorer.manifest))
        if graph is not None:
            goals += _times(graph, scorer.manifest)
            if has_others:
                goals.append(_time_over_english(graph))
    return Evaluation(
        tuple(reports),
        tuple(goals),
        tuple(groups),
        left_out,
        tuple(details),
        tuple(pairs),
        tuple(choices),
        tuple(evasions),
        tuple(anchors),
        tuple(staged),
        languages=tuple(languages),
    )


def write_evaluation(
    evaluation: Evaluation,
    manifest: Manifest,
    sha256: str,
    path: Path,
    made: Mapping[str, Any] | None = None,
) -> None:
    """The evaluation as JSON, with the bundle that it is of.

    made: what was run, on what, by what; nothing is said of it without.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    model = {"name": manifest.name, "version": manifest.version, "sha256": sha256}
    report = {"model": model, **({"made": dict(made)} if made else {}), **evaluation.to_json()}
    write_whole(path, (json.dumps(report, indent=2, allow_nan=False) + "\n").encode())


def _empty(answers: Answers) -> str:
    shown = ", ".join(answers.empty[:_SHOWN]) + (", ..." if len(answers.empty) > _SHOWN else "")
    return f"{answers.suite}: texts with nothing visible: {len(answers.empty):,} ({shown})"


def _measure(wanted: Wanted, answered: Mapping[str, Answers]) -> Goal:
    there = {name: answered[name] for name in wanted.suites if name in answered}
    missing = ", ".join(name for name in wanted.suites if name not in answered)
    measured, notes = None, [f"{missing} left out"] if missing else []
    if there:
        try:
            measured, note = wanted.measure(there)
            notes = [*notes, note] if note else notes
        except MetricUnavailable as error:
            notes = [str(error)]
    return Goal(
        wanted.name,
        measured,
        wanted.must,
        wanted.aim,
        wanted.lower_is_better,
        "; ".join(notes),
    )


def _flipped(manifest: Manifest) -> Goal:
    compared = [parity for parity in manifest.parity if "int8" in parity.compared]
    worst = max(compared, key=lambda parity: parity.flipped, default=None)
    return Goal(
        "decisions flipped by int8",
        share(round(worst.flipped * worst.rows), worst.rows) if worst else None,
        lower_is_better=True,
        note=f"of {worst.worst}, on validation rows; what rounding may cost is judged by quality"
        if worst
        else NOT_IN_BUNDLE,
    )


def _time_over_english(graph: Path) -> Goal:
    return Goal(
        f"time of a run over that of the English bundle, {TOKENS} tokens",
        run_against_graph(graph, DEFAULT_BUNDLE / "model.onnx"),
        2.2,
        1.8,
        lower_is_better=True,
        note="rows are pairs of runs",
    )


def _times(graph: Path, manifest: Manifest) -> list[Goal]:
    latency, throughput = score_against_run(graph, manifest)
    return [
        Goal(
            f"time of a run over the bare encoder's, {TOKENS} tokens",
            run_against_encoder(graph),
            *_MUST_TIME,
            lower_is_better=True,
            note="rows are pairs of runs",
        ),
        Goal(
            "time of a score over that of its bare session.run",
            latency,
            lower_is_better=True,
            note="one thread; rows are posts",
        ),
        Goal(
            "posts a second over those of bare session.run",
            throughput,
            note="a thread a core; rows are turns of 300 posts",
        ),
    ]
