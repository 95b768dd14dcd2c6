"""Names of suites and functionalities for people, from words.toml."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Final

from upstander.evaluation.page.sections import plain
from upstander.evaluation.suites.listed import LISTED

_FILE: Final = Path(__file__).with_name("words.toml")
_OWN: Final = "own"
_NAMED_ALIKE: Final = {"multilingual_hatecheck": "hatecheck"}
"""A suite to the one whose functionalities have the same names."""


def title_of_suite(suite: str) -> str:
    """What a suite is called."""
    if suite in LISTED:
        return LISTED[suite].title
    found: str = _words()["suites"].get(suite, {}).get("title", "")
    if not found and suite.startswith(f"{_OWN}_"):
        return f"{title_of_suite(_OWN)}, {plain(suite.removeprefix(f'{_OWN}_'))}"
    return found or suite


def described(suite: str) -> str:
    """What a suite is, in a sentence; "" of one that is not known."""
    if suite in LISTED:
        return f"{LISTED[suite].title}. {LISTED[suite].note}".strip()
    own = _OWN if suite.startswith(f"{_OWN}_") else suite
    found: str = _words()["suites"].get(own, {}).get("said", "")
    return found


def functionality_in_words(suite: str, name: str) -> str:
    """What a suite tests by cases of that name."""
    own = _NAMED_ALIKE.get(suite, suite)
    found: str = _words()["functionalities"].get(own, {}).get(name, "")
    return found or plain(name)


@cache
def _words() -> dict[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))
