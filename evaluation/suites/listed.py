"""Suites that need no reader of their own: `listed.toml` says where their rows lie."""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from upstander.evaluation import taxonomy
from upstander.evaluation.suites.case import Case, read_jsonl

_LIST: Final = Path(__file__).with_name("listed.toml")
_FILE: Final = "file"
"""In place of a column: the name of the file."""

_SEEN: Final = (
    ("dynahate/train.jsonl.gz", "text"),
    ("dynahate/dev.jsonl.gz", "text"),
    ("hatemoji_build/train.jsonl.gz", "text"),
    ("toxigen_annotated/all.jsonl.gz", "text"),
    ("edos/train.jsonl.gz", "text"),
    ("measuring_hate_speech_binary/train.jsonl.gz", "text"),
    ("implicit_hate/stg1_posts.jsonl.gz", "post"),
    ("gab_hate_corpus/train.jsonl.gz", "text"),
    ("cad/train.jsonl.gz", "text"),
    ("vicomtech/train.jsonl.gz", "text"),
    ("vicomtech/unsampled.jsonl.gz", "text"),
    ("davidson/all.jsonl.gz", "tweet"),
    ("mlma/en.jsonl.gz", "tweet"),
    ("jigsaw_toxic/train.jsonl.gz", "comment_text"),
    ("jigsaw_toxic/train_toxic_only.jsonl.gz", "comment_text"),
    ("goemotions/train.jsonl.gz", "text"),
    ("social_bias_frames/dev_agg.jsonl.gz", "post"),
    ("wiegand_identity_groups/english.jsonl.gz", "#SENTENCE_FROM_TWEET"),
)
"""What training may have read, and the column of its text."""


class Listed(BaseModel):
    """A table of the list; the comment at its top says what each field means."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    files: tuple[str, ...]
    label: str
    text: str
    truth: tuple[str, ...]
    id: str = ""
    positive: frozenset[str] = frozenset()
    negative: frozenset[str] = frozenset()
    at_least: float | None = None
    functionality: str = ""
    target: str = ""
    source: str = ""
    without: Mapping[str, tuple[str, ...]] = {}
    note: str = ""
    seen: bool = False


LISTED: Final[Mapping[str, Listed]] = MappingProxyType(
    {
        name: Listed.model_validate(table)
        for name, table in tomllib.loads(_LIST.read_text(encoding="utf-8")).items()
    }
)
"""Suite name to where its rows lie."""


def loaders() -> dict[str, Callable[[Path], list[Case]]]:
    """Suite name to its loader, which takes the data folder."""
    return {name: partial(load, name) for name in LISTED}


def load(name: str, folder: Path) -> list[Case]:
    """The rows of a listed suite that say whether they have its label, each text once.

    Unless the list says that training read the set itself, a row whose text stands in a training
    file of the folder is left out; case and white space do not count.
    """
    suite = LISTED[name]
    seen = frozenset() if suite.seen else _seen(folder)
    found: dict[str, Case] = {}
    for path in suite.files:
        needed = {suite.text, *suite.truth, *suite.without, suite.functionality, suite.target}
        columns = sorted(needed - {"", _FILE})
        for line, row in read_jsonl(folder / path, *columns):
            if any(str(row[column]) in values for column, values in suite.without.items()):
                continue
            own = _plain(str(row[suite.text]))
            if own in seen or own in found:
                continue
            case = _case(suite, path, line, row)
            if case.expected is not None:
                found[own] = case
    return list(found.values())


def _case(suite: Listed, path: str, line: int, row: Mapping[str, Any]) -> Case:
    def value(column: str) -> str:
        if column == _FILE:
            return Path(path).name.partition(".")[0]
        return str(row[column]) if column else ""

    target = value(suite.target)
    named = "" if target in ("None", "none", "[]") else target
    return Case(
        id=str(row[suite.id]) if suite.id else f"{path}:{line}",
        text=str(row[suite.text]),
        label=suite.label,
        expected=_expected(suite, [str(row[column]) for column in suite.truth]),
        functionality=value(suite.functionality),
        target=named,
        categories=frozenset(
            category for category, has in taxonomy.from_phrase(named).items() if has
        )
        if named
        else frozenset(),
        source=value(suite.source),
    )


def _expected(suite: Listed, cells: list[str]) -> bool | None:
    values = [value for cell in cells for value in cell.split(",")]
    if suite.at_least is not None:
        numbers = [float(value) for value in values if value]
        return max(numbers) >= suite.at_least if numbers else None
    if any(value in suite.positive for value in values):
        return True
    return False if all(value in suite.negative for value in values) else None


@cache
def _seen(folder: Path) -> frozenset[str]:
    return frozenset(_texts(folder))


def _texts(folder: Path) -> Iterator[str]:
    for path, column in _SEEN:
        if (folder / path).is_file():
            for _, row in read_jsonl(folder / path, column):
                yield _plain(str(row[column]))


def _plain(text: str) -> str:
    return " ".join(text.lower().split())
