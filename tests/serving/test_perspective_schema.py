"""No reply departs from the discovery document, whatever valid request it answers."""

from typing import Any

import httpx
import jsonschema
from comments import SIX, analyze
from conftest import Server
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from upstander.serving.api.perspective.discovery import SCHEMAS


def as_json_schema(value: Any) -> Any:
    """A schema of the discovery document in the dialect of JSON Schema; nothing else is allowed."""
    if isinstance(value, list):
        return [as_json_schema(one) for one in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        return {"$ref": f"#/$defs/{value['$ref']}"}
    found = {k: as_json_schema(v) for k, v in value.items() if k not in ("id", "format")}
    if value.get("type") == "object" and "properties" in value:
        found["additionalProperties"] = False
    return found


ATTRIBUTES = st.dictionaries(
    st.sampled_from([*SIX, "DEHUMANIZATION", "HATE", "THREAT_EXPERIMENTAL"]),
    st.fixed_dictionaries(
        {},
        optional={
            "scoreType": st.sampled_from(["PROBABILITY", "SCORE_TYPE_UNSPECIFIED"]),
            "scoreThreshold": st.floats(0, 1),
        },
    )
    | st.none(),
    min_size=1,
)
REQUESTS = st.fixed_dictionaries(
    {
        "comment": st.fixed_dictionaries(
            {"text": st.text(min_size=1, max_size=300).map(lambda text: "a" + text)},
            optional={"type": st.sampled_from(["PLAIN_TEXT", "TEXT_TYPE_UNSPECIFIED"])},
        ),
        "requestedAttributes": ATTRIBUTES,
    },
    optional={
        "languages": st.sampled_from([["en"], ["en-GB", "de"], []]),
        "doNotStore": st.booleans(),
        "spanAnnotations": st.booleans(),
        "dropUnsupportedAttributes": st.just(True),
        "clientToken": st.text(max_size=20),
        "sessionId": st.text(max_size=20),
        "communityId": st.text(max_size=20),
        "context": st.just({"entries": [{"text": "before"}]}),
    },
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(request=REQUESTS)
def test_no_reply_departs_from_the_discovery_document(
    server: Server, request: dict[str, Any]
) -> None:
    schemas = as_json_schema(dict(SCHEMAS))
    reply = analyze(server, {"dropUnsupportedAttributes": True, **request})
    assert reply.status_code == 200, reply.text
    body = reply.json()
    jsonschema.validate(body, {"$ref": "#/$defs/AnalyzeCommentResponse", "$defs": schemas})
    assert body.get("clientToken", "") == request.get("clientToken", "")
    length = len(request["comment"]["text"].encode("utf-16-le")) // 2
    for name, found in body.get("attributeScores", {}).items():
        assert name in request["requestedAttributes"]
        for span in found.get("spanScores", []):
            assert 0 <= span["begin"] < span["end"] <= length


SCORES = st.fixed_dictionaries(
    {},
    optional={
        "value": st.floats(0, 1),
        "type": st.sampled_from(["PROBABILITY", "SCORE_TYPE_UNSPECIFIED"]),
    },
)
SUGGESTIONS = st.fixed_dictionaries(
    {
        "comment": st.fixed_dictionaries(
            {"text": st.text(min_size=1, max_size=300).map(lambda text: "a" + text)}
        ),
        "attributeScores": st.dictionaries(
            st.sampled_from([*SIX, "APPROVED", "SPAM"]),
            st.fixed_dictionaries(
                {"summaryScore": SCORES},
                optional={"spanScores": st.just([{"begin": 0, "end": 1, "score": {"value": 0.5}}])},
            ),
            min_size=1,
        ),
    },
    optional={
        "languages": st.sampled_from([["en"], ["EN"], []]),
        "clientToken": st.text(max_size=20),
        "sessionId": st.text(max_size=20),
        "communityId": st.text(max_size=20),
        "context": st.just({"articleAndParentComment": {"article": {"text": "before"}}}),
    },
)


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(request=SUGGESTIONS)
def test_no_reply_to_a_suggestion_departs_from_it_either(
    server: Server, request: dict[str, Any]
) -> None:
    reply = httpx.post(f"{server.url}/v1alpha1/comments:suggestscore", json=request, timeout=30)
    assert reply.status_code == 200, reply.text
    schemas = as_json_schema(dict(SCHEMAS))
    body = reply.json()
    jsonschema.validate(body, {"$ref": "#/$defs/SuggestCommentScoreResponse", "$defs": schemas})
    assert body.get("clientToken", "") == request.get("clientToken", "")
    assert body.get("requestedLanguages", []) == request.get("languages", [])
