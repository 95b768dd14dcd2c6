"""The goals in other languages: of the languages that a bundle serves, worst and mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from upstander.evaluation.language_goals import (
    LANGUAGE_WANTED,
    by_language,
    mean_macro_f1,
    serves_others,
    worst_flagged,
    worst_macro_f1,
)
from upstander.evaluation.metrics import macro_f1
from upstander.evaluation.predictions import Answers
from upstander.evaluation.suites import IN_LANGUAGES, multilingual_hatecheck, ordinary_languages
from upstander.evaluation.suites.case import Case
from upstander.evaluation.timing import run_against_graph
from upstander.models.bundle import Bundle
from upstander.models.languages import Language
from upstander.models.manifest import Manifest


@dataclass(frozen=True)
class _Score:
    """What a goal reads of a score; it stands in for one, so that the answers can be chosen."""

    scores: Mapping[str, float]
    stage: None = None


def answers_of(
    suite: str, manifest: Manifest, told: Sequence[tuple[str, str, bool, bool]]
) -> Answers:
    """told: language, functionality, whether a case is hateful, whether it is flagged."""
    of_ordinary = suite == ordinary_languages.NAME
    cases = [
        Case(
            id=str(number),
            text=f"case {number}",
            label="hate",
            expected=expected,
            functionality=language if of_ordinary else functionality,
            target="",
            source="made up" if of_ordinary else language,
        )
        for number, (language, functionality, expected, _) in enumerate(told)
    ]
    scores = [_Score({"hate": 0.99 if flagged else 0.0}) for *_, flagged in told]
    return Answers(suite, cases, scores, manifest, "balanced")  # type: ignore[arg-type]


@pytest.fixture
def served(bundle: Bundle) -> Manifest:
    languages = tuple(Language(code=code, measured=("hate",)) for code in ("de", "en", "fr"))
    return bundle.manifest.model_copy(update={"languages": languages})


TOLD = [
    *[("de", "derog_dehum_h", True, True)] * 8,
    *[("de", "counter_quote_nh", False, False)] * 8,
    *[("fr", "derog_dehum_h", True, True)] * 6,
    *[("fr", "derog_dehum_h", True, False)] * 2,
    *[("fr", "counter_ref_nh", False, True)] * 4,
    *[("fr", "counter_ref_nh", False, False)] * 4,
    # Not served, so that it is not judged.
    *[("hi", "derog_dehum_h", True, False)] * 8,
]


def test_the_mean_and_the_worst_are_of_the_languages_served(served: Manifest) -> None:
    answers = answers_of(multilingual_hatecheck.NAME, served, TOLD)
    answered = {answers.suite: answers}
    french = [row for row in TOLD if row[0] == "fr"]
    alone = macro_f1(np.array([row[2] for row in french]), np.array([row[3] for row in french]))
    worst, language = worst_macro_f1(answered)
    assert (language, worst.value) == ("fr", pytest.approx(alone.value))
    mean, note = mean_macro_f1(answered)
    assert mean.value == pytest.approx((1 + alone.value) / 2)
    assert mean.low <= mean.value <= mean.high
    assert (mean.rows, note) == (32, "of 2 languages")


def test_what_is_found_and_spared_is_a_mean_over_languages(served: Manifest) -> None:
    answers = answers_of(multilingual_hatecheck.NAME, served, TOLD)
    found, spared = (
        wanted.measure({answers.suite: answers})[0].value
        for wanted in LANGUAGE_WANTED
        if "dehumanization found" in wanted.name or "counter-speech" in wanted.name
    )
    assert (found, spared) == (pytest.approx((1 + 0.75) / 2), pytest.approx((1 + 0.5) / 2))


def test_the_worst_language_of_ordinary_posts_has_posts_enough(served: Manifest) -> None:
    told = [
        *[("de", "", False, False)] * 99,
        ("de", "", False, True),
        *[("fr", "", False, True)] * 20,  # too few to tell
        *[("hi", "", False, True)] * 100,  # not served
    ]
    answers = answers_of(ordinary_languages.NAME, served, told)
    worst, language = worst_flagged({answers.suite: answers})
    assert (language, worst.value, worst.rows) == ("de", 0.01, 100)


def test_a_suite_is_told_language_by_language(served: Manifest) -> None:
    reports = by_language(answers_of(multilingual_hatecheck.NAME, served, TOLD))
    assert [(report.language, report.rows, report.positives) for report in reports] == [
        ("de", 16, 8),
        ("fr", 16, 8),
        ("hi", 8, 8),
    ]
    german, _, hindi = reports
    assert german.headline["macro_f1"].value == german.headline["auc"].value == 1
    assert german.functionalities["derog_dehum_h"].value == 1
    assert set(hindi.headline) == {"accuracy"}  # of one class


def test_only_a_bundle_that_serves_others_has_goals_there(bundle: Bundle, served: Manifest) -> None:
    assert not serves_others(bundle.manifest)
    assert serves_others(served)
    names = {name for wanted in LANGUAGE_WANTED for name in wanted.suites}
    assert names == set(IN_LANGUAGES)


def test_a_graph_is_timed_over_another(bundle: Bundle) -> None:
    graph = bundle.path / "model.onnx"
    measured = run_against_graph(graph, graph, runs=20)
    assert measured.rows == 20
    assert 0 < measured.low <= measured.value <= measured.high
