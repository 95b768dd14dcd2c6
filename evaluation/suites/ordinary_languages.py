"""Harmless test rows of the sets in other languages than English, which must be left alone.

They are what annotators called harmless, in sets that were collected by keyword: they are nearer to
hate than what most people post. Of Dutch there are none, and of Hindi, French and Korean few.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from upstander.evaluation.suites import mlma, polar, toldbr
from upstander.evaluation.suites.case import Case, read_jsonl
from upstander.models.languages import ENGLISH

NAME: Final = "ordinary_languages"


@dataclass(frozen=True, slots=True)
class _Part:
    """The harmless rows of one file.

    language: its code, or what reads it from a row; None leaves the row out.
    """

    name: str
    path: str
    text: str
    columns: tuple[str, ...]
    is_harmless: Callable[[Mapping[str, Any]], bool]
    language: str | Callable[[Mapping[str, Any]], str | None]


def _has_no_votes(row: Mapping[str, Any]) -> bool:
    return toldbr.is_test(row["text"]) and not any(toldbr.votes_of(row).values())


def _is_normal(row: Mapping[str, Any]) -> bool:
    return mlma.is_test(row["tweet"]) and row["sentiment"] == "normal"


_PARTS: Final[tuple[_Part, ...]] = (
    _Part(
        "polar",
        polar.FILE,
        "text",
        ("lang", "polarization"),
        lambda row: row["polarization"] == "0",
        lambda row: polar.LANGUAGES.get(row["lang"]),
    ),
    _Part(
        "polar",
        polar.TRAIN,
        "text",
        ("lang", "polarization"),
        lambda row: row["polarization"] == "0" and polar.is_test(row["text"]),
        lambda row: polar.LANGUAGES.get(row["lang"]),
    ),
    _Part(
        "germeval2018",
        "multilingual/germeval2018_de_test.jsonl.gz",
        "text",
        ("fine",),
        lambda row: row["fine"] == "OTHER",
        "de",
    ),
    _Part(
        "toldbr",
        "multilingual/toldbr_pt.jsonl.gz",
        "text",
        toldbr.KINDS,
        _has_no_votes,
        "pt",
    ),
    _Part(
        # Its class 3, counter-speech, has to be left alone too, but is no ordinary post.
        "cold",
        "multilingual/cold_zh_test.jsonl.gz",
        "TEXT",
        ("fine-grained-label",),
        lambda row: row["fine-grained-label"] == "0",
        "zh",
    ),
    _Part(
        "beep",
        "multilingual/beep_ko_dev.jsonl.gz",
        "comments",
        ("hate", "bias"),
        lambda row: row["hate"] == row["bias"] == "none",
        "ko",
    ),
    _Part(
        "roman_urdu",
        "multilingual/roman_urdu_task1_test.jsonl.gz",
        "text",
        ("label",),
        lambda row: row["label"] == "1",
        "ur",
    ),
    *(
        _Part("mlma", path, "tweet", ("sentiment",), _is_normal, language)
        for language, path in mlma.FILES.items()
    ),
)


def load(folder: Path) -> list[Case]:
    """Every harmless test row: the functionality is its language, the source its set.

    English rows are left out, which `ordinary` has more of.
    """
    found = []
    for part in _PARTS:
        for line, row in read_jsonl(folder / part.path, part.text, *part.columns):
            language = part.language if isinstance(part.language, str) else part.language(row)
            if language is None or language == ENGLISH or not part.is_harmless(row):
                continue
            found.append(
                Case(
                    id=f"{part.path}:{line}",
                    text=row[part.text].replace("|LBR|", "\n"),
                    label="hate",
                    expected=False,
                    functionality=language,
                    target="",
                    also={"dehumanization": False},
                    source=part.name,
                )
            )
    return found
