"""Comparing stored scores of the Perspective API with those of a bundle."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import pearsonr, spearmanr

from upstander.evaluation.batch.opening import opened_text
from upstander.evaluation.batch.row import Columns, is_whole
from upstander.evaluation.batch.rows import FORMATS, ending_of, read_rows
from upstander.evaluation.errors import EvaluationError
from upstander.evaluation.scoring import in_order
from upstander.models.bundle import Bundle
from upstander.models.errors import TextError
from upstander.models.labels import LABELS
from upstander.models.names import PERSPECTIVE_ONLY, label_of

THRESHOLDS: Final = (0.5, 0.7, 0.8, 0.9)
"""At which platforms used to act on Perspective's scores; Coral's own is 0.8."""

MIN_TEXTS: Final = 100
"""Texts that a threshold must flag, and leave, for another one to be found by them."""

AS_THEY_ARE: Final = Columns()

_OF_ATTRIBUTES: Final = ("scores", "attributeScores")
_OF_COLUMNS: Final = tuple(f"{name}." for name in _OF_ATTRIBUTES)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Stored:
    """A text with the scores that were kept of it.

    scores: attribute to probability. line: of the file, from 1 on.
    """

    text: str
    scores: Mapping[str, float]
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Bad:
    """A line that cannot be compared, and why. line: counts from 1."""

    line: int
    problem: str


@dataclass(frozen=True, slots=True)
class AtThreshold:
    """What a threshold on the old scores means for the new ones.

    old: the threshold. rate: share of texts at or over it. same: of the texts on which the new
    score, at the same threshold, decides as the old one did. new: the threshold on the new scores
    that flags as many texts, rounded down; None if the old one flags none. agreement: share of
    texts on which the two decide alike then. kappa: Cohen's, of the same decisions; None if all or
    none are flagged.
    """

    old: float
    rate: float
    same: float
    new: float | None
    agreement: float | None
    kappa: float | None


@dataclass(frozen=True, slots=True)
class Compared:
    """One attribute. pearson, spearman: None where one side is the same for all texts."""

    attribute: str
    label: str
    texts: int
    pearson: float | None
    spearman: float | None
    thresholds: tuple[AtThreshold, ...]

    @property
    def uncertain(self) -> tuple[float, ...]:
        """The old thresholds over or under which there are too few texts to find a new one by."""
        found = [at for at in self.thresholds if at.new is not None]
        counts = {at.old: round(at.rate * self.texts) for at in found}
        return tuple(old for old, n in counts.items() if min(n, self.texts - n) < MIN_TEXTS)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything. left_out: attributes in the file that the bundle does not model."""

    attributes: tuple[Compared, ...]
    left_out: tuple[str, ...]
    bad: tuple[Bad, ...]


def read_stored(path: Path, columns: Columns = AS_THEY_ARE) -> Iterator[Stored | Bad]:
    """The lines of a JSON lines file: `{"text": "...", "scores": {"TOXICITY": 0.8}}`.

    `attributeScores`, as the Perspective API sent them, will do in the place of `scores`, and a
    `comment` with a `text` in the place of `text`. Or CSV or Parquet, with a column for the text
    and one for each attribute, such as `TOXICITY` or `scores.toxicity`; an empty cell is no score.
    The file may be compressed. columns: how a table is to be read.
    Raises EvaluationError if there is no such file, it cannot be read, or a table has no attribute.
    """
    if not path.is_file():
        raise EvaluationError(f"{path} is not a file")
    if FORMATS.get(ending_of(path)) in ("csv", "parquet"):
        yield from _stored_rows(path, columns)
        return
    with opened_text(path, "utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                found = _stored(line, number)
                yield Bad(number, found) if isinstance(found, str) else found


def compare(
    bundle: Bundle, stored: Iterator[Stored | Bad], thresholds: Sequence[float] = THRESHOLDS
) -> Comparison:
    """Score the texts again and compare. Raises EvaluationError if no attribute can be."""
    old: dict[str, list[float]] = {}
    new: dict[str, list[float]] = {}
    bad: list[Bad] = []
    labels = {label.name for label in bundle.manifest.labels}
    left_out: set[str] = set()
    for one, scores in in_order(lambda one: (one, _scores(bundle, one)), stored):
        if isinstance(one, Bad):
            bad.append(one)
            continue
        if scores is None:
            bad.append(Bad(one.line, "nothing in the text is visible"))
            continue
        for attribute, value in one.scores.items():
            label = label_of(attribute)
            if label not in labels:
                left_out.add(attribute)
            else:
                old.setdefault(attribute, []).append(value)
                new.setdefault(attribute, []).append(scores[label])
    if not old:
        raise EvaluationError(
            "no text has a score of an attribute that the bundle models: "
            f"{', '.join(sorted(label.upper() for label in labels))}"
        )
    return Comparison(
        tuple(
            _compared(attribute, np.array(old[attribute]), np.array(new[attribute]), thresholds)
            for attribute in sorted(old)
        ),
        tuple(sorted(left_out)),
        tuple(bad),
    )


def _scores(bundle: Bundle, one: Stored | Bad) -> Mapping[str, float] | None:
    """The scores of a text; None if nothing in it is visible."""
    if isinstance(one, Bad):
        return {}
    try:
        return bundle.scorer.score(one.text).scores
    except TextError:
        return None


def _compared(attribute: str, old: Floats, new: Floats, thresholds: Sequence[float]) -> Compared:
    varies = len(old) > 1 and np.ptp(old) > 0 and np.ptp(new) > 0
    return Compared(
        attribute=attribute,
        label=label_of(attribute),
        texts=len(old),
        pearson=float(pearsonr(old, new).statistic) if varies else None,
        spearman=float(spearmanr(old, new).statistic) if varies else None,
        thresholds=tuple(_at(old, new, threshold) for threshold in thresholds),
    )


def _at(old: Floats, new: Floats, threshold: float) -> AtThreshold:
    flagged = old >= threshold
    count = int(flagged.sum())
    same = float(np.mean(flagged == (new >= threshold)))
    if not count:
        return AtThreshold(threshold, 0.0, same, None, None, None)
    cut = _rounded_down(float(np.sort(new)[-count]), new)
    now = new >= cut
    agreement = float(np.mean(flagged == now))
    by_chance = float(flagged.mean() * now.mean() + (1 - flagged.mean()) * (1 - now.mean()))
    kappa = (agreement - by_chance) / (1 - by_chance) if by_chance < 1 else None
    return AtThreshold(threshold, count / len(old), same, cut, agreement, kappa)


def _rounded_down(cut: float, scores: Floats) -> float:
    """A threshold with as few decimals as flag the same scores; at most a thousandth lower."""
    lower = scores[scores < cut]
    below = max(float(lower.max()) if len(lower) else 0.0, cut * 0.999)
    for digits in range(3, 16):
        short = math.floor(cut * 10.0**digits) / 10.0**digits
        if below < short <= cut:
            return short
    return cut


def _stored_rows(path: Path, columns: Columns) -> Iterator[Stored | Bad]:
    """The rows of a table."""
    for row in read_rows(path, replace(columns, everything=True)):
        if row.problem:
            yield Bad(row.line, row.problem)
            continue
        given = {**row.fields}
        scores: dict[str, Any] = {}
        for name, value in given.items():
            if isinstance(value, dict) and name in _OF_ATTRIBUTES:
                scores |= {own: one for own, one in value.items() if one is not None}
            elif (own := _attribute(name)) and value not in (None, ""):
                scores[own] = _as_number(value)
        if not scores and not any(_attribute(name) for name in given):
            raise EvaluationError(
                f"{path}: no column is called as an attribute, such as TOXICITY or scores.toxicity "
                f"(found: {', '.join(given)})"
            )
        found = _checked({"text": row.text, "scores": scores}, row.line)
        yield Bad(row.line, found) if isinstance(found, str) else found


def _attribute(column: str) -> str:
    """The attribute that a column is of; "" if of none."""
    name = column.rpartition(".")[2] if column.startswith(_OF_COLUMNS) else column
    is_one = label_of(name) in LABELS or name.upper() in PERSPECTIVE_ONLY
    return name if is_one or name != column else ""


def _as_number(value: object) -> object:
    """The number that a cell of CSV holds; anything else as it is."""
    if not isinstance(value, str):
        return value
    try:
        return float(value)
    except ValueError:
        return value


def _stored(line: str, number: int) -> Stored | str:
    """A line, or what is wrong with it."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return "not JSON"
    if not isinstance(value, dict):
        return "not a JSON object"
    return _checked(value, number)


def _checked(value: Mapping[str, Any], number: int) -> Stored | str:
    """A text with its scores, or what is wrong with it."""
    comment = value.get("comment")
    text = value.get("text") or (comment.get("text") if isinstance(comment, dict) else comment)
    if not isinstance(text, str):
        return "no 'text'"
    if not is_whole(text):
        return "'text' is not UTF-8, or has half a character"
    scores = value.get("scores") or value.get("attributeScores")
    if not isinstance(scores, dict):
        return "no 'scores', and no 'attributeScores'"
    found = {name: _value(score) for name, score in scores.items()}
    if not all(name.isascii() for name in found):
        return "an attribute has a name that none has"
    wrong = [name for name, score in found.items() if score is None]
    if wrong:
        return f"the score of '{wrong[0][:64]}' is no number from 0 to 1"
    scored = {name: score for name, score in found.items() if score is not None}
    return Stored(text, scored, number)


def _value(score: Any) -> float | None:
    if isinstance(score, dict):
        summary = score.get("summaryScore")
        score = summary.get("value") if isinstance(summary, dict) else None
    is_number = isinstance(score, int | float) and not isinstance(score, bool)
    return float(score) if is_number and 0 <= score <= 1 else None
