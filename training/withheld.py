"""What training may not hold: the texts of the suites, and what fills a template of theirs."""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from upstander.evaluation.errors import SuiteMissing
from upstander.evaluation.suites import IN_LANGUAGES, SUITES, dehumcheck, hatecheck, hatemoderate
from upstander.evaluation.suites.case import key


def suite_texts(
    data: Path, *, with_languages: bool = False
) -> tuple[set[str], list[re.Pattern[str]]]:
    """Keys of texts, and templates, that training may not hold; none of a suite that is missing.

    with_languages: those of the suites in other languages than English too.
    """
    withheld: set[str] = set()
    templates: list[re.Pattern[str]] = []
    for name, load in {**SUITES, **(IN_LANGUAGES if with_languages else {})}.items():
        if name == hatemoderate.NAME:
            continue  # made from DynaHate's training rows among others; it drops what is in them
        with suppress(SuiteMissing):
            withheld |= {key(case.text) for case in load(data)}
    with suppress(SuiteMissing):
        withheld |= {key(text) for text in hatecheck.withheld(data)}
        templates += hatecheck.templates(data)
    return withheld, [*templates, *dehumcheck.templates()]


def template_matcher(templates: Sequence[re.Pattern[str]]) -> Callable[[str], bool]:
    """Whether a text fills a template.

    Eight hundred patterns against 270,000 texts would take minutes, so a pattern is tried only on
    texts that hold its longest word.
    """
    by_word: dict[str, list[re.Pattern[str]]] = {}
    for template in templates:
        # A word that the blank touches is none of its own in the text that fills the template.
        literal = re.sub(r"[a-z]*\[[^\]]*\]\{[^}]*\}[a-z]*", " ", template.pattern)
        words = re.findall(r"[a-z]{2,}", literal)
        by_word.setdefault(max(words, key=len, default=""), []).append(template)
    always = by_word.pop("", [])

    def matches(text: str) -> bool:
        lowered = " ".join(text.lower().split())
        candidates = [*always]
        for word in set(re.findall(r"[a-z]{2,}", lowered)):
            candidates += by_word.get(word, ())
        return any(pattern.fullmatch(lowered) for pattern in candidates)

    return matches
