"""Natural posts, read twice against this project's own definition (`dehum_natural`, test rows).

A large language model labelled them with a codebook, post by post, in two independent passes. The
rows were chosen by cue words: good for ranking and recall, and no sample of any platform.
"""

from pathlib import Path
from typing import Any, Final

from upstander.evaluation.errors import EvaluationError
from upstander.evaluation.suites.case import Case, read_jsonl
from upstander.models.labels import TARGETS

NAME: Final = "natural"
_TEST: Final = "dehum_natural/test.jsonl.gz"
_COLUMNS: Final = (
    "id",
    "text",
    "source",
    "dehumanization",
    "hate",
    "targets",
    "mechanisms",
    "spans",
    "reason",
)
_YES: Final = 0.75
_NO: Final = 0.25


def load(folder: Path) -> list[Case]:
    """The test rows. A label on which the passes are in doubt is None.

    The functionality of a row is the reason why it is not dehumanizing, or "dehumanizing".
    """
    cases = []
    for line, row in read_jsonl(folder / _TEST, *_COLUMNS):
        try:
            cases.append(_case(row))
        except (TypeError, ValueError) as error:
            raise EvaluationError(
                f"{folder / _TEST}, line {line}: {type(error).__name__} in a value"
            ) from error
    return cases


def _case(row: dict[str, Any]) -> Case:
    dehumanizes = _answer(row["dehumanization"])
    hateful = _answer(row["hate"])
    categories = frozenset(row["targets"]) & TARGETS.keys()
    kind = "borderline" if dehumanizes is None else row["reason"] or "unclear"
    return Case(
        id=row["id"],
        text=row["text"],
        label="dehumanization",
        expected=dehumanizes,
        functionality="dehumanizing" if dehumanizes else kind,
        target=", ".join(sorted(categories)),
        categories=categories,
        also={} if hateful is None else {"hate": hateful},
        rationale=_merged(row["spans"]) if dehumanizes else (),
        source=row["source"],
        mechanisms=frozenset(row["mechanisms"]) if dehumanizes else frozenset(),
    )


def _answer(value: float) -> bool | None:
    """The mean of the passes as a word; None where they are in doubt or differ."""
    if value >= _YES:
        return True
    return False if value <= _NO else None


def _merged(spans: list[list[int]]) -> tuple[tuple[int, int], ...]:
    """The stretches in order; those that touch or overlap become one."""
    found: list[tuple[int, int]] = []
    for begin, end in sorted((int(begin), int(end)) for begin, end in spans):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return tuple(found)
