"""The cascade that comes along: what it settles, and what it finds that its student does not."""

from pathlib import Path

import pytest

from upstander.models.bundle import Bundle, open_bundle
from upstander.models.shipped import find_bundle
from upstander.models.signature import check_signature


@pytest.fixture(scope="module")
def shipped() -> Bundle:
    return open_bundle(find_bundle(Path("upstander-cascade")))


def is_flagged(bundle: Bundle, text: str) -> bool:
    score = bundle.scorer.score(text)
    manifest = bundle.manifest.for_stage(score.stage)
    return score.scores["dehumanization"] >= manifest.threshold("dehumanization")


@pytest.mark.parametrize("name", ["upstander-base", "upstander-cascade"])
def test_it_is_signed_by_this_project(name: str) -> None:
    assert check_signature(find_bundle(Path(name))).comment.startswith(f"{name} ")


def test_plainly_harmless_posts_are_settled_by_the_student(shipped: Bundle) -> None:
    for text in ("The library opens at nine on Sundays.", "Order #A4X-99Z shipped"):
        assert shipped.scorer.score(text).stage == "student"
        assert not is_flagged(shipped, text)


def test_the_case_in_short_is_found_and_those_beside_it_are_not(shipped: Bundle) -> None:
    assert is_flagged(shipped, "Uyghur women are no longer baby-making machines.")
    for text in (
        "Twitter locked the embassy's account over that tweet.",
        "The tenants complained about cockroaches in the building.",
        "Nobody should ever call refugees vermin.",
    ):
        assert not is_flagged(shipped, text)


def test_a_sentence_among_harmless_ones_is_found_where_the_student_misses_it(
    shipped: Bundle,
) -> None:
    text = (
        "Those immigrants are vermin, not people. "
        "The council meets on Tuesday to discuss the new library."
    )
    assert is_flagged(shipped, text)
    assert not is_flagged(shipped.stages["student"], text)
