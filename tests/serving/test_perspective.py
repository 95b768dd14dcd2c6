"""The Perspective API: what its clients ask for, in the form in which Google answered it."""

import httpx
import pytest
from comments import PATH, SIX, analyze, asked
from conftest import Server, StartServer

from upstander.models.bundle import Bundle


def test_the_six_attributes_and_dehumanization_score_as_the_labels_do(
    server: Server, bundle: Bundle
) -> None:
    text = "These people are vermin and should be driven out."
    names = [*SIX, "DEHUMANIZATION", "TOXICITY_EXPERIMENTAL"]
    response = analyze(server, asked(text, requestedAttributes={name: {} for name in names}))
    assert response.status_code == 200
    reply = response.json()
    scores = bundle.scorer.score(text).scores
    assert set(reply["attributeScores"]) == set(names)
    for name, found in reply["attributeScores"].items():
        value = scores[name.removesuffix("_EXPERIMENTAL").lower()]
        assert found["summaryScore"] == {"value": pytest.approx(value), "type": "PROBABILITY"}
    assert reply["languages"] == ["en"]
    assert reply["detectedLanguages"] == ["en"]
    assert "clientToken" not in reply
    assert "X-Upstander-Aliases" not in response.headers


def test_spans_count_utf_16_code_units(server: Server, bundle: Bundle) -> None:
    text = "😀😀 Those immigrants are vermin, and rats."
    spans = bundle.scorer.score(text).spans
    assert spans
    reply = analyze(
        server, asked(text, requestedAttributes={"DEHUMANIZATION": {}}, spanAnnotations=True)
    ).json()
    units = text.encode("utf-16-le")
    found = reply["attributeScores"]["DEHUMANIZATION"]["spanScores"]
    words = [units[2 * span["begin"] : 2 * span["end"]].decode("utf-16-le") for span in found]
    assert words == [text[span.begin : span.end] for span in spans]


def test_without_annotations_the_span_is_the_whole_comment(server: Server) -> None:
    reply = analyze(server, asked("a 😀")).json()
    scores = reply["attributeScores"]["TOXICITY"]
    assert scores["spanScores"] == [{"begin": 0, "end": 4, "score": scores["summaryScore"]}]


def test_scores_below_their_threshold_are_left_out(server: Server) -> None:
    wanted = {"TOXICITY": {"scoreThreshold": 1}, "INSULT": {"scoreThreshold": 0}}
    reply = analyze(server, asked("Good morning.", requestedAttributes=wanted)).json()
    assert set(reply["attributeScores"]) == {"INSULT"}
    none = {"TOXICITY": {"scoreThreshold": 1}}
    assert "attributeScores" not in analyze(server, asked(requestedAttributes=none)).json()


def test_the_token_comes_back_and_names_may_be_in_snake_case(server: Server) -> None:
    body = {
        "comment": {"text": "hello there", "type": "PLAIN_TEXT"},
        "requested_attributes": {"TOXICITY": {"score_type": "PROBABILITY"}},
        "client_token": "comment:7",
        "session_id": None,
        "do_not_store": True,
        "community_id": "Coral:forum",
        "context": {"entries": [{"text": '{"url": "x"}'}]},
    }
    assert analyze(server, body).json()["clientToken"] == "comment:7"


def test_answers_are_indented_unless_told_otherwise(server: Server) -> None:
    assert analyze(server, asked()).text.startswith('{\n  "attributeScores"')
    compact = analyze(server, asked(), "?prettyPrint=false&alt=json")
    assert compact.text.startswith('{"attributeScores"')
    assert compact.headers["content-type"] == "application/json; charset=UTF-8"


@pytest.mark.parametrize(
    ("mask", "kept"),
    [
        ("languages", {"languages"}),
        ("attributeScores/TOXICITY/summaryScore/value", {"attributeScores"}),
        (
            "attributeScores(TOXICITY/summaryScore,INSULT),languages",
            {"attributeScores", "languages"},
        ),
        ("*", {"attributeScores", "languages", "detectedLanguages"}),
        ("clientToken", set()),
    ],
)
def test_a_mask_chooses_fields(server: Server, mask: str, kept: set[str]) -> None:
    reply = httpx.post(f"{server.url}{PATH}", json=asked(), params={"fields": mask}).json()
    assert set(reply) == kept
    if "summaryScore/value" in mask:
        assert list(reply["attributeScores"]["TOXICITY"]) == ["summaryScore"]
        assert list(reply["attributeScores"]["TOXICITY"]["summaryScore"]) == ["value"]


@pytest.mark.parametrize("text", ["ok", "lol", "😀", "nein", "gg wp", "!!!", "hola"])
def test_no_short_comment_is_refused_for_its_language(server: Server, text: str) -> None:
    response = analyze(server, asked(text, languages=[]))
    assert response.status_code == 200, response.text
    assert response.json()["languages"] == ["en"]


def test_attributes_that_do_not_support_the_language_can_be_dropped(server: Server) -> None:
    reply = analyze(server, asked(languages=["de"], dropUnsupportedAttributes=True)).json()
    assert "attributeScores" not in reply
    assert reply["languages"] == ["de"]


def test_an_alias_is_marked_and_other_names_are_refused(start_server: StartServer) -> None:
    aliases = "TOXICITY_FAST=toxicity, OBSCENE=profanity"
    with start_server(attribute_aliases=aliases, unserved_language="decide") as server:
        server.wait_ready()
        wanted = {"TOXICITY_FAST": {}, "TOXICITY": {}}
        response = analyze(server, asked(requestedAttributes=wanted))
        scores = response.json()["attributeScores"]
        assert scores["TOXICITY_FAST"] == scores["TOXICITY"]
        assert response.headers["X-Upstander-Aliases"] == "TOXICITY_FAST=toxicity"
        described = httpx.get(f"{server.url}/$discovery/rest").json()["description"]
        assert "OBSCENE: Not modelled: an alias of the label 'profanity'." in described
        german = analyze(server, asked("Das ist ein Satz.", languages=["de"]))
        assert german.status_code == 200
        assert german.headers["X-Upstander-Unserved-Language"] == "de"


@pytest.mark.parametrize("aliases", ["SPAM", "SPAM=spam", "TOXICITY=insult"])
def test_an_alias_that_means_nothing_stops_the_start(
    start_server: StartServer, aliases: str
) -> None:
    with start_server(attribute_aliases=aliases) as server:
        assert server.process.wait(timeout=30) == 1
        assert "--attribute-aliases" in server.log.read_text()
