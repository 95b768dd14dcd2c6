"""The fine-tuned bundle beside the one that it began with: on rows that nothing was fitted to, on
suites, and on the cases that must not be decided wrongly again."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from sklearn.metrics import f1_score

from upstander.evaluation.comparison import OtherBundle, Pair, pair
from upstander.evaluation.errors import EvaluationError, SuiteMissing
from upstander.evaluation.predictions import MetricUnavailable, collect
from upstander.evaluation.scoring import Once, scored
from upstander.evaluation.suites import SUITES
from upstander.evaluation.suites.case import Case
from upstander.models.files import write_whole
from upstander.models.labels import LABELS
from upstander.models.manifest import Metric
from upstander.models.scorer import Scorer
from upstander.training.errors import DataError
from upstander.training.finetune import rehearsal
from upstander.training.finetune.labelled import Labelled

OWN: Final = "own"
NO_SUITE: Final = "none"
DEFAULT_SUITES: Final = (rehearsal.NAME, "dehumcheck", "hatecheck", "natural", "ordinary")
"""What a bundle is judged by unless others are named; those whose files are not there are left out.
The first two come with this package."""

_OF_ALL_POSITIVE: Final = "accuracy"


@dataclass(frozen=True, slots=True)
class Suites:
    """Cases by the name of their suite and label, and the suites that are not there."""

    cases: Mapping[str, Sequence[Case]]
    left_out: Sequence[str]


def load_suites(names: Iterable[str], folder: Path | None) -> Suites:
    """The suites of some names. folder: of the data sets, or None.

    Raises DataError for a name that is none.
    """
    found: dict[str, Sequence[Case]] = {}
    left_out = []
    for name in names:
        if name == NO_SUITE:
            continue
        if name == rehearsal.NAME:
            made = rehearsal.cases()
            found[name] = made
            found[f"{name}_hate"] = [_by_hate(case) for case in made]
        elif name not in SUITES:
            raise DataError(
                f"--suite {name}: there is no such suite; there are {rehearsal.NAME}, "
                f"{', '.join(SUITES)}"
            )
        else:
            try:
                found[name] = SUITES[name](folder or Path("there is no folder of data sets"))
            except (SuiteMissing, EvaluationError):
                left_out.append(name)
    return Suites(found, left_out)


def _by_hate(case: Case) -> Case:
    return Case(
        id=case.id,
        text=case.text,
        label="hate",
        expected=case.also["hate"],
        functionality=case.functionality,
        target="",
        template=case.template,
    )


def own_cases(rows: Sequence[Labelled]) -> dict[str, list[Case]]:
    """The rows as a suite for each label that they answer."""
    return {
        f"{OWN}_{label}": cases
        for label in LABELS
        if (
            cases := [
                Case(
                    id=row.id,
                    text=row.text,
                    label=label,
                    expected=row.labels[label],
                    functionality="",
                    target="",
                    cluster=row.group,
                )
                for row in rows
                if label in row.labels
            ]
        )
    }


def compare(
    new: Scorer,
    start: Scorer,
    rows: Sequence[Labelled],
    suites: Suites,
    moved: Mapping[str, float],
) -> dict[str, Any]:
    """Both bundles on the test rows and on the suites, as plain lists and objects.

    moved: label to the threshold that fits the tuning rows best, on the scale of the bundle before.
    """
    ours, theirs = Once(new), OtherBundle(Once(start))
    own: list[dict[str, Any]] = []
    others: list[dict[str, Any]] = []
    metrics: list[dict[str, Any]] = []
    for name, cases in (own_cases(rows) | dict(suites.cases)).items():
        try:
            answers = collect(name, cases, ours)
            found = pair(answers, theirs)
        except MetricUnavailable:
            continue
        is_own = name.startswith(f"{OWN}_")
        plain = _plain(found)
        if is_own and found.label in moved:
            scores, _ = theirs.scores_of(answers, found.label)
            plain["by_threshold_alone"] = _macro_f1(scores, answers.cases, moved[found.label])
        (own if is_own else others).append(plain)
        metrics += _metrics(found)
    return {
        "own": own,
        "suites": others,
        "left_out": list(suites.left_out),
        "metrics": metrics,
    }


def _plain(found: Pair) -> dict[str, Any]:
    return {
        "suite": found.suite,
        "label": found.label,
        "rows": found.rows,
        "ours": dict(found.ours),
        "theirs": dict(found.theirs),
        "differences": {name: asdict(one) for name, one in found.differences.items()},
        "gained": found.gained,
        "lost": found.lost,
    }


def headline(found: Mapping[str, Any]) -> str:
    """The number that a suite is compared by: macro-F1, where both answers are there."""
    return "macro_f1" if "macro_f1" in found["ours"] else _OF_ALL_POSITIVE


def summary_of(found: Mapping[str, Any]) -> str:
    """A suite by both bundles, in a line."""
    names = [headline(found), *(["auc"] if "auc" in found["ours"] else [])]
    numbers = "; ".join(_number(found, name) for name in names)
    return f"{found['suite']}, {found['label']}, {found['rows']:,} rows: {numbers}"


def _number(found: Mapping[str, Any], name: str) -> str:
    change = found["differences"][name]
    word = {"macro_f1": "macro-F1", "auc": "area under the curve"}.get(name, name)
    return (
        f"{word} {found['theirs'][name]:.3f} before, {found['ours'][name]:.3f} now, "
        f"{change['value']:+.3f} ({change['low']:+.3f} to {change['high']:+.3f})"
    )


def has_fallen(found: Mapping[str, Any], limit: float) -> bool:
    """Whether a suite is decided worse by more than a limit, and by more than chance."""
    change = found["differences"][headline(found)]
    return bool(change["value"] < -limit and change["high"] < 0)


def _metrics(found: Pair) -> list[dict[str, Any]]:
    """What the new bundle reached; the interval is that of the difference, put round it."""
    made = []
    for name, value in found.ours.items():
        change = found.differences[name]
        metric = Metric(
            suite=found.suite,
            label=found.label,
            name=name,
            value=value,
            low=max(0.0, value + change.low - change.value),
            high=min(1.0, value + change.high - change.value),
            rows=found.rows,
        )
        made.append(metric.model_dump())
    return made


def _macro_f1(scores: Sequence[float | None], cases: Sequence[Case], threshold: float) -> float:
    known = [(s, c.expected) for s, c in zip(scores, cases, strict=True) if s is not None]
    decided = np.array([score >= threshold for score, _ in known])
    truth = np.array([bool(expected) for _, expected in known])
    return float(f1_score(truth, decided, average="macro", zero_division=0.0))


def broken_cases(new: Scorer, start: Scorer, cases: Sequence[Labelled]) -> list[dict[str, Any]]:
    """Every answer that the bundle does not give; without the texts."""
    texts = [case.text for case in cases]
    found = []
    for case, score, before in zip(cases, scored(new, texts), scored(start, texts), strict=True):
        for label, holds in case.labels.items():
            if score is None or before is None:
                continue
            threshold = new.manifest.threshold(label)
            if (score.scores[label] >= threshold) != holds:
                was = before.scores[label] >= start.manifest.threshold(label)
                found.append(
                    {
                        "id": case.id,
                        "label": label,
                        "expected": holds,
                        "score": score.scores[label],
                        "threshold": threshold,
                        "was_right": was == holds,
                    }
                )
    return found


def write_cases(cases: Sequence[Labelled], broken: Sequence[Mapping[str, Any]], path: Path) -> int:
    """The cases that are decided as people did, for `--regressions` of the next bundle; how many.

    They hold texts: the file is for its owner to read.
    """
    wrong = {(one["id"], one["label"]) for one in broken}
    lines = []
    for case in cases:
        labels = {n: float(holds) for n, holds in case.labels.items() if (case.id, n) not in wrong}
        if labels:
            row = {"id": case.id, "text": case.text, "labels": labels}
            lines.append(json.dumps(row, ensure_ascii=False) + "\n")
    write_whole(path, "".join(lines).encode(), private=True)
    return len(lines)
