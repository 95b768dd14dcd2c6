"""Contrast sentences in other languages than English, written in each of them.

They are for what the sets of those languages lack: dehumanization by every mechanism, and the
harmless sentences that use its words, such as counter-speech, quotations and literal uses.
`languages/XX.toml` holds those of one language: groups with the forms that its grammar needs, and
sentences whose blanks name such a form. A sentence with a blank is told of three groups, under one
id.

A sentence is held out as a whole: what is made of it is all in training or all in `dev`.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from upstander.evaluation.taxonomy import known
from upstander.models.labels import MECHANISMS, TARGETS
from upstander.training.example import Example, Split
from upstander.training.seeded_random import uniform

NAME: Final = "contrast_languages"
FOLDER: Final = Path(__file__).parent / "languages"

KINDS: Final = ("dehumanizing", "hateful", "harmless")
"""Tables of a file, each with lists of sentences by what they are."""
_GROUPS: Final = "groups"
_CATEGORY: Final = "category"
_BLANK: Final = re.compile(r"\{(\w+)\}")
_MARK: Final = re.compile(r"\[\[|\]\]")
_SEED: Final = 5
_COPIES: Final = 3
"""Groups that a sentence with a blank is told of."""
_HELD_OUT: Final = 7
"""One sentence of so many in each list is held out."""
_LOWER: Final = 0.1
"""Share of the sentences that are put in lower case; scripts without case are as they are."""
_NO_GROUP: Final = ("literal", "everyday")
"""Harmless sentences without a blank that speak of no group; the others may name one."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a language, with its blanks and marks.

    kind: of `KINDS`. cell: the list that it stands in: the mechanism of a dehumanizing one.
    number: its place in that list.
    """

    language: str
    kind: str
    cell: str
    number: int
    text: str

    @property
    def blanks(self) -> frozenset[str]:
        """The forms of a group that it needs."""
        return frozenset(_BLANK.findall(self.text))

    @property
    def plain(self) -> str:
        """The text without the marks."""
        return _MARK.sub("", self.text)

    @property
    def held_out(self) -> bool:
        """Whether it is for validation and calibration."""
        return self.number % _HELD_OUT == _HELD_OUT // 2


@dataclass(frozen=True, slots=True)
class GroupForms:
    """People of a protected category, by the names that a language has for them.

    categories: one or several of `models.labels.TARGETS`. forms: name of the form to the words.
    """

    categories: tuple[str, ...]
    forms: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LanguageFile:
    """What one file holds. code: ISO 639-1, the name of the file."""

    code: str
    groups: tuple[GroupForms, ...]
    sentences: tuple[Sentence, ...]


def codes() -> tuple[str, ...]:
    """The languages that have a file, in order."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def read(code: str) -> LanguageFile:
    """The groups and sentences of a language.

    Raises ValueError that names the file for an unknown table, category or mechanism, and for a
    blank that no group can fill.
    """
    path = FOLDER / f"{code}.toml"
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    groups = tuple(_group(entry, path) for entry in tables.pop(_GROUPS, ()))
    if unknown := sorted(set(tables) - set(KINDS)):
        raise ValueError(f"{path}: unknown table {unknown[0]!r}; expected {', '.join(KINDS)}")
    sentences = tuple(
        Sentence(code, kind, cell, number, text)
        for kind in KINDS
        for cell, texts in tables.get(kind, {}).items()
        for number, text in enumerate(texts)
    )
    for sentence in sentences:
        if sentence.kind == "dehumanizing" and sentence.cell not in MECHANISMS:
            raise ValueError(f"{path}: unknown mechanism {sentence.cell!r}")
        if sentence.blanks and not _fitting(sentence, groups):
            raise ValueError(
                f"{path}: {sentence.kind}.{sentence.cell}, sentence {sentence.number + 1}: "
                "no group has every form that its blanks name"
            )
    return LanguageFile(code, groups, sentences)


def examples() -> Iterator[Example]:
    """Every sentence of every language, the same at every call."""
    for code in codes():
        language = read(code)
        for sentence in language.sentences:
            yield from _examples_of(sentence, language.groups)


def _group(entry: Mapping[str, str | Sequence[str]], path: Path) -> GroupForms:
    named = entry[_CATEGORY]
    categories = (named,) if isinstance(named, str) else tuple(named)
    if unknown := sorted(set(categories) - set(TARGETS)):
        raise ValueError(f"{path}: unknown category {unknown[0]!r}")
    return GroupForms(categories, {form: str(words) for form, words in entry.items()})


def _fitting(sentence: Sentence, groups: Sequence[GroupForms]) -> list[GroupForms]:
    return [group for group in groups if sentence.blanks <= set(group.forms) - {_CATEGORY}]


def _examples_of(sentence: Sentence, groups: Sequence[GroupForms]) -> Iterator[Example]:
    drawn: list[GroupForms | None] = [None]
    if sentence.blanks:
        fitting = _fitting(sentence, groups)
        fitting.sort(key=lambda group: uniform(_SEED, sentence.text, *group.forms.values()))
        drawn = [*fitting[:_COPIES]]
    split: Split = "dev" if sentence.held_out else "train"
    for group in drawn:
        text, spans = _filled(sentence, group)
        yield Example(
            text=text,
            source=NAME,
            id=f"{sentence.language}.{sentence.kind}.{sentence.cell}.{sentence.number}",
            split=split,
            labels={
                "hate": float(sentence.kind != "harmless"),
                "dehumanization": float(sentence.kind == "dehumanizing"),
            },
            mechanisms={
                mechanism: float(sentence.kind == "dehumanizing" and mechanism == sentence.cell)
                for mechanism in MECHANISMS
            },
            targets=_targets(sentence, group),
            # A hateful sentence without a mark has words that carry it; nobody said which.
            spans=spans if spans or sentence.kind == "harmless" else None,
            language=sentence.language,
        )


def _targets(sentence: Sentence, group: GroupForms | None) -> dict[str, float]:
    if group is not None:
        return known(group.categories)
    return known(()) if sentence.cell in _NO_GROUP else {}


def _filled(
    sentence: Sentence, group: GroupForms | None
) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The text with a group in its blanks, and the marked stretches of it, in code points."""
    text = _BLANK.sub(lambda match: group.forms[match[1]] if group else match[0], sentence.text)
    # Some letters grow when they are lowered, such as the Turkish İ: the marks go through it too.
    if uniform(_SEED, "case", sentence.text) < _LOWER:
        text = text.lower()
    plain = ""
    spans = []
    for index, part in enumerate(_MARK.split(text)):
        if index % 2:
            spans.append((len(plain), len(plain) + len(part)))
        plain += part
    return plain, tuple(spans)
