"""The groups of the world: those that training may name, and those that it never names.

`groups/train.csv` and `groups/unseen.csv` of the data folder. A suite that fills sentences with
both shows whether a model judges people alike whom it was never told of.
"""

import csv
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from upstander.evaluation.errors import EvaluationError, SuiteMissing
from upstander.evaluation.suites.case import digest

Form = Literal["plural", "singular", "adjective"]

_FILES: Final = {"seen": "groups/train.csv", "unseen": "groups/unseen.csv"}
_COLUMNS: Final = ("plural", "singular", "adjective", "category", "aliases")
_AN: Final = re.compile(
    r"[aeio]|u(?!k|ni(?!n)|ru|s\b|ga)|h-1b|hiv|h(?:onest|our|eir)|lgbt", re.IGNORECASE
)
_A: Final = re.compile(r"eu|one\b|uyg|uig", re.IGNORECASE)
_ARTICLE: Final = re.compile(r"\b(a)n?(?= \0)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SwapGroup:
    """A group of people. adjective is "" where English has none.

    part: "seen" or "unseen". aliases: other plural names.
    """

    plural: str
    singular: str
    adjective: str
    category: str
    part: str
    aliases: tuple[str, ...] = ()

    def form(self, name: Form) -> str:
        """Its words in one form, or "" where it has none."""
        return {"plural": self.plural, "singular": self.singular, "adjective": self.adjective}[name]


def read_groups(folder: Path) -> list[SwapGroup]:
    """The groups of both files, the seen ones first.

    Raises SuiteMissing if a file is not there, and EvaluationError if it cannot be read.
    """
    found: list[SwapGroup] = []
    for part, name in _FILES.items():
        path = folder / name
        if not path.is_file():
            raise SuiteMissing(
                f"{path} is missing: run 'upstander data fetch', or give the folder with --data"
            )
        try:
            with path.open(encoding="utf-8", newline="") as file:
                rows = list(csv.DictReader(file))
        except (OSError, ValueError, csv.Error) as error:
            raise EvaluationError(f"{path}: {type(error).__name__}") from error
        for line, row in enumerate(rows, start=2):
            if any(row.get(column) is None for column in _COLUMNS):
                raise EvaluationError(f"{path}, line {line}: columns are missing")
            plural, singular, adjective, category, aliases = (row[name] for name in _COLUMNS)
            others = tuple(alias for alias in aliases.split(";") if alias)
            found.append(SwapGroup(plural, singular, adjective, category, part, others))
    return found


def draw(
    groups: Sequence[SwapGroup], seed: str, each: int, most: int, categories: Collection[str]
) -> list[SwapGroup]:
    """`each` seen and `each` unseen groups, the same ones for the same seed and groups.

    most: of one category in each part, so that the many ethnic groups do not crowd out the rest.
    categories: those that the groups may be of.
    """
    chosen: list[SwapGroup] = []
    for part in _FILES:
        own = [group for group in groups if group.part == part and group.category in categories]
        taken: Counter[str] = Counter()
        for group in sorted(own, key=lambda group: digest(seed, group.plural)):
            if taken.total() < each and taken[group.category] < most:
                taken[group.category] += 1
                chosen.append(group)
    return chosen


def with_article(words: str) -> str:
    """The words behind "a" or "an"."""
    return f"{_article(words)} {words}"


def articled(text: str, begin: int) -> str:
    """The text with the article that stands right before `begin`, if any, as the words there want.

    The article is "a" or "an" and one space; its capital stays.
    """
    head, tail = text[:begin], text[begin:]
    fixed = _ARTICLE.sub(lambda found: found[1] + _article(tail)[1:], f"{head}\0")
    return fixed[:-1] + tail


def _article(words: str) -> str:
    return "an" if _AN.match(words) and not _A.match(words) else "a"
