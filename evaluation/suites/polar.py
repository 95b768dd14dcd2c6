"""POLAR: the development part, in the languages that we serve (SemEval-2026 Task 9, CC BY 4.0).

Its `dehumanization` is not ours (`training/sources/polar.py` says how far it is): the numbers stand
beside those that others publish, and are no goal. Its rows without polarization are the ordinary
posts of `ordinary_languages`. The development part has few of them in some languages, so that one
in five of the training part is held out too, by a hash of its text.
"""

from pathlib import Path
from types import MappingProxyType
from typing import Final

from upstander.evaluation.suites.case import Case, digest, read_jsonl

NAME: Final = "polar"
FILE: Final = "multilingual/polar_dev.jsonl.gz"
TRAIN: Final = "multilingual/polar_train.jsonl.gz"
_PARTS: Final = 5

LANGUAGES: Final = MappingProxyType(
    {
        "arb": "ar",
        "deu": "de",
        "eng": "en",
        "hin": "hi",
        "ita": "it",
        "pol": "pl",
        "rus": "ru",
        "spa": "es",
        "tur": "tr",
        "urd": "ur",
        "zho": "zh",
    }
)
"""Its codes of the languages that we serve, and ours."""


def load(folder: Path) -> list[Case]:
    """The rows that say whether they are dehumanizing; Italian, Polish and Russian ones do not."""
    return [
        Case(
            id=row["id"],
            text=row["text"],
            label="dehumanization",
            expected=row["dehumanization"] == "1",
            functionality="",
            target="",
            source=LANGUAGES[row["lang"]],
        )
        for _, row in read_jsonl(folder / FILE, "lang", "id", "text")
        if row["lang"] in LANGUAGES and row.get("dehumanization") is not None
    ]


def is_test(text: str) -> bool:
    """Whether a row of the training part without polarization is held out."""
    return int(digest("polar", text)[:8], 16) % _PARTS == 0
