"""`POST /v1alpha1/comments:analyze`."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from upstander.models.labels import EXPLAINED
from upstander.models.rationale import Span
from upstander.models.response import Decided
from upstander.serving.api.perspective.attributes import Attribute
from upstander.serving.api.perspective.errors import (
    ANSWER,
    REFUSALS,
    CommentError,
    google_error,
    wrong_language,
)
from upstander.serving.api.perspective.offsets import places_in_units, units
from upstander.serving.api.perspective.options import options_of
from upstander.serving.api.perspective.route import GoogleRoute
from upstander.serving.api.perspective.schemas import AnalyzeRequest, AttributeParameters
from upstander.serving.api.score import MANY_SPANS
from upstander.serving.errors import UnservedLanguage
from upstander.serving.language import Detected, detect
from upstander.serving.language_routing import PostLanguage, Served
from upstander.serving.routes import Declaration, declares
from upstander.serving.scoring import Scored
from upstander.serving.service import caller_of, deadline_of, decide_for, score_for, service_of

ALIASES_HEADER: Final = "X-Upstander-Aliases"
"""Attributes of the answer that are scores of another label, as `NAME=label`."""

DECISION_HEADER: Final = "X-Upstander-Decision"
"""What the policy of the comment's community says, as `review; rule=...; policy=...@...`."""

DETECTED_HEADER: Final = "X-Upstander-Detected-Languages"
"""What a comment seems to be written in, with how likely that is: `en;p=0.97`."""

LANGUAGE_HEADER: Final = "X-Upstander-Unserved-Language"
"""The languages of a comment that was scored, or passed without scores, although no model that is
served knows any of them."""

router = APIRouter(tags=["perspective"], route_class=GoogleRoute)


@router.post("/v1alpha1/comments:analyze", responses=ANSWER | REFUSALS)
@declares(Declaration("score", needs_permit=True, dialect=google_error))
async def analyze(asked: AnalyzeRequest, request: Request) -> Response:
    """Score a comment, as the Perspective API does."""
    options = options_of(request, "AnalyzeCommentResponse")
    service = service_of(request)
    settings = service.settings
    text = asked.text(settings.max_text_bytes)
    wanted = _wanted(asked, service.catalogue.of(service.engine.bundle.manifest))
    detected = await detect(text)
    requested = [tag for tag in asked.languages or () if tag]
    served = service.engine.served
    language = _language_of(served, requested, detected)
    languages = requested or [language.code]
    headers = {DETECTED_HEADER: detected.to_header()} if detected.languages else {}
    if not served.is_served(language):
        headers[LANGUAGE_HEADER] = ", ".join(languages)
    try:
        served.bundle_for(language)
    except UnservedLanguage as unserved:
        service.engine.count_unserved(unserved)
        if not (service.passes_unserved or asked.drop_unsupported_attributes):
            which = "requestedLanguages" if requested else "detectedLanguages"
            name = next(iter(wanted)).name
            raise wrong_language(name, languages, which, detected.to_header()) from None
        wanted = {}
    reply: dict[str, Any] = {}
    spans = 0
    if wanted:
        deadline = deadline_of(request, service)
        keep = not asked.do_not_store
        policy = service.policy_store.find(None, asked.community_id)
        scored = await score_for(request, text, deadline, keep, language)
        spans = len(scored.score.spans)
        if scores := dict(_scores(asked, wanted, scored, text)):
            reply["attributeScores"] = scores
        decided = await decide_for(
            service,
            caller_of(request),
            text,
            scored,
            policy,
            deadline,
            community_id=asked.community_id,
            post_id=asked.client_token,
            keep=keep,
        )
        if decided is not None:
            headers[DECISION_HEADER] = _header_of(decided)
    reply["languages"] = languages
    if detected.languages:
        reply["detectedLanguages"] = list(detected.languages)
    if asked.client_token:
        reply["clientToken"] = asked.client_token
    if aliased := [f"{one.name}={one.label}" for one in wanted if one.alias]:
        headers[ALIASES_HEADER] = ", ".join(aliased)
    if spans > MANY_SPANS:
        return await asyncio.to_thread(options.response, reply, headers)
    return options.response(reply, headers)


def _language_of(served: Served, requested: Sequence[str], detected: Detected) -> PostLanguage:
    """What the comment counts as: what the request says, else what every post does, else found."""
    if requested:
        return served.declared(requested, detected)
    if served.assumed:
        return served.declared([served.assumed])
    return served.counted(detected)


def _wanted(
    asked: AnalyzeRequest, attributes: Mapping[str, Attribute]
) -> dict[Attribute, AttributeParameters]:
    """The attributes that are asked for, and how. Raises CommentError."""
    if not asked.requested_attributes:
        raise CommentError("Missing requested_attributes", "NO_REQUESTED_ATTRIBUTES")
    wanted = {}
    for name, parameters in asked.requested_attributes.items():
        if name not in attributes:
            raise CommentError(f"Unknown requested attribute: {name[:64]}")
        how = parameters or AttributeParameters()
        if how.score_type not in (None, "SCORE_TYPE_UNSPECIFIED", "PROBABILITY"):
            raise CommentError(
                f"Requested score type {how.score_type[:64]} is not supported by attribute {name}"
            )
        wanted[attributes[name]] = how
    return wanted


def _scores(
    asked: AnalyzeRequest,
    wanted: Mapping[Attribute, AttributeParameters],
    scored: Scored,
    text: str,
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The scores of the attributes, but for what is below its threshold."""
    whole = units(text)
    explained: list[Span] = []
    if asked.span_annotations:
        explained = _in_units(scored.score.spans, text)
    for attribute, parameters in wanted.items():
        least = parameters.score_threshold or 0.0
        value = scored.score.scores[attribute.label]
        spans = [Span(0, whole, value)]  # where the rationale shows no reason
        if asked.span_annotations and attribute.label in EXPLAINED:
            spans = explained
        found: dict[str, Any] = {}
        if value >= least:
            found["summaryScore"] = _score(value)
        if reached := [_span(span) for span in spans if span.score >= least]:
            found["spanScores"] = reached
        if found:
            yield attribute.name, found


def _header_of(decided: Decided) -> str:
    """A decision in a header."""
    decision, policy = decided.decision, decided.policy.policy
    rule = f"; rule={decision.rule.id}" if decision.rule and decision.band != "allow" else ""
    own_id = "" if decided.decision_id is None else f"; id={decided.decision_id}"
    return f"{decision.band}{rule}; policy={policy.id}@{policy.version}{own_id}"


def _in_units(spans: Sequence[Span], text: str) -> list[Span]:
    """Spans of a text, in the order of the text, as offsets in UTF-16 code units."""
    places = places_in_units(text, (place for span in spans for place in (span.begin, span.end)))
    return [Span(next(places), next(places), span.score) for span in spans]


def _span(span: Span) -> dict[str, Any]:
    return {"begin": span.begin, "end": span.end, "score": _score(span.score)}


def _score(value: float) -> dict[str, Any]:
    return {"value": value, "type": "PROBABILITY"}
