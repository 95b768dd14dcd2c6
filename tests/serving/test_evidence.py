"""What `/v1/score` says beside the scores: mechanisms, the words that carried it, and evasion."""

from typing import Any

import httpx
import pytest
from conftest import Server

from upstander.models.bundle import Bundle

HATEFUL = "Those immigrants are vermin, not people."
MECHANISTIC = (
    HATEFUL,
    "Women are no longer baby-making machines.",
    "They are a disease, and they have no feelings.",
    "Good morning!",
)


def score(server: Server, text: str) -> dict[str, Any]:
    response = httpx.post(f"{server.url}/v1/score", json={"text": text}, timeout=60)
    assert response.status_code == 200
    reply: dict[str, Any] = response.json()
    return reply


def test_mechanisms_are_those_at_or_over_their_threshold_the_likeliest_first(
    server: Server, bundle: Bundle
) -> None:
    assert bundle.manifest.mechanisms
    for text in MECHANISTIC:
        told = score(server, text)["mechanisms"]
        said = {mechanism["mechanism"]: mechanism["score"] for mechanism in told}
        assert said == {
            mechanism.mechanism: mechanism.score
            for mechanism in bundle.scorer.score(text).mechanisms
            if mechanism.score >= bundle.manifest.threshold(mechanism.mechanism)
        }
        assert list(said.values()) == sorted(said.values(), reverse=True)


def marked(text: str, reply: dict[str, Any]) -> list[str]:
    """The words that the reply points at, after a look at the order of its spans."""
    end = 0
    for span in reply["spans"]:
        assert end <= span["begin"] < span["end"] <= len(text)
        assert 0 <= span["score"] <= 1
        end = span["end"]
    return [text[span["begin"] : span["end"]] for span in reply["spans"]]


@pytest.mark.parametrize(
    "before",
    [
        "",
        "   \n\n",
        "\U0001f600\U0001f468\u200d\U0001f469\u200d\U0001f467 ",  # six code points, two emoji
        "Ole\u0301! ",  # an accent that stands apart from its letter
        "\u200b\u00ad",
        "R&amp;D says: ",
    ],
)
def test_spans_are_offsets_into_the_text_as_it_was_sent(
    server: Server, bundle: Bundle, before: str
) -> None:
    text = before + HATEFUL
    reply = score(server, text)
    assert any("vermin" in words for words in marked(text, reply))
    assert [(s["begin"], s["end"], s["score"]) for s in reply["spans"]] == [
        (span.begin, span.end, span.score) for span in bundle.scorer.score(text).spans
    ]
    assert bundle.manifest.rationale
    assert all(s["score"] >= bundle.manifest.rationale.threshold for s in reply["spans"])


def test_what_nobody_can_see_moves_the_spans_and_nothing_else(server: Server) -> None:
    plain = score(server, HATEFUL)
    moved = score(server, f" \n\t{HATEFUL}\n")
    assert plain["spans"]
    for span in (*moved["spans"], *moved["decision"]["spans"]):
        span["begin"] -= 3
        span["end"] -= 3
    assert moved == plain


@pytest.mark.parametrize("spelled", ["v3rm1n", "ver*min", "v e r m i n", "v\u0435rmin"])
def test_a_text_that_hides_its_words_is_read_and_flagged(server: Server, spelled: str) -> None:
    text = HATEFUL.replace("vermin", spelled)
    hidden = score(server, text)
    plain = score(server, HATEFUL)
    assert (hidden["flags"]["windows"], hidden["flags"]["obfuscated"]) == (1, True)
    assert (plain["flags"]["windows"], plain["flags"]["obfuscated"]) == (1, False)
    assert hidden["scores"] == plain["scores"]
    assert marked(text, hidden) == [
        words.replace("vermin", spelled) for words in marked(HATEFUL, plain)
    ]


def test_a_harmless_text_has_no_mechanism_and_no_span(server: Server) -> None:
    reply = score(server, "Good morning, the library opens at nine.")
    assert (reply["mechanisms"], reply["spans"]) == ([], [])
