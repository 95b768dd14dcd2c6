"""One case of an evaluation suite."""

import gzip
import hashlib
import json
import re
import unicodedata
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from upstander.evaluation.errors import EvaluationError, SuiteMissing
from upstander.models.normaliser import normalise

_SIGNS: Final = re.compile(r"[^A-Za-z0-9]+")
"""What is no letter and no digit, in ASCII."""


@dataclass(frozen=True, slots=True)
class Case:
    """A text and what the right answer is.

    label: the product label that the suite tests.
    expected: whether the text has it; None where the suite does not say.
    functionality: the suite's own name for what the case tests.
    target: the suite's own name for the group, or "" where it names none.
    categories: the protected categories of that group; empty where they are not known.
    mechanism: how the text dehumanizes, or "" where it does not or the suite does not say.
    mechanisms: every way in which it does, where the suite may name several; see `ways`.
    template: what a case shares with those that differ from it by the group only, or "".
    also: other product labels, and whether the text has them.
    rationale: the stretches that annotators marked as the reason, as offsets into the text, end
        exclusive; empty where nobody was asked.
    source: the part of the suite that it comes from, or "".
    cluster: what a case shares with those that are no independent draws, such as two parts of one
        post, or "" for a case of its own.
    reference: label to a real-valued score that another system or people gave the text, in [0, 1].
    verdicts: another system to whether it says that the text has `label`.
    """

    id: str
    text: str
    label: str
    expected: bool | None
    functionality: str
    target: str
    categories: frozenset[str] = frozenset()
    mechanism: str = ""
    template: str = ""
    also: Mapping[str, bool] = field(default_factory=dict)
    rationale: tuple[tuple[int, int], ...] = ()
    source: str = ""
    mechanisms: frozenset[str] = frozenset()
    cluster: str = ""
    reference: Mapping[str, float] = field(default_factory=dict)
    verdicts: Mapping[str, bool] = field(default_factory=dict)

    @property
    def ways(self) -> frozenset[str]:
        """Every mechanism of the text, whether the suite names one or several."""
        return self.mechanisms or frozenset({self.mechanism} - {""})

    @property
    def drawn_with(self) -> str:
        """What the case shares with those that are no independent draws, or ""."""
        return self.template or self.cluster

    def has(self, label: str) -> bool | None:
        """Whether the text has a label; None where the suite does not say."""
        return self.expected if label == self.label else self.also.get(label)


def checksum_of(cases: Sequence[Case]) -> str:
    """SHA-256 over id, text and answer of every case, in order, in hexadecimal."""
    found = hashlib.sha256()
    for case in cases:
        for part in (case.id, case.text, case.label, repr(case.expected)):
            found.update(part.encode("utf-8", "surrogatepass"))
            found.update(b"\0")
    return found.hexdigest()


def digest(*parts: str) -> str:
    """A hexadecimal number drawn from the parts: the same on every machine, and without order."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def key(text: str) -> str:
    """What two texts share whose letters and digits are the same: two spellings of one text."""
    return letters(folded(text))


def folded(text: str) -> str:
    """The normalised text, without regard to case."""
    return normalise(text).text.casefold()


def letters(text: str) -> str:
    """The letters and digits of a folded text.

    Copies of one data set in another have lost white space and quotes, or broken them into currency
    signs, so symbols do not count either. An emoji is words by now.
    """
    if text.isascii():
        return _SIGNS.sub("", text)
    return "".join(c for c in text if unicodedata.category(c)[0] in "LMN")


def read_jsonl(path: Path, *columns: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line, row) of a gzip'd JSON-lines file whose rows all have `columns`.

    Raises EvaluationError that names file and line.
    """
    if not path.is_file():
        raise SuiteMissing(
            f"{path} is missing: run 'upstander data fetch', or give the folder with --data"
        )
    number = 0
    try:
        # As bytes: a text stream decodes far ahead, so a bad byte would be found lines too early.
        with gzip.open(path, "rb") as lines:
            for number, line in enumerate(lines, start=1):
                row = json.loads(line.decode())
                if not isinstance(row, dict):
                    raise EvaluationError(f"{path}, line {number}: not a JSON object")
                if missing := [column for column in columns if column not in row]:
                    raise EvaluationError(
                        f"{path}, line {number}: column {missing[0]!r} is missing"
                    )
                yield number, row
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise EvaluationError(f"{path}, line {max(number, 1)}: {type(error).__name__}") from error
