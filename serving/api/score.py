"""`POST /v1/score` and `POST /v1/score/batch`."""

import asyncio
import time
from typing import Final

from fastapi import APIRouter, Request, Response

from upstander.models.policy.loader import ReadPolicy
from upstander.models.response import reply_json, unscored_json
from upstander.models.schemas import BatchReply, ErrorReply, Problem, Reply
from upstander.serving.admission import Permit
from upstander.serving.api.post_schemas import BadPost, Batch, Post
from upstander.serving.api.route import BodyRoute
from upstander.serving.auth import Caller
from upstander.serving.errors import (
    InternalError,
    InvalidRequest,
    ServiceError,
    TextTooLong,
    UnservedLanguage,
)
from upstander.serving.language_routing import PostLanguage
from upstander.serving.request_logging import log_fault
from upstander.serving.routes import Declaration, declares
from upstander.serving.scoring import Scored
from upstander.serving.service import (
    TIMEOUT_PARAMETER,
    Service,
    caller_of,
    cancel_on_disconnect,
    deadline_of,
    decide_for,
    score_for,
    service_of,
    size_of,
)

router = APIRouter(prefix="/v1", tags=["score"], route_class=BodyRoute)

_REFUSALS: dict[int | str, dict[str, object]] = {
    status: {"model": ErrorReply} for status in (401, 403, 413, 422, 429, 503, 504)
}
_EXTRA = {"parameters": [TIMEOUT_PARAMETER]}

_SCORES: Final = Declaration("score", needs_permit=True)

MANY_SPANS: Final = 100
"""Spans from which on a reply is written beside the event loop."""


@router.post("/score", response_model=Reply, responses=_REFUSALS, openapi_extra=_EXTRA)
@declares(_SCORES)
async def score(post: Post, request: Request) -> Response:
    """Score one post."""
    started = time.perf_counter()
    service = service_of(request)
    policy = _refuse_early(post, service)
    deadline = deadline_of(request, service)
    keep, language = not post.do_not_store, declared_by(post, service)
    try:
        scored = await score_for(request, post.text, deadline, keep, language)
    except UnservedLanguage as error:
        if service.passes_unserved:
            return _answer(_unscored(post, error, service), [], started)
        raise
    reply = await _reply_to(post, scored, policy, service, caller_of(request), deadline)
    return _answer(reply, [scored], started)


@router.post("/score/batch", response_model=BatchReply, responses=_REFUSALS, openapi_extra=_EXTRA)
@declares(_SCORES)
async def score_batch(batch: Batch, request: Request) -> Response:
    """Score several posts; a post that cannot be scored gets an error in its place."""
    started = time.perf_counter()
    service = service_of(request)
    engine, settings = service.engine, service.settings
    if len(batch.posts) > settings.max_batch:
        raise InvalidRequest(
            f"posts: {len(batch.posts)} posts, and at most {settings.max_batch} are allowed: "
            "send them in several requests."
        )
    deadline, caller = deadline_of(request, service), caller_of(request)
    timed: list[Scored] = []

    async def answer(post: Post | BadPost, permit: Permit) -> bytes:
        reply, scored = await outcome_of(post, service, deadline, caller, permit)
        if scored is not None:
            timed.append(scored)
        return reply

    with engine.admission.permit(caller.holder, _size_of(batch.posts[0])) as first:
        await service.auth.charge(caller, len(batch.posts))
        with cancel_on_disconnect(request):
            answers = engine.in_order(batch.posts, answer, _size_of, caller.holder, first)
            groups = [group async for group in answers]
    results = b",".join(result for group in groups for result in group)
    return _answer(b'{"results":[' + results + b"]}", timed, started)


async def outcome_of(
    post: Post | BadPost,
    service: Service,
    deadline: float,
    caller: Caller,
    permit: Permit,
    is_charged: bool = True,
) -> tuple[bytes, Scored | None]:
    """One of many posts: its answer as JSON, or what is wrong with it.

    permit: of this post, held by the caller. is_charged: whether the post was taken off the quota
    already.
    """
    try:
        if isinstance(post, BadPost):
            raise InvalidRequest(post.message)
        policy = _refuse_early(post, service)
        if not is_charged:
            await service.auth.charge(caller, 1)
        keep = not post.do_not_store
        language = declared_by(post, service)
        scored = await service.engine.score(post.text, deadline, keep, permit, language)
        await service.auth.charge_tokens(caller, scored.score.work.tokens)
        return await _reply_to(post, scored, policy, service, caller, deadline), scored
    except ServiceError as error:
        if isinstance(error, UnservedLanguage) and service.passes_unserved:
            assert isinstance(post, Post)  # noqa: S101 - it was scored
            return _unscored(post, error, service), None
        problem = error
    except Exception as error:  # one text's fault is not that of the others
        log_fault(error)
        problem = InternalError("A fault of the service: see its log.")
    reply = ErrorReply(id=post.id, error=Problem(code=problem.code, message=str(problem)))
    return json_of_error(reply), None


async def _reply_to(
    post: Post,
    scored: Scored,
    policy: ReadPolicy | None,
    service: Service,
    caller: Caller,
    deadline: float,
) -> bytes:
    """The answer to a post, as JSON. Its decision is recorded if decisions are.

    Raises StoreDown and StoreRefused if a decision must be recorded and cannot be.
    """
    decided = await decide_for(
        service,
        caller,
        post.text,
        scored,
        policy,
        deadline,
        community_id=post.community_id,
        post_id=post.id,
        keep=not post.do_not_store,
    )
    language = service.engine.served.describe(scored.language, scored.bundle)

    def write() -> bytes:
        return reply_json(
            scored.score,
            scored.bundle,
            scored.thresholds,
            language,
            is_quotation=scored.is_quotation,
            post_id=post.id,
            decided=decided,
        )

    return await asyncio.to_thread(write) if len(scored.score.spans) > MANY_SPANS else write()


def _unscored(post: Post, error: UnservedLanguage, service: Service) -> bytes:
    """The answer to a post in a language that is not served."""
    served = service.engine.served
    language = PostLanguage(error.language, error.probability, is_sure=True)
    return unscored_json(served.main, served.describe(language, served.main), post.id)


def _refuse_early(post: Post, service: Service) -> ReadPolicy | None:
    """The policy of a post. Raises TextTooLong or InvalidRequest before any work is done."""
    refuse_long(post.text, service.settings.max_text_bytes)
    return service.policy_store.find(post.policy, post.community_id)


def declared_by(post: Post, service: Service) -> PostLanguage | None:
    """The language that a post names; None if it names none."""
    return None if post.language is None else service.engine.served.declared([post.language])


def refuse_long(text: str, limit: int) -> None:
    """Raise TextTooLong before any work is done on a text over `limit` bytes of UTF-8."""
    size = len(text.encode())
    if size > limit:
        raise TextTooLong(
            f"The text has {size:,} bytes, and at most {limit:,} are allowed: "
            "split it, or send the part that you need scored."
        )


def json_of_error(reply: ErrorReply) -> bytes:
    """An error in the place of an answer, as JSON."""
    return reply.model_dump_json(exclude_none=True).encode()


def _size_of(post: Post | BadPost) -> int:
    return size_of(post.text) if isinstance(post, Post) else 0


def _answer(body: bytes, scored: list[Scored], started: float) -> Response:
    timing = _server_timing(scored, time.perf_counter() - started)
    return Response(
        body,
        media_type="application/json",
        headers={"Server-Timing": timing},
    )


def _server_timing(scored: list[Scored], total: float) -> str:
    """Milliseconds by stage, summed over the texts of the request (W3C Server-Timing)."""
    stages = {
        "queue": sum(s.queued for s in scored),
        "normalise": sum(s.score.timings.normalise for s in scored),
        "tokenize": sum(s.score.timings.tokenize for s in scored),
        "run": sum(s.score.timings.run for s in scored),
        "total": total,
    }
    return ", ".join(f"{stage};dur={seconds * 1000:.3f}" for stage, seconds in stages.items())
