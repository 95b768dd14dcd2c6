"""Labelled files of one's own as a suite."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from evaluation import taxonomy
from evaluation.batch.rows import Columns, Row
from evaluation.batch.sources import Source
from evaluation.errors import EvaluationError
from evaluation.suites.case import Case
from models.labels import LABELS

NAME: Final = "own"

_YES: Final = frozenset({"1", "1.0", "true", "yes", "y"})
_NO: Final = frozenset({"0", "0.0", "false", "no", "n"})


@dataclass(frozen=True, slots=True)
class Mapped:
    """What the columns of a file mean.

    labels: column to the product's label that it answers. positive: values that say yes; where
        there are any, every other value says no. Else 1, true and yes, and 0, false and no.
    target, functionality, source: columns, or "".
    """

    labels: Mapping[str, str]
    positive: frozenset[str] = frozenset()
    target: str = ""
    functionality: str = ""
    source: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is read besides text and id."""
        named = (*self.labels, self.target, self.functionality, self.source)
        return tuple(dict.fromkeys(name for name in named if name))


def mapped_labels(given: Sequence[str]) -> dict[str, str]:
    """`COLUMN=LABEL`, or the name of a label that is that of its column too.

    Raises EvaluationError if there is no such label.
    """
    found = {}
    for one in given:
        column, _, label = one.rpartition("=")
        if label not in LABELS:
            raise EvaluationError(
                f"--label {one}: there is no label {label!r}; give COLUMN=LABEL with one of "
                f"{', '.join(LABELS)}"
            )
        found[column or label] = label
    return found


def own_cases(
    sources: Sequence[Source], columns: Columns, mapped: Mapped
) -> tuple[list[Case], list[tuple[Row, str]]]:
    """The rows as cases, and those that cannot be judged, with why.

    Raises EvaluationError if a source cannot be read, or no row can be judged.
    """
    cases: list[Case] = []
    bad: list[tuple[Row, str]] = []
    for source in sources:
        for row in source.rows(columns):
            try:
                cases.append(_case(row, source.name, mapped))
            except _BadRow as problem:
                bad.append((row, str(problem)))
    if not cases:
        first = f": row {bad[0][0].row}: {bad[0][1]}" if bad else ""
        names = ", ".join(source.name for source in sources)
        raise EvaluationError(f"{names}: no row that can be judged{first}")
    return cases, bad


class _BadRow(Exception):
    """A row that cannot be judged."""


def _case(row: Row, file: str, mapped: Mapped) -> Case:
    if row.problem:
        raise _BadRow(row.problem)
    answers = {
        label: _answer(column, row.fields.get(column), mapped.positive)
        for column, label in mapped.labels.items()
    }
    first, *_ = mapped.labels.values()
    target = _word(row, mapped.target)
    return Case(
        id=row.id or f"{file}:{row.row}",
        text=row.text,
        label=first,
        expected=answers.pop(first),
        functionality=_word(row, mapped.functionality),
        target=target,
        categories=frozenset(name for name, has in taxonomy.from_phrase(target).items() if has)
        if target
        else frozenset(),
        also=answers,
        source=_word(row, mapped.source),
    )


def _answer(column: str, value: object, positive: frozenset[str]) -> bool:
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        raise _BadRow(f"column {column!r} is empty")
    told = str(value).strip()
    if positive:
        return told in positive
    if told.lower() in _YES:
        return True
    if told.lower() in _NO:
        return False
    raise _BadRow(
        f"column {column!r} has {told[:40]!r}, which is neither yes nor no: say with --positive "
        "which values are"
    )


def _word(row: Row, column: str) -> str:
    value = row.fields.get(column) if column else None
    return "" if value is None else str(value)
