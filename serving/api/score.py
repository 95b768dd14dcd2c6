"""`POST /v1/score` and `POST /v1/score/batch`."""

import time
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from models.bundle import Bundle
from serving.api.wire import (
    BadPost,
    Batch,
    BatchReply,
    ErrorReply,
    Flags,
    Mechanism,
    ModelInfo,
    Post,
    Problem,
    Reply,
    Span,
    Target,
)
from serving.engine import Engine, Scored
from serving.errors import InvalidRequest, ServiceError, TextTooLong
from serving.settings import Settings

router = APIRouter(prefix="/v1", tags=["score"])


def engine_of(request: Request) -> Engine:
    """The engine of the application that a request came to."""
    engine: Engine = request.app.state.engine
    return engine


def settings_of(request: Request) -> Settings:
    """The settings of the application that a request came to."""
    settings: Settings = request.app.state.settings
    return settings


_Engine = Annotated[Engine, Depends(engine_of)]
_Settings = Annotated[Settings, Depends(settings_of)]
_REFUSALS: dict[int | str, dict[str, object]] = {
    status: {"model": ErrorReply} for status in (413, 422, 429, 503)
}


@router.post("/score", response_model_exclude_none=True, responses=_REFUSALS)
async def score(post: Post, engine: _Engine, settings: _Settings, response: Response) -> Reply:
    """Score one post."""
    started = time.perf_counter()
    refuse_long(post.text, settings.max_text_bytes)
    async with engine.admitted():
        bundle = engine.bundle
        scored = await engine.score(post.text)
    response.headers["Server-Timing"] = _server_timing([scored], time.perf_counter() - started)
    return _reply(post, scored, bundle)


@router.post("/score/batch", response_model_exclude_none=True, responses=_REFUSALS)
async def score_batch(
    batch: Batch, engine: _Engine, settings: _Settings, response: Response
) -> BatchReply:
    """Score several posts; a post that cannot be scored gets an error in its place."""
    started = time.perf_counter()
    if len(batch.posts) > settings.max_batch:
        raise InvalidRequest(
            f"posts: {len(batch.posts)} posts, and at most {settings.max_batch} are taken: "
            "send them in several requests."
        )
    results: list[Reply | ErrorReply | None] = [
        _refusal(post, settings.max_text_bytes) for post in batch.posts
    ]
    scored_now = [index for index, result in enumerate(results) if result is None]
    async with engine.admitted():
        bundle = engine.bundle
        outcomes = await engine.score_all([batch.posts[index].text for index in scored_now])
    for index, outcome in zip(scored_now, outcomes, strict=True):
        post = batch.posts[index]
        results[index] = (
            _reply(post, outcome, bundle)
            if isinstance(outcome, Scored)
            else _error(post.id, outcome)
        )
    timed = [outcome for outcome in outcomes if isinstance(outcome, Scored)]
    response.headers["Server-Timing"] = _server_timing(timed, time.perf_counter() - started)
    return BatchReply(results=[result for result in results if result is not None])


def refuse_long(text: str, limit: int) -> None:
    """Raise TextTooLong before any work is done on a text over `limit` bytes of UTF-8."""
    size = len(text.encode())
    if size > limit:
        raise TextTooLong(
            f"The text has {size:,} bytes, and at most {limit:,} are taken: "
            "split it, or send the part that you need judged."
        )


def _refusal(post: Post | BadPost, limit: int) -> ErrorReply | None:
    if isinstance(post, BadPost):
        return _error(post.id, InvalidRequest(post.message))
    try:
        refuse_long(post.text, limit)
    except TextTooLong as error:
        return _error(post.id, error)
    return None


def _error(own_id: str | None, error: ServiceError) -> ErrorReply:
    return ErrorReply(id=own_id, error=Problem(code=error.code, message=str(error)))


def _reply(post: Post, scored: Scored, bundle: Bundle) -> Reply:
    score = scored.score
    threshold = bundle.manifest.threshold
    return Reply(
        id=post.id,
        model=ModelInfo(
            name=bundle.manifest.name, version=bundle.manifest.version, sha256=bundle.sha256
        ),
        scores=dict(score.scores),
        targets=[
            Target(category=target.category, score=target.score)
            for target in score.targets
            if target.score >= threshold(target.category)
        ],
        mechanisms=[
            Mechanism(mechanism=mechanism.mechanism, score=mechanism.score)
            for mechanism in score.mechanisms
            if mechanism.score >= threshold(mechanism.mechanism)
        ],
        spans=[Span(begin=s.begin, end=s.end, score=s.score) for s in score.spans],
        offsets="code_points",
        flags=Flags(windows=score.windows, obfuscated=score.obfuscated),
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
