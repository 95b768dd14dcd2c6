"""Posts by their language: which bundle reads them, what the answer tells, and what is refused."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import Server, StartServer, until
from other_languages import ENGLISH, FRENCH, GERMAN, SHORT

from upstander.models.bundle import Bundle
from upstander.models.errors import UpstanderError
from upstander.models.shipped import BUNDLES, DEFAULT_BUNDLE, SHIPPED_POLICIES, find_bundle
from upstander.serving.errors import UnservedLanguage
from upstander.serving.language import Detected
from upstander.serving.language_routing import PostLanguage, Served
from upstander.serving.metrics import Metrics
from upstander.serving.policy_store import PolicyStore
from upstander.serving.scoring import Scored
from upstander.serving.shadow import Shadow


@pytest.fixture(scope="module")
def both(start_server: StartServer, other_languages: Bundle) -> Iterator[Server]:
    """A service of two bundles, which refuses other languages."""
    with start_server(languages_bundle=other_languages.path) as running:
        running.wait_ready()
        yield running


@pytest.fixture(scope="module")
def passing(start_server: StartServer) -> Iterator[Server]:
    """A service of English, which passes other languages."""
    with start_server(unserved_language="pass") as running:
        running.wait_ready()
        yield running


def score(server: Server, text: str, **fields: Any) -> httpx.Response:
    return httpx.post(f"{server.url}/v1/score", json={"text": text, **fields})


def moderate(server: Server, texts: list[str]) -> httpx.Response:
    return httpx.post(f"{server.url}/v1/moderations", json={"input": texts})


def analyze(server: Server, text: str, **fields: Any) -> httpx.Response:
    asked = {"comment": {"text": text}, "requestedAttributes": {"HATE": {}}, **fields}
    return httpx.post(f"{server.url}/v1alpha1/comments:analyze", json=asked)


def shown(reply: Mapping[str, Any]) -> tuple[str, str, bool, bool]:
    """Which model answered, and the language, whether that is sure, and whether it is served."""
    language = reply["language"]
    return reply["model"]["name"], language["code"], language["is_sure"], language["is_served"]


def test_an_answer_tells_the_language_and_what_was_measured_in_it(both: Server) -> None:
    english, german = score(both, ENGLISH).json(), score(both, GERMAN).json()
    assert shown(english) == ("upstander-minilm", "en", True, True)
    assert shown(german) == ("other-languages", "de", True, True)
    assert german["model"]["version"] == "1.0.0"
    assert 0.8 <= german["language"]["probability"] <= 1
    assert set(english["language"]["measured"].values()) == {True}
    measured = german["language"]["measured"]
    assert {label for label in measured if measured[label]} == {"hate", "dehumanization"}
    assert set(measured) == set(german["scores"])
    assert german["decision"]["band"] == "allow"


def test_a_post_of_unsure_language_goes_to_the_first_bundle(both: Server) -> None:
    assert shown(score(both, SHORT).json()) == ("upstander-minilm", "en", False, True)
    given = score(both, SHORT, language="de-AT").json()
    assert shown(given) == ("other-languages", "de", True, True)
    assert "probability" not in given["language"]


def test_the_same_text_has_the_same_answer_alone_and_among_others(both: Server) -> None:
    texts = [ENGLISH, GERMAN, FRENCH, SHORT, GERMAN]
    alone = [score(both, text).json() for text in texts]
    posts = {"posts": [{"text": text} for text in texts]}
    together = httpx.post(f"{both.url}/v1/score/batch", json=posts).json()["results"]
    lines = "".join(json.dumps({"text": text}) + "\n" for text in texts)
    streamed = httpx.post(f"{both.url}/v1/score/stream", content=lines).text.splitlines()
    assert together == alone == [json.loads(line) for line in streamed]
    assert [one.get("error", {}).get("code") for one in alone] == [
        *(None, None),
        *("unserved_language", None, None),
    ]


def test_a_language_that_is_not_served_is_refused_in_the_words_of_every_api(both: Server) -> None:
    before = both.metric('upstander_unserved_total{result="refused"}')
    own = score(both, FRENCH)
    assert (own.status_code, own.json()["error"]["code"]) == (422, "unserved_language")
    assert "(fr): the served ones are en, de, it" in own.json()["error"]["message"]
    assert score(both, ENGLISH, language="xx").status_code == 422
    openai = moderate(both, [ENGLISH, FRENCH])
    assert (openai.status_code, openai.json()["error"]["code"]) == (400, "unserved_language")
    google = analyze(both, FRENCH)
    assert google.status_code == 400
    (detail, *_) = google.json()["error"]["details"]
    assert detail["errorType"] == "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE"
    assert both.metric('upstander_unserved_total{result="refused"}') == before + 4
    assert both.metric('upstander_languages_total{language="fr"}') >= 3
    assert both.metric('upstander_languages_total{language="xx"}') == 0
    assert both.metric('upstander_languages_total{language="other"}') == 1


def test_perspectives_paths_choose_the_bundle_by_the_same_rule(both: Server) -> None:
    found = analyze(both, GERMAN).json()
    assert found["languages"] == found["detectedLanguages"] == ["de"]
    assert analyze(both, SHORT).json()["languages"] == ["en"]
    declared = analyze(both, SHORT, languages=["it", "xx"]).json()
    assert declared["languages"] == ["it", "xx"]
    assert "attributeScores" in declared
    assert analyze(both, ENGLISH, languages=["fr"]).status_code == 400


def test_the_name_of_the_model_is_that_which_answered(both: Server) -> None:
    version = DEFAULT_BUNDLE.name
    assert moderate(both, [GERMAN]).json()["model"] == "other-languages-1.0.0"
    mixed = moderate(both, [ENGLISH, GERMAN]).json()
    assert mixed["model"] == f"upstander-minilm-{version}, other-languages-1.0.0"


def test_what_is_served_is_told(both: Server) -> None:
    told = httpx.get(f"{both.url}/v1/model").json()
    assert [(one["code"], one["model"]) for one in told["languages"]] == [
        ("en", "upstander-minilm"),
        ("de", "other-languages"),
        ("it", "other-languages"),
    ]
    assert told["languages"][2]["measured"] == []
    assert told["unserved_language"] == "refuse"
    for text, is_supported in ((GERMAN, True), (FRENCH, False), (SHORT, True)):
        found = httpx.post(f"{both.url}/v1/language", json={"text": text}).json()
        assert found["is_supported"] is is_supported
    page = httpx.get(f"{both.url}/metrics").text
    assert page.count("upstander_bundle_info{") == 2


def test_what_is_passed_has_no_scores_and_no_decision_and_says_so(passing: Server) -> None:
    reply = score(passing, GERMAN)
    assert reply.status_code == 200
    passed = reply.json()
    assert shown(passed) == ("upstander-minilm", "de", True, False)
    assert passed["scores"] == {}
    assert "decision" not in passed
    assert passed["flags"]["windows"] == 0
    assert not any(passed["language"]["measured"].values())
    posts = {"posts": [{"text": GERMAN, "id": "7"}, {"text": ENGLISH}]}
    first, second = httpx.post(f"{passing.url}/v1/score/batch", json=posts).json()["results"]
    assert first == {**passed, "id": "7"}
    assert second["decision"]["band"] == "allow"
    openai = moderate(passing, [ENGLISH, GERMAN])
    assert openai.headers["X-Upstander-Unserved-Language"] == "1=de"
    applied = openai.json()["results"][1]["category_applied_input_types"]
    assert set(map(tuple, applied.values())) == {()}
    google = analyze(passing, GERMAN)
    assert google.headers["X-Upstander-Unserved-Language"] == "de"
    assert google.json() == {"languages": ["de"], "detectedLanguages": ["de"]}
    assert passing.metric('upstander_unserved_total{result="passed"}') == 4


def test_what_is_decided_all_the_same_says_so(start_server: StartServer) -> None:
    with start_server(unserved_language="decide") as server:
        server.wait_ready()
        found = score(server, GERMAN).json()
        assert shown(found) == ("upstander-minilm", "de", True, False)
        assert found["decision"]["band"] == "allow"
        google = analyze(server, GERMAN)
        assert google.headers["X-Upstander-Unserved-Language"] == "de"
        assert "attributeScores" in google.json()
        assert server.metric('upstander_unserved_total{result="decided"}') == 2


def test_an_assumed_language_is_that_of_every_post(
    start_server: StartServer, other_languages: Bundle
) -> None:
    with start_server(bundle=other_languages.path, assume_language="it") as server:
        server.wait_ready()
        assert shown(score(server, ENGLISH).json()) == ("other-languages", "it", True, True)
        assert analyze(server, ENGLISH).json()["languages"] == ["it"]


def test_what_is_no_tag_of_a_language_is_refused(both: Server) -> None:
    told = score(both, ENGLISH, language="in German")
    assert told.status_code == 422
    assert told.json()["error"]["message"] == (
        "language: must be the tag of a language, such as de or pt-BR."
    )


def test_a_shadow_compares_posts_in_its_own_languages_alone(bundle: Bundle) -> None:
    metrics = Metrics()
    shadow = Shadow(bundle, 1.0, None, metrics)
    found = bundle.scorer.score(ENGLISH)
    for code in ("de", "en"):
        language = PostLanguage(code, 0.99, is_sure=True)
        shadow.offer(ENGLISH, Scored(found, bundle, 0.0, False, language=language))
    agrees = metrics.registry.get_sample_value
    until(lambda: agrees("upstander_shadow_total", {"result": "agrees"}) is not None)
    shadow.close()
    assert agrees("upstander_shadow_total", {"result": "agrees"}) == 1


def detected(**languages: float) -> Detected:
    """What is found, and not sure."""
    return Detected((*languages,), (*languages.values(),), None)


def test_what_an_unsure_text_counts_as(bundle: Bundle, other_languages: Bundle) -> None:
    english = Served(bundle, other_languages)
    assert english.counted(detected(de=0.5, en=0.3)) == PostLanguage("en", 0.3)
    assert english.counted(detected(de=0.5)) == PostLanguage("en", None)
    other = Served(other_languages)
    assert other.counted(detected(fr=0.5, it=0.3)) == PostLanguage("it", 0.3)
    assert other.counted(detected()) == PostLanguage("de", None)


def test_a_variety_counts_as_its_language_where_that_alone_is_served(
    bundle: Bundle, other_languages: Bundle
) -> None:
    (chinese,) = (one.model_copy(update={"code": "zh"}) for one in bundle.manifest.languages)
    manifest = other_languages.manifest.model_copy(update={"languages": (chinese,)})
    served = Served(bundle, replace(other_languages, manifest=manifest))
    for code, expected in (("yue", "zh"), ("wuu", "zh"), ("arz", "ar")):
        language = served.counted(Detected((code,), (0.9,), code))
        assert language == PostLanguage(expected, 0.9, is_sure=True)
        assert served.is_served(language) is (expected == "zh")


def test_which_of_several_declared_languages_counts(
    bundle: Bundle, other_languages: Bundle
) -> None:
    served = Served(bundle, other_languages)
    found = Detected(("it",), (0.9,), "it")
    assert served.declared(["de", "IT_it"], found).code == "it"
    assert served.declared(["fr", "de", "en"], found).code == "de"
    assert served.declared(["fr", "pt"], found).code == "fr"
    with pytest.raises(UnservedLanguage, match=r"\(fr\)"):
        served.bundle_for(served.declared(["fr"]))


def test_bundles_that_do_not_go_together_are_refused(
    bundle: Bundle, other_languages: Bundle
) -> None:
    with pytest.raises(UpstanderError, match=r"--assume-language fr: .* there are en, de, it"):
        Served(bundle, other_languages, assumed="fr")
    manifest = other_languages.manifest
    fewer = manifest.model_copy(update={"labels": manifest.labels[:2]})
    with pytest.raises(UpstanderError, match=r"other-languages 1\.0\.0 lacks labels of upstander"):
        Served(bundle, replace(other_languages, manifest=fewer))


def test_a_policy_is_bound_to_each_bundle_once(bundle: Bundle, other_languages: Bundle) -> None:
    store = PolicyStore(SHIPPED_POLICIES, "hate", Metrics())
    store.check(bundle.manifest, other_languages.manifest)
    policy = store.find(None, None)
    assert policy is not None
    first = [store.bind(policy, one.manifest) for one in (bundle, other_languages)]
    again = [store.bind(policy, one.manifest) for one in (bundle, other_languages)]
    assert [one is other for one, other in zip(first, again, strict=True)] == [True, True]


def test_a_shipped_bundle_is_found_by_its_name(tmp_path: Path) -> None:
    newest = find_bundle(Path("upstander-minilm"))
    assert newest.parent == BUNDLES / "upstander-minilm"
    assert (newest / "manifest.json").is_file()
    assert find_bundle(tmp_path) == tmp_path
    assert find_bundle(Path("upstander-nothing")) == Path("upstander-nothing")
