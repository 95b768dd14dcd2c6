"""Loading report.json, to render its page again."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from upstander.evaluation.detail import Detail, Wrong
from upstander.evaluation.errors import EvaluationError, SuiteMissing
from upstander.evaluation.evasion import EVASIONS, Evasions
from upstander.evaluation.page.provenance import Provenance
from upstander.evaluation.runner import Evaluation, Suites
from upstander.evaluation.suites.case import Case

_MEASURED: Final = ("value", "low", "high", "rows")
_ASKED: Final = ("name", "must", "aim", "lower_is_better", "note")
_UNKNOWN: Final = "not recorded"
_OLD: Final = "by the default policy"
"""What goals of the policy `dehumanization` said until `hate` became the default."""
_READ_APART: Final = frozenset({"model", "made", "goals", "details", "evasions"})
_EVALUATION: Final = TypeAdapter(Evaluation)
_PROVENANCE: Final = TypeAdapter(Provenance)


def read_evaluation(path: Path) -> tuple[Evaluation, Provenance]:
    """What `upstander evaluate` or a training run wrote, without the texts, which are in no file.

    Raises EvaluationError if the file cannot be read, or is no such file.
    """
    try:
        raw = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise EvaluationError(
            f"{path}: cannot be read as JSON ({type(error).__name__}): give the report.json that "
            "`upstander evaluate` wrote"
        ) from error
    try:
        evaluation = _EVALUATION.validate_python(
            {
                **{name: raw[name] for name in raw.keys() - _READ_APART},
                "goals": [_goal(goal) for goal in raw["goals"]],
                "details": [_detail(detail) for detail in raw["details"]],
                "evasions": [_evasions(one) for one in raw.get("evasions", [])],
            }
        )
        return evaluation, _made(raw, evaluation)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise EvaluationError(f"{path}: {where}: {first['msg']}: {_NOT_A_REPORT}") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise EvaluationError(f"{path}: {_NOT_A_REPORT}") from error


_NOT_A_REPORT: Final = "not a report.json that `upstander evaluate` of this version writes"


def with_texts(evaluation: Evaluation, suites: Suites, data: Path | None) -> Evaluation:
    """The same with the texts of its errors, of those suites whose files are there.

    data: the data folder, or None: then only a suite that needs none is read.
    """
    wanted = [one.suite for one in evaluation.details if one.worst or one.examples]
    found = {
        name: _cases(suites[name], data)
        for name in dict.fromkeys([*wanted, *(one.suite for one in evaluation.evasions)])
        if name in suites
    }
    return replace(
        evaluation,
        details=tuple(_with_cases(one, found.get(one.suite, {})) for one in evaluation.details),
        evasions=tuple(_changed(one, found.get(one.suite, {})) for one in evaluation.evasions),
    )


def _cases(load: Callable[[Path], list[Case]], data: Path | None) -> Mapping[str, Case]:
    try:
        return {case.id: case for case in load(data or Path())}
    except SuiteMissing:
        return {}


def _with_cases(detail: Detail, cases: Mapping[str, Case]) -> Detail:
    return replace(
        detail,
        worst=[_with_text(wrong, cases, detail.label) for wrong in detail.worst],
        examples=[_with_text(wrong, cases, detail.label) for wrong in detail.examples],
    )


def _changed(evasions: Evasions, cases: Mapping[str, Case]) -> Evasions:
    """Its examples, changed once more as they were when they were tried."""

    def again(one: Wrong | None, name: str) -> Wrong | None:
        change = EVASIONS.get(name)
        if one is None or one.id not in cases or change is None:
            return one
        return replace(one, text=change(cases[one.id].text))

    return replace(
        evasions,
        evaded=tuple(
            replace(one, lost=again(one.lost, one.evasion), alarmed=again(one.alarmed, one.evasion))
            for one in evasions.evaded
        ),
    )


def _with_text(wrong: Wrong, cases: Mapping[str, Case], label: str) -> Wrong:
    case = cases.get(wrong.id)
    if case is None:
        return wrong
    return replace(
        wrong,
        text=case.text,
        expected=bool(case.has(label)),
        functionality=case.functionality,
        target=case.target,
    )


def _goal(raw: Mapping[str, Any]) -> dict[str, Any]:
    measured = {name: raw[name] for name in _MEASURED}
    asked = {name: raw[name] for name in _ASKED}
    if not asked["name"].endswith("hate"):
        asked["name"] = asked["name"].replace(_OLD, "by the policy dehumanization")
    return {**asked, "measured": None if raw["value"] is None else measured}


def _detail(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Its errors as they were; an older file has the ids of the worst alone."""
    kept = {name: value for name, value in raw.items() if name not in ("errors", "examples")}
    errors = raw.get("errors", [{"id": own, **_UNTOLD} for own in raw["worst"]])
    examples = raw.get("examples", [])
    return {
        **kept,
        "worst": [{**_NO_TEXT, **error} for error in errors],
        "examples": [{**_NO_TEXT, **error} for error in examples],
    }


def _evasions(raw: Mapping[str, Any]) -> dict[str, Any]:
    evaded = [
        {
            **one,
            **{name: {**_NO_TEXT, **one[name]} for name in ("lost", "alarmed") if one.get(name)},
        }
        for one in raw["evaded"]
    ]
    return {**raw, "evaded": evaded}


_NO_TEXT: Final[Mapping[str, Any]] = {"text": "", "spans": []}

_UNTOLD: Final[Mapping[str, Any]] = {
    "expected": None,
    "score": None,
    "functionality": "",
    "target": "",
}


def _made(raw: Mapping[str, Any], evaluation: Evaluation) -> Provenance:
    if "made" in raw:
        return _PROVENANCE.validate_python(raw["made"])
    points = {report.operating_point for report in evaluation.suites}
    return Provenance(
        command="",
        made="",
        model=raw["model"],
        operating_point=points.pop() if len(points) == 1 else _UNKNOWN,
        versions={},
        machine="",
    )
