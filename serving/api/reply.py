"""A score and what the policy makes of it, as they go over the wire.

The fields are those of `Reply` in `models/schemas.py`, in their order, and a test holds both
together. They are written without it: to make a dozen models of what is known to be valid takes
longer than everything else on the event loop.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic_core import to_json

from upstander.models.labels import EXPLAINED
from upstander.models.manifest import Manifest
from upstander.models.policy.explanation import reason_for
from upstander.serving.api.deciding import decide
from upstander.serving.api.wire import Post
from upstander.serving.auth import Caller
from upstander.serving.errors import UnservedLanguage
from upstander.serving.records.recording import Decided
from upstander.serving.routing import Served
from upstander.serving.scoring import Scored
from upstander.serving.service import Service

MANY_SPANS: Final = 100
"""Spans from which on a reply is written beside the event loop."""


async def reply_to(
    post: Post, scored: Scored, service: Service, caller: Caller, deadline: float
) -> bytes:
    """The answer to a post, as JSON. Its decision is recorded if decisions are.

    Raises InvalidRequest, and StoreDown if a decision must be recorded and cannot be.
    """
    made = await decide(
        post.text,
        scored,
        service,
        caller,
        deadline,
        policy=post.policy,
        community_id=post.community_id,
        post_id=post.id,
        keep=not post.do_not_store,
    )
    served = service.engine.served
    if len(scored.score.spans) > MANY_SPANS:
        return await asyncio.to_thread(_written, post.id, scored, made, served)
    return _written(post.id, scored, made, served)


def undecided(post: Post, error: UnservedLanguage, service: Service) -> bytes:
    """The answer to a post in a language that is not served: no scores, and no decision."""
    served = service.engine.served
    manifest = served.main.manifest
    language: dict[str, Any] = {"code": error.language}
    if error.probability is not None:
        language["probability"] = error.probability
    found = {
        "language": {
            **language,
            "is_sure": True,
            "is_served": False,
            "measured": served.measured(served.main, error.language),
        },
        "model": _model(manifest, served.main.sha256),
        "scores": {},
        "targets": (),
        "mechanisms": (),
        "spans": (),
        "offsets": "code_points",
        "flags": {"windows": 0, "obfuscated": False, "quotation": False},
    }
    return to_json(found if post.id is None else {"id": post.id, **found})


def _written(own_id: str | None, scored: Scored, made: Decided | None, served: Served) -> bytes:
    score, bundle, thresholds = scored.score, scored.bundle, scored.thresholds
    spans = [{"begin": s.begin, "end": s.end, "score": s.score} for s in score.spans]
    found: dict[str, Any] = {} if own_id is None else {"id": own_id}
    found["language"] = _language(scored, served)
    found["model"] = _model(bundle.manifest, bundle.sha256)
    found["scores"] = score.scores
    found["targets"] = [
        {"category": target.category, "score": target.score}
        for target in score.targets
        if target.score >= thresholds[target.category]
    ]
    found["mechanisms"] = [
        {"mechanism": mechanism.mechanism, "score": mechanism.score}
        for mechanism in score.mechanisms
        if mechanism.score >= thresholds[mechanism.mechanism]
    ]
    found["spans"] = spans
    found["offsets"] = "code_points"
    found["flags"] = {
        "windows": score.windows,
        "obfuscated": score.obfuscated,
        "quotation": scored.is_quotation,
        **({} if score.stage is None else {"stage": score.stage}),
    }
    if made is not None:
        found["decision"] = _decision(made, spans)
    return to_json(found)


def _language(scored: Scored, served: Served) -> Mapping[str, Any]:
    language = scored.language
    found: dict[str, Any] = {"code": language.code}
    if language.probability is not None:
        found["probability"] = language.probability
    found["is_sure"] = language.is_sure
    found["is_served"] = served.is_served(language)
    found["measured"] = served.measured(scored.bundle, language.code)
    return found


def _model(manifest: Manifest, sha256: str) -> Mapping[str, str]:
    return {"name": manifest.name, "version": manifest.version, "sha256": sha256}


def _decision(made: Decided, spans: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """A decision, without the fields that it has not. spans: those of the score."""
    decision, policy = made.decision, made.policy
    rule, clause = decision.rule, decision.clause
    is_explained = decision.band != "allow" and rule is not None and rule.label in EXPLAINED
    fields = {
        "id": made.decision_id if made.is_recorded else None,
        "band": decision.band,
        "action": decision.action,
        "rule": None if rule is None else rule.id,
        "clause": clause and {"id": clause.id, "title": clause.title, "url": clause.url},
        "label": None if rule is None else rule.label,
        "score": decision.score,
        "threshold": decision.threshold,
        "distance": decision.distance,
        "otherwise": decision.otherwise,
        "category": decision.category,
        "mechanism": decision.mechanism,
        "spans": spans if is_explained else None,
        "exemption": decision.exemption,
        "reason": reason_for(decision),
        "policy": {
            "id": policy.policy.id,
            "version": policy.policy.version,
            "sha256": policy.sha256,
        },
    }
    return {name: value for name, value in fields.items() if value is not None}
