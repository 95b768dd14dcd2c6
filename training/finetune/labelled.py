"""Rows with answers: files of one's own, suggestions, and reviewed decisions."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from upstander.evaluation.batch.row import Columns, Row
from upstander.evaluation.batch.run import rows_of
from upstander.evaluation.batch.sources import FileSource, Source, find_sources
from upstander.evaluation.suites.case import folded, letters
from upstander.models.labels import LABELS
from upstander.training.errors import DataError
from upstander.training.finetune.exports import FIELDS, Form, form_of

_YES: Final = frozenset({"1", "1.0", "true", "yes", "y"})
_NO: Final = frozenset({"0", "0.0", "false", "no", "n"})
_WIDTH: Final = 40
"""Of a value in an error: a column that was named by mistake may be of texts."""

REPEATS: Final = "repeat another row"
CONTRADICTS: Final = "one text with two answers"


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text and what was said of it.

    labels: label of the product to whether it holds. key: what two spellings of a text share.
    group: value of the column that is not to be divided. time: by which rows are ordered, or "".
    reviewed: whether people looked at a decision of the service on it.
    """

    id: str
    text: str
    labels: Mapping[str, bool]
    key: str
    folded: str
    group: str = ""
    time: str = ""
    reviewed: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """How files are read.

    labels: label to its column. positive: values that say yes, without regard to case; where there
    are any, every other value says no. group, time: columns, or "".
    """

    labels: Mapping[str, str]
    positive: frozenset[str] = frozenset()
    text: str = "text"
    id: str = "id"
    group: str = ""
    time: str = ""
    encoding: str = "utf-8"
    delimiter: str | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """The rows of some files, each text once, and why others were left out."""

    rows: Sequence[Labelled]
    left_out: Mapping[str, int]

    def counts(self) -> dict[str, tuple[int, int]]:
        """Label to the rows that say yes and those that say no."""
        found = {name: (0, 0) for name in LABELS if any(name in row.labels for row in self.rows)}
        for row in self.rows:
            for name, holds in row.labels.items():
                yes, no = found[name]
                found[name] = yes + holds, no + (not holds)
        return found


def columns_of_labels(given: Sequence[str]) -> dict[str, str]:
    """Label to column, from `LABEL=COLUMN`, `COLUMN=LABEL`, or a label that is a column's name too.

    Raises DataError if there is no such label, or one is given twice.
    """
    found: dict[str, str] = {}
    for one in given:
        label, _, column = one.partition("=")
        column = column or label
        if label not in LABELS and column in LABELS:
            label, column = column, label
        if label not in LABELS:
            raise DataError(
                f"--label {one}: there is no label {label!r}; give LABEL=COLUMN with one of "
                f"{', '.join(LABELS)}"
            )
        if label in found or column in found.values():
            raise DataError(f"--label {one}: give each label, and each column, once")
        found[label] = column
    return found


def read_labelled(inputs: Sequence[str], asked: Asked) -> Read:
    """Every row that says something of a label, each text once; the last word of reviews counts.

    Raises DataError that says what to do: for a file that has no labels and no --label names one, a
    value that is neither yes nor no, or no row.
    """
    found = read_every(inputs, asked)
    left_out = Counter(found.left_out)
    return Read(_each_once(found.rows, left_out), dict(left_out))


def read_every(inputs: Sequence[str], asked: Asked) -> Read:
    """As `read_labelled`, but every row that has an answer, repeats and contradictions too."""
    found: list[Labelled] = []
    left_out: Counter[str] = Counter()
    for source in _files(inputs):
        found += _rows(source, asked, left_out)
    if not found:
        why = "; ".join(f"{reason}: {count:,}" for reason, count in left_out.items())
        raise DataError(f"{', '.join(inputs)}: no row with an answer{f' ({why})' if why else ''}")
    return Read(found, dict(left_out))


def _files(inputs: Sequence[str]) -> Iterator[FileSource]:
    for source in find_sources(list(inputs), Columns()):
        if not isinstance(source, FileSource):
            raise DataError(f"{source.name}: rows are read more than once: give files")
        yield source


def files_of(inputs: Sequence[str]) -> list[Path]:
    """The files that some names mean. Raises EvaluationError if a name means none."""
    return [source.path for source in _files(inputs)]


def _rows(source: Source, asked: Asked, left_out: Counter[str]) -> Iterator[Labelled]:
    if source.kind(Columns()) == "jsonl":
        columns = Columns(others=FIELDS)
        whole = next((row for row in rows_of(source, columns) if not row.problem), None)
        form = form_of(whole)
        if form is not None:
            yield from _exported(source, columns, form, left_out)
            return
        if whole is None and not asked.labels:
            raise DataError(
                f"{source.name}: no row has a text: a service records texts with --record texts, "
                "and reviews may bring them"
            )
    if not asked.labels:
        raise DataError(
            f"{source.name}: say which column has the answer, and to which label: --label "
            "LABEL=COLUMN, for example --label hate=is_hate"
        )
    yield from _own(source, asked, left_out)


def _exported(
    source: Source,
    columns: Columns,
    form: Form,
    left_out: Counter[str],
) -> Iterator[Labelled]:
    for row in rows_of(source, columns):
        said = row.problem or form(row)
        if isinstance(said, str):
            left_out[said] += 1
        else:
            own_id = row.id or str(row.fields.get("decision_id") or f"{row.file}:{row.row}")
            yield from _labelled(own_id, row.text, said, left_out, reviewed=True)


def _own(source: Source, asked: Asked, left_out: Counter[str]) -> Iterator[Labelled]:
    others = tuple(filter(None, (*asked.labels.values(), asked.group, asked.time)))
    columns = Columns(
        asked.text,
        asked.id,
        encoding=asked.encoding,
        delimiter=asked.delimiter,
        others=others,
    )
    answers = _Answers(asked.positive)
    missing = set(others)
    for row in rows_of(source, columns):
        if row.problem:
            left_out[row.problem] += 1
            continue
        missing.difference_update(row.fields)
        said = {
            label: holds
            for label, column in asked.labels.items()
            if (holds := answers.of(row, column)) is not None
        }
        if not said:
            left_out["no answer"] += 1
            continue
        yield from _labelled(
            row.id or f"{row.file}:{row.row}",
            row.text,
            said,
            left_out,
            group=_word(row, asked.group),
            time=_word(row, asked.time),
        )
    if missing:
        raise DataError(f"{source.name}: no row has a field {min(missing)!r}: look at its spelling")
    answers.check(source.name)


def _word(row: Row, column: str) -> str:
    value = row.fields.get(column) if column else None
    if column and value in (None, ""):
        raise DataError(f"{row.file}: row {row.row}: column {column!r} is empty: fill it in")
    return "" if value is None else str(value)


def _labelled(
    own_id: str, text: str, said: Mapping[str, bool], left_out: Counter[str], **more: Any
) -> Iterator[Labelled]:
    known = folded(text)
    if known.strip():
        yield Labelled(own_id, text, said, letters(known) or known, known, **more)
    else:
        left_out["nothing in the text is visible"] += 1


class _Answers:
    """What the values of the label columns say."""

    def __init__(self, positive: frozenset[str]) -> None:
        self._positive = {value.strip().casefold() for value in positive}
        self._unseen = set(self._positive)
        self._wrong: list[str] = []

    def of(self, row: Row, column: str) -> bool | None:
        """Whether a value says yes; None if it says nothing."""
        value = row.fields.get(column)
        text = "" if value is None or value != value else str(value).strip()  # NaN is no answer
        word = text.casefold()
        if not word:
            return None
        if self._positive:
            self._unseen.discard(word)
            return word in self._positive
        if word in _YES or word in _NO:
            return word in _YES
        self._wrong.append(f"row {row.row}: column {column!r} has {text[:_WIDTH]!r}")
        return None

    def check(self, name: str) -> None:
        """Raise DataError for values that say neither yes nor no, or that nobody gave."""
        if self._wrong:
            more = f", and {len(self._wrong) - 1:,} more" if len(self._wrong) > 1 else ""
            raise DataError(
                f"{name}: {self._wrong[0]}, which is neither yes nor no{more}: say with --positive "
                "which values mean yes, or mend them"
            )
        if self._unseen:
            raise DataError(f"--positive {min(self._unseen)}: {name} has no such value")


def _each_once(rows: Sequence[Labelled], left_out: Counter[str]) -> list[Labelled]:
    """Each text once. What reviews say counts before what files say; later before earlier there.

    A label on which other rows of one text disagree is taken from it.
    """
    found: dict[str, Labelled] = {}
    disputed: dict[str, set[str]] = {}
    for row in rows:
        first = found.get(row.key)
        if first is None:
            found[row.key] = row
            continue
        left_out[REPEATS] += 1
        differ = {n for n, holds in row.labels.items() if first.labels.get(n, holds) != holds}
        if first.reviewed or row.reviewed:
            newer, older = (row, first) if row.reviewed else (first, row)
            found[row.key] = replace(first, labels={**older.labels, **newer.labels}, reviewed=True)
        else:
            found[row.key] = replace(first, labels={**row.labels, **first.labels})
            disputed.setdefault(row.key, set()).update(differ)
    kept = []
    for own, row in found.items():
        labels = {n: holds for n, holds in row.labels.items() if n not in disputed.get(own, ())}
        if labels:
            kept.append(replace(row, labels=labels))
        if len(labels) < len(row.labels):
            left_out[CONTRADICTS] += 1
    return kept
