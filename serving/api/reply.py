"""A score and what the policy makes of it, as they go over the wire."""

from upstander.models.labels import EXPLAINED
from upstander.models.policy.explanation import reason_for
from upstander.models.schemas import (
    ClauseReply,
    DecisionReply,
    Flags,
    LanguageInfo,
    Mechanism,
    ModelInfo,
    PolicyInfo,
    Reply,
    Span,
    Target,
)
from upstander.serving.api.deciding import decide
from upstander.serving.api.wire import Post
from upstander.serving.auth import Caller
from upstander.serving.errors import UnservedLanguage
from upstander.serving.records.recording import Decided
from upstander.serving.routing import measured_in
from upstander.serving.scoring import Scored
from upstander.serving.service import Service


async def reply_to(
    post: Post, scored: Scored, service: Service, caller: Caller, deadline: float
) -> Reply:
    """The answer to a post, whose decision is recorded if decisions are.

    Raises InvalidRequest, and StoreDown if a decision must be recorded and cannot be.
    """
    score, bundle = scored.score, scored.bundle
    threshold = scored.manifest.threshold
    spans = [Span(begin=s.begin, end=s.end, score=s.score) for s in score.spans]
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
    language = scored.language
    return Reply(
        id=post.id,
        language=LanguageInfo(
            code=language.code,
            probability=language.probability,
            is_sure=language.is_sure,
            is_served=service.engine.served.is_served(language),
            measured=measured_in(bundle.manifest, language.code),
        ),
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
        spans=spans,
        offsets="code_points",
        flags=Flags(
            windows=score.windows,
            obfuscated=score.obfuscated,
            quotation=scored.is_quotation,
            stage=score.stage,
        ),
        decision=None if made is None else _told(made, spans),
    )


def undecided(post: Post, error: UnservedLanguage, service: Service) -> Reply:
    """The answer to a post in a language that is not served: no scores, and no decision."""
    bundle = service.engine.bundle
    manifest = bundle.manifest
    return Reply(
        id=post.id,
        language=LanguageInfo(
            code=error.language,
            probability=error.probability,
            is_sure=True,
            is_served=False,
            measured=measured_in(manifest, error.language),
        ),
        model=ModelInfo(name=manifest.name, version=manifest.version, sha256=bundle.sha256),
        scores={},
        targets=[],
        mechanisms=[],
        spans=[],
        offsets="code_points",
        flags=Flags(windows=0, obfuscated=False, quotation=False),
    )


def _told(made: Decided, spans: list[Span]) -> DecisionReply:
    """A decision as it goes over the wire. spans: those of the score."""
    decision, policy = made.decision, made.policy
    rule, clause = decision.rule, decision.clause
    is_explained = decision.band != "allow" and rule is not None and rule.label in EXPLAINED
    return DecisionReply(
        id=made.decision_id if made.is_recorded else None,
        band=decision.band,
        action=decision.action,
        rule=None if rule is None else rule.id,
        clause=None if clause is None else ClauseReply(**clause.model_dump()),
        label=None if rule is None else rule.label,
        score=decision.score,
        threshold=decision.threshold,
        distance=decision.distance,
        otherwise=decision.otherwise,
        category=decision.category,
        mechanism=decision.mechanism,
        spans=spans if is_explained else None,
        exemption=decision.exemption,
        reason=reason_for(decision),
        policy=PolicyInfo(id=policy.policy.id, version=policy.policy.version, sha256=policy.sha256),
    )
