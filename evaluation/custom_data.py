"""Labelled files of the user as a suite."""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

from upstander.evaluation import taxonomy
from upstander.evaluation.batch.lines import error_line
from upstander.evaluation.batch.row import Columns, Row
from upstander.evaluation.batch.run import rows_of
from upstander.evaluation.batch.sources import Source
from upstander.evaluation.errors import EvaluationError
from upstander.evaluation.suites.case import Case
from upstander.models.files import write_whole
from upstander.models.labels import LABELS
from upstander.models.normaliser import normalise

NAME: Final = "own"
LEFT_OUT: Final = "left_out.jsonl"
"""Beside a report: the rows that could not be judged."""

_YES: Final = frozenset({"1", "1.0", "true", "yes", "y"})
_NO: Final = frozenset({"0", "0.0", "false", "no", "n"})
_SHOWN: Final = 10
_WIDTH: Final = 40
"""Of a value in an error: a column that was named by mistake may be of texts."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """What the columns of a file mean.

    labels: column to the product's label that it answers. positive: values that say yes, without
        regard to case; where there are any, every other value says no. Else 1, true and yes, and 0,
        false and no.
    target, functionality, source, cluster: columns, or "".
    """

    labels: Mapping[str, str]
    positive: frozenset[str] = frozenset()
    target: str = ""
    functionality: str = ""
    source: str = ""
    cluster: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is read besides text and id."""
        named = (*self.labels, self.target, self.functionality, self.source, self.cluster)
        return tuple(dict.fromkeys(name for name in named if name))


def mapped_labels(given: Sequence[str]) -> dict[str, str]:
    """`COLUMN=LABEL`, or the name of a label that is that of its column too.

    Raises EvaluationError if there is no such label, or two say different things of one column or
    one label.
    """
    found: dict[str, str] = {}
    for one in given:
        column, _, label = one.rpartition("=")
        column = column or label
        if label not in LABELS:
            raise EvaluationError(
                f"--label {one}: there is no label {label!r}; give COLUMN=LABEL with one of "
                f"{', '.join(LABELS)}"
            )
        if column in found or label in found.values():
            raise EvaluationError(
                f"--label {one}: give each column, and each label, once: evaluate twice to compare"
            )
        found[column] = label
    return found


def own_cases(
    sources: Sequence[Source], columns: Columns, mapped: Mapped
) -> tuple[list[Case], list[tuple[Row, str]]]:
    """The rows as cases, and those that cannot be judged, with why.

    Raises EvaluationError if a source cannot be read, a column is in no row, no row has a value
    that was said to be positive, or no row can be judged.
    """
    if not mapped.labels:
        raise EvaluationError(
            "say which column has the answer, and to which label: --label COLUMN=LABEL, for "
            "example --label is_hate=hate"
        )
    cases: list[Case] = []
    bad: list[tuple[Row, str]] = []
    answers = _Answers(mapped.positive)
    missing = set(mapped.columns)
    for source in sources:
        for row in rows_of(source, columns):
            missing.difference_update(row.fields)
            try:
                cases.append(_case(row, mapped, answers))
            except _BadRow as problem:
                bad.append((row, str(problem)))
    names = ", ".join(source.name for source in sources)
    if missing and (cases or any(not row.problem for row, _ in bad)):
        raise EvaluationError(
            f"{names}: no row has a field {min(missing)!r}: look at how it is spelt"
        )
    answers.check(names)
    if not cases:
        first = f": row {bad[0][0].row}: {bad[0][1]}" if bad else ""
        raise EvaluationError(f"{names}: no row that can be judged{first}")
    return cases, bad


def own_suites(
    sources: Sequence[Source], columns: Columns, mapped: Mapped
) -> tuple[Mapping[str, Callable[[Path], list[Case]]], list[tuple[Row, str]]]:
    """The rows as a suite for each label, `own`, `own_LABEL` and so on; and as `own_cases`."""
    cases, bad = own_cases(sources, columns, mapped)
    _, *others = mapped.labels.values()
    suites = {NAME: cases} | {
        f"{NAME}_{label}": [_answering(label, case) for case in cases] for label in others
    }
    return {name: partial(_known, known) for name, known in suites.items()}, bad


def _answering(label: str, case: Case) -> Case:
    """A case by another of its labels."""
    also = {**case.also, case.label: bool(case.expected)}
    return replace(case, label=label, expected=also.pop(label), also=also)


def _known(cases: list[Case], _: Path) -> list[Case]:
    return cases


def write_left_out(bad: Sequence[tuple[Row, str]], path: Path) -> None:
    """The rows that cannot be judged, and why, as JSON lines without texts; no file if none."""
    if bad:
        write_whole(path, b"".join(error_line(row, problem) for row, problem in bad))
    else:
        path.unlink(missing_ok=True)  # of a report before


class _BadRow(Exception):
    """A row that cannot be judged."""


class _Answers:
    """What the values of the label columns say, and what was found of those that say yes.

    positive: without regard to case; where there are any, every other value says no.
    """

    def __init__(self, positive: Collection[str]) -> None:
        self._positive = {value.strip().casefold(): value for value in positive}
        self._unseen = dict(self._positive)
        self._others: dict[str, None] = {}

    def of(self, column: str, value: object) -> bool:
        """Whether a value says yes. Raises _BadRow if it says neither yes nor no."""
        if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
            raise _BadRow(f"column {column!r} is empty")
        text = str(value).strip()
        folded = text.casefold()
        if self._positive:
            self._unseen.pop(folded, None)
            if folded not in self._positive and len(self._others) < _SHOWN:
                self._others[text[:_WIDTH]] = None
            return folded in self._positive
        if folded in _YES:
            return True
        if folded in _NO:
            return False
        raise _BadRow(
            f"column {column!r} has {text[:_WIDTH]!r}, which is neither yes nor no: say with "
            "--positive which values are"
        )

    def check(self, names: str) -> None:
        """Raise EvaluationError if a value that says yes is in no row."""
        for value in self._unseen.values():
            raise EvaluationError(
                f"--positive {value}: {names} has no such value; there are "
                f"{', '.join(map(repr, self._others)) or 'no others'}"
            )


def _case(row: Row, mapped: Mapped, read: _Answers) -> Case:
    if row.problem:
        raise _BadRow(row.problem)
    answers = {
        label: read.of(column, row.fields.get(column)) for column, label in mapped.labels.items()
    }
    if not normalise(row.text).text:
        raise _BadRow("the text is empty, or nothing in it is visible")
    first, *_ = mapped.labels.values()
    target = _word(row, mapped.target)
    return Case(
        id=row.id or f"{row.file}:{row.row}",
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
        cluster=_word(row, mapped.cluster),
    )


def _word(row: Row, column: str) -> str:
    value = row.fields.get(column) if column else None
    return "" if value is None else str(value)
