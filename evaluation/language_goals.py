"""The goals of a bundle that serves more languages than English, and its numbers language by
language."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Final

import numpy as np

from upstander.evaluation.intervals import Floats, Measured, share_of
from upstander.evaluation.metrics import accuracy, auc, macro_f1, mean_of_shares, of_counts
from upstander.evaluation.predictions import Answers, Judged, MetricUnavailable
from upstander.evaluation.suites import (
    cold,
    gahd,
    multilingual_hatecheck,
    ordinary_languages,
    polar,
    toldbr,
)
from upstander.evaluation.suites.case import Case
from upstander.evaluation.wanted import Answered, Found, Wanted
from upstander.models.languages import ENGLISH
from upstander.models.manifest import Manifest

_MIN_ROWS: Final = 60
"""Posts of a language that can be the worst one."""
_MHC: Final = multilingual_hatecheck.NAME


@dataclass(frozen=True, slots=True)
class LanguageReport:
    """A suite in one language.

    headline: macro-F1 and area under the curve where there are both classes, else accuracy.
    functionalities: accuracy by what a case tests; empty for the suites that test one thing.
    """

    suite: str
    label: str
    language: str
    rows: int
    positives: int
    headline: dict[str, Measured]
    functionalities: dict[str, Measured]


def serves_others(manifest: Manifest) -> bool:
    """Whether a bundle serves any language but English."""
    return any(language.code != ENGLISH for language in manifest.languages)


def by_language(answers: Answers) -> list[LanguageReport]:
    """The numbers of a suite of `IN_LANGUAGES`, a report for each language of its cases.

    Raises MetricUnavailable as `Answers.judged` does.
    """
    if not answers.cases:
        raise MetricUnavailable("no rows")
    label = answers.cases[0].label
    languages = sorted({language_of(case, answers.suite) for case in answers.cases} - {""})
    return [_report(answers, label, language) for language in languages]


def language_of(case: Case, suite: str) -> str:
    """The language of a case: that of its suite, or what the suite says of the case."""
    if suite in _ONE_LANGUAGE:
        return _ONE_LANGUAGE[suite]
    return case.functionality if suite == ordinary_languages.NAME else case.source


_ONE_LANGUAGE: Final = {gahd.NAME: "de", cold.NAME: "zh", toldbr.NAME: "pt"}


def _report(answers: Answers, label: str, language: str) -> LanguageReport:
    own = answers.judged(label, lambda case: language_of(case, answers.suite) == language)
    names = sorted({case.functionality for case in own.cases} - {"", language})
    tested = np.array([case.functionality for case in own.cases], dtype=object)
    return LanguageReport(
        suite=answers.suite,
        label=label,
        language=language,
        rows=len(own.truth),
        positives=int(own.truth.sum()),
        headline=_headline(own),
        functionalities={
            name: share_of(own.right[tested == name], list(compress(own.clusters, tested == name)))
            for name in names
        },
    )


def _headline(own: Judged) -> dict[str, Measured]:
    if own.truth.all() or not own.truth.any():
        return {"accuracy": accuracy(own.truth, own.decided, own.clusters)}
    return {
        "macro_f1": macro_f1(own.truth, own.decided, own.clusters),
        "auc": auc(own.truth, own.scores, own.clusters),
    }


def _judged(
    answered: Answered, suite: str, label: str, functionalities: Collection[str] = ()
) -> tuple[Judged, list[str]]:
    """The cases in the languages that the bundle serves, and the language of each."""
    answers = answered[suite]
    served = {language.code for language in answers.manifest.languages}

    def is_wanted(case: Case) -> bool:
        return language_of(case, suite) in served and (
            not functionalities or case.functionality in functionalities
        )

    own = answers.judged(label, is_wanted)
    return own, [language_of(case, suite) for case in own.cases]


def _note(languages: Sequence[str]) -> str:
    many = len(set(languages))
    return "" if many == len(multilingual_hatecheck.LANGUAGES) else f"of {many} languages"


def mean_macro_f1(answered: Answered) -> Found:
    """The mean over languages of their macro-F1."""
    own, languages = _judged(answered, _MHC, "hate")
    column = np.array(languages)
    parts = [
        rows & of_class
        for rows in (column == language for language in sorted(set(languages)))
        for of_class in (own.truth, ~own.truth)
    ]
    counts = np.array([kind for part in parts for kind in (part & own.right, part)])

    def measure(*drawn: Floats) -> Floats:
        scores = []
        for hits, positives, kept, negatives in zip(*(drawn[n::4] for n in range(4)), strict=True):
            wrong = positives - hits + negatives - kept
            scores.append(
                hits / np.maximum(2 * hits + wrong, 1) + kept / np.maximum(2 * kept + wrong, 1)
            )
        return np.asarray(np.mean(scores, axis=0))

    return of_counts(counts, measure, own.clusters), _note(languages)


def worst_macro_f1(answered: Answered) -> Found:
    """The language with the lowest macro-F1."""
    own, languages = _judged(answered, _MHC, "hate")
    found = {language: _macro_f1_in(own, languages, language) for language in set(languages)}
    worst = min(sorted(found), key=lambda language: found[language].value)
    return found[worst], worst


def _macro_f1_in(own: Judged, languages: Sequence[str], language: str) -> Measured:
    rows = np.array(languages) == language
    return macro_f1(own.truth[rows], own.decided[rows], list(compress(own.clusters, rows)))


def _right(*functionalities: str) -> Callable[[Answered], Found]:
    def measure(answered: Answered) -> Found:
        own, languages = _judged(answered, _MHC, "hate", functionalities)
        return mean_of_shares(own.right, languages, own.clusters), _note(languages)

    return measure


def _area_of_dehumanization(answered: Answered) -> Found:
    own, languages = _judged(answered, _MHC, "dehumanization")
    if own.truth.all() or not own.truth.any():
        raise MetricUnavailable("rows of one class only")
    return auc(own.truth, own.scores, own.clusters), _note(languages)


def _macro_f1_of(suite: str, label: str) -> Callable[[Answered], Found]:
    def measure(answered: Answered) -> Found:
        own, _ = _judged(answered, suite, label)
        if own.truth.all() or not own.truth.any():
            raise MetricUnavailable("rows of one class only")
        return macro_f1(own.truth, own.decided, own.clusters), f"of {label}"

    return measure


def worst_flagged(answered: Answered) -> Found:
    """The language with the largest share of harmless posts that `hate` flags."""
    own, languages = _judged(answered, ordinary_languages.NAME, "hate")
    column = np.array(languages)
    found = {
        language: share_of(own.decided[column == language])
        for language in sorted(set(languages))
        if (column == language).sum() >= _MIN_ROWS
    }
    if not found:
        raise MetricUnavailable(f"no language of {_MIN_ROWS} posts")
    worst = max(found, key=lambda language: found[language].value)
    return found[worst], worst


def _of_language(suite: str, language: str) -> Callable[[Answered], Found]:
    def measure(answered: Answered) -> Found:
        answers = answered[suite]
        label = answers.cases[0].label if answers.cases else ""
        own = answers.judged(label, lambda case: language_of(case, suite) == language)
        if own.truth.all() or not own.truth.any():
            raise MetricUnavailable("rows of one class only")
        if suite == polar.NAME:
            return auc(own.truth, own.scores, own.clusters), "its definition is another"
        return macro_f1(own.truth, own.decided, own.clusters), ""

    return measure


LANGUAGE_WANTED: Final[tuple[Wanted, ...]] = (
    Wanted(
        "Multilingual HateCheck, macro-F1 of hate, mean of languages",
        (_MHC,),
        mean_macro_f1,
        0.72,
        0.82,
    ),
    Wanted(
        "Multilingual HateCheck, macro-F1 of hate, worst language",
        (_MHC,),
        worst_macro_f1,
        0.62,
        0.75,
    ),
    Wanted(
        "Multilingual HateCheck, dehumanization found, mean of languages",
        (_MHC,),
        _right(multilingual_hatecheck.DEHUMANIZATION),
        0.85,
        0.95,
    ),
    Wanted(
        "Multilingual HateCheck, counter-speech that quotes or refers spared, mean of languages",
        (_MHC,),
        _right(*multilingual_hatecheck.COUNTER_SPEECH),
        0.60,
        0.80,
    ),
    Wanted(
        "Multilingual HateCheck, AUC of dehumanization against what is not hateful",
        (_MHC,),
        _area_of_dehumanization,
    ),
    Wanted(
        "GAHD test, German, macro-F1", (gahd.NAME,), _macro_f1_of(gahd.NAME, "hate"), 0.72, 0.78
    ),
    Wanted(
        "ToLD-Br, Portuguese, macro-F1",
        (toldbr.NAME,),
        _macro_f1_of(toldbr.NAME, "toxicity"),
        0.74,
        0.78,
    ),
    Wanted(
        "COLD test, Chinese, macro-F1",
        (cold.NAME,),
        _macro_f1_of(cold.NAME, "toxicity"),
        0.80,
        0.84,
    ),
    Wanted(
        "ordinary posts flagged as hate at its balanced threshold, worst language",
        (ordinary_languages.NAME,),
        worst_flagged,
        0.03,
        0.01,
        True,
    ),
    *(
        Wanted(
            f"Multilingual HateCheck, macro-F1 of hate, {language}",
            (_MHC,),
            _of_language(_MHC, language),
        )
        for language in multilingual_hatecheck.LANGUAGES
    ),
    *(
        Wanted(
            f"POLAR, AUC of dehumanization, {language}",
            (polar.NAME,),
            _of_language(polar.NAME, language),
        )
        for language in ("ar", "de", "en", "es", "zh")
    ),
)
"""What is measured on the suites of other languages, by bundles that serve any of them."""
