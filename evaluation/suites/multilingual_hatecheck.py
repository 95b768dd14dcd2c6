"""Multilingual HateCheck: functional tests in ten languages (Rottger et al. 2022, CC-BY-4.0).

Templates, for testing only: no text of it is in the training data.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from upstander.evaluation import taxonomy
from upstander.evaluation.suites.case import Case, read_jsonl

NAME: Final = "multilingual_hatecheck"
LANGUAGES: Final = MappingProxyType(
    {
        "ar": "arabic",
        "de": "german",
        "es": "spanish",
        "fr": "french",
        "hi": "hindi",
        "it": "italian",
        "nl": "dutch",
        "pl": "polish",
        "pt": "portuguese",
        "zh": "mandarin",
    }
)
"""Code of each language to the name of its file."""

DEHUMANIZATION: Final = "derog_dehum_h"
COUNTER_SPEECH: Final = ("counter_quote_nh", "counter_ref_nh")
_COLUMNS: Final = ("mhc_case_id", "functionality", "test_case", "label_gold", "target_ident")
_TEMPLATE: Final = "templ_id"


def load(folder: Path) -> list[Case]:
    """The cases of all languages; the source of each is its language."""
    return [case for language in LANGUAGES for case in _cases(folder, language)]


def path_of(language: str) -> str:
    """The file of a language, relative to the data folder."""
    return f"multilingual_hatecheck/{LANGUAGES[language]}.jsonl.gz"


def _dehumanization(row: Mapping[str, Any]) -> dict[str, bool]:
    """Whether it dehumanizes; of other hate the suite does not say."""
    if row["label_gold"] != "hateful":
        return {"dehumanization": False}
    return {"dehumanization": True} if row["functionality"] == DEHUMANIZATION else {}


def _cases(folder: Path, language: str) -> Iterator[Case]:
    for _, row in read_jsonl(folder / path_of(language), *_COLUMNS, _TEMPLATE):
        target = row["target_ident"]
        yield Case(
            id=row["mhc_case_id"],
            text=row["test_case"],
            label="hate",
            expected=row["label_gold"] == "hateful",
            functionality=row["functionality"],
            target=target,
            categories=frozenset(
                name for name, has in taxonomy.from_codes([target]).items() if has
            ),
            also=_dehumanization(row),
            source=language,
            cluster=f"{language} {row[_TEMPLATE]}",
        )
