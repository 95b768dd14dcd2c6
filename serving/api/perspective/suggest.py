"""`POST /v1alpha1/comments:suggestscore`: stores the scores that a client suggests."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from pydantic_core import to_json

from upstander.models.normaliser import normalise
from upstander.serving.api.perspective.errors import (
    ANSWER,
    REFUSALS,
    CommentError,
    empty,
    google_error,
)
from upstander.serving.api.perspective.offsets import units
from upstander.serving.api.perspective.options import options_of
from upstander.serving.api.perspective.route import GoogleRoute
from upstander.serving.api.perspective.schemas import AttributeScores, Score, SuggestRequest
from upstander.serving.language import detect
from upstander.serving.routes import Declaration, declares
from upstander.serving.service import caller_of, deadline_of, service_of, size_of

router = APIRouter(tags=["perspective"], route_class=GoogleRoute)

Json = dict[str, Any]

_NAME: Final = re.compile(r"[A-Za-z0-9_]{1,64}")


@router.post("/v1alpha1/comments:suggestscore", responses=ANSWER | REFUSALS)
@declares(Declaration("score", needs_permit=True, dialect=google_error))
async def suggest(asked: SuggestRequest, request: Request) -> Response:
    """Store suggested scores for a comment, for human review.

    The answer means that they are on the disk.
    """
    options = options_of(request, "SuggestCommentScoreResponse")
    service = service_of(request)
    text = asked.text(service.settings.max_text_bytes)
    scores = _suggested(asked.attribute_scores, units(text))
    detected = await detect(text)
    languages = [tag for tag in asked.languages or () if tag]
    caller = caller_of(request)
    context = _context(asked, service.settings.max_suggestion_bytes)
    row: Json = {
        "received": datetime.now(UTC).replace(tzinfo=None),
        "key_id": caller.key_id,
        "text": text,
        "attribute_scores": scores,
        "context": context,
        "languages": languages,
        "detected_languages": list(detected.languages),
        "client_token": asked.client_token,
        "session_id": asked.session_id,
        "community_id": asked.community_id,
    }
    row["bytes"] = size = _size(row, service.settings.max_suggestion_bytes)
    deadline = deadline_of(request, service)
    engine = service.engine
    # What waits for the disk takes memory, too.
    with engine.admission.permit(caller.holder, size_of(text)) as permit:
        if not await engine.prepare(lambda: normalise(text).text, deadline, permit):
            raise empty()
        await service.auth.charge(caller, 1)
        await service.suggestion_limit.take(size, deadline)
        await service.store.keep("suggestions", row, deadline)
    reply: Json = {}
    if asked.client_token:
        reply["clientToken"] = asked.client_token
    if languages:
        reply["requestedLanguages"] = languages
    if detected.languages:
        reply["detectedLanguages"] = list(detected.languages)
    return options.response(reply, {})


def _context(asked: SuggestRequest, limit: int) -> Json | None:
    """Where the comment stands, as it is kept. Raises CommentError for more than `limit` bytes."""
    if asked.context is None:
        return None
    if asked.context.characters() > limit:  # before anything is made of it
        raise _too_much(limit)
    return asked.context.model_dump(by_alias=True, exclude_none=True)


def _size(row: Json, limit: int) -> int:
    """The bytes that a suggestion takes. Raises CommentError for more than `limit`."""
    size = len(to_json(row))
    if size > limit:
        raise _too_much(limit)
    return size


def _too_much(limit: int) -> CommentError:
    return CommentError(
        f"Suggestion too long: with its context it may have {limit:,} bytes. Send less context, "
        "or none."
    )


def _suggested(given: Mapping[str, AttributeScores | None] | None, length: int) -> dict[str, Json]:
    """The scores as they are kept. length: of the comment, in UTF-16. Raises CommentError.

    Any name is taken: Coral suggests `APPROVED` or `DELETED`, which nobody scores.
    """
    if not given:
        raise CommentError("Missing attribute_scores")
    kept: dict[str, Json] = {}
    for name, scores in given.items():
        if not _NAME.fullmatch(name):
            raise CommentError(f"Unknown requested attribute: {name[:64]}")
        if scores is None or (scores.summary_score is None and not scores.span_scores):
            raise CommentError(f"Attribute {name} has neither a summary score nor span scores")
        kept[name] = {}
        if scores.summary_score is not None:
            kept[name]["summaryScore"] = _score(scores.summary_score, name)
        spans: list[Json] = []
        for span in scores.span_scores or ():
            if span.begin is None or span.end is None:
                raise CommentError(f"Span scores of attribute {name} need begin and end")
            if not 0 <= span.begin < span.end <= length:
                raise CommentError(
                    f"A span of attribute {name} is not in the comment, which has {length} "
                    "UTF-16 code units"
                )
            score = _score(span.score or Score(), name)
            spans.append({"begin": span.begin, "end": span.end, "score": score})
        if spans:
            kept[name]["spanScores"] = spans
    return kept


def _score(score: Score, name: str) -> Json:
    if score.type not in (None, "SCORE_TYPE_UNSPECIFIED", "PROBABILITY"):
        raise CommentError(
            f"Requested score type {score.type[:64]} is not supported by attribute {name}"
        )
    value = score.value or 0.0  # clients that write protocol buffers leave a zero out
    if not 0 <= value <= 1:
        raise CommentError(f"A score of attribute {name} is not between 0 and 1")
    return {"value": value, "type": "PROBABILITY"}
