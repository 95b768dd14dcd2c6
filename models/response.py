"""The answer to a post, made of its score and its decision.

The only place: HTTP, scored files and records say the same of the same post.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from upstander.models.bundle import Bundle
from upstander.models.policy.decide import BoundPolicy, Decision
from upstander.models.policy.explanation import reason_for
from upstander.models.schemas import (
    DecisionReply,
    ErrorReply,
    Flags,
    LanguageInfo,
    Mechanism,
    ModelInfo,
    PolicyInfo,
    Reply,
    Span,
    Target,
)
from upstander.models.score import Score


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision and the policy that made it. decision_id: of its record; None without one."""

    decision: Decision
    policy: BoundPolicy
    decision_id: str | None = None


def reply_of(
    score: Score,
    bundle: Bundle,
    thresholds: Mapping[str, float],
    language: LanguageInfo,
    *,
    is_quotation: bool,
    post_id: str | None = None,
    decided: Decided | None = None,
) -> Reply:
    """The answer to a post that was scored.

    thresholds: of every output of the graph that answered. Categories and mechanisms that do not
    reach theirs are left out.
    """
    spans = [Span(begin=span.begin, end=span.end, score=span.score) for span in score.spans]
    return Reply(
        id=post_id,
        language=language,
        model=model_info(bundle),
        scores=dict(score.scores),
        targets=[
            Target(category=target.category, score=target.score)
            for target in score.targets
            if target.score >= thresholds[target.category]
        ],
        mechanisms=[
            Mechanism(mechanism=mechanism.mechanism, score=mechanism.score)
            for mechanism in score.mechanisms
            if mechanism.score >= thresholds[mechanism.mechanism]
        ],
        spans=spans,
        offsets="code_points",
        flags=flags_of(score, is_quotation),
        decision=None if decided is None else _decision_reply(decided, spans),
    )


def unscored_reply(bundle: Bundle, language: LanguageInfo, post_id: str | None = None) -> Reply:
    """The answer to a post in a language that is not served: no scores, and no decision."""
    return Reply(
        id=post_id,
        language=language,
        model=model_info(bundle),
        scores={},
        targets=[],
        mechanisms=[],
        spans=[],
        offsets="code_points",
        flags=Flags(windows=0, obfuscated=False, quotation=False),
    )


def model_info(bundle: Bundle) -> ModelInfo:
    """Which bundle answered."""
    manifest = bundle.manifest
    return ModelInfo(name=manifest.name, version=manifest.version, sha256=bundle.sha256)


def flags_of(score: Score, is_quotation: bool) -> Flags:
    """How a score was obtained."""
    return Flags(
        windows=score.windows,
        obfuscated=score.obfuscated,
        quotation=is_quotation,
        stage=score.stage,
    )


def decision_to_dict(decision: Decision, spans: object = None) -> dict[str, Any]:
    """A decision as JSON has it, without empty fields.

    spans: the words that carried the score, if they are to be told, and the decision rests on
    them.
    """
    fields = _fields(decision, spans if decision.rests_on_spans else None)
    return {name: value for name, value in fields.items() if value is not None}


def to_json(reply: Reply | ErrorReply) -> bytes:
    """An answer as JSON, without empty fields."""
    return reply.model_dump_json(exclude_none=True).encode()


def _decision_reply(decided: Decided, spans: list[Span]) -> DecisionReply:
    decision, policy = decided.decision, decided.policy
    return DecisionReply(
        id=decided.decision_id,
        policy=PolicyInfo(id=policy.policy.id, version=policy.policy.version, sha256=policy.sha256),
        **_fields(decision, spans if decision.rests_on_spans else None),
    )


def _fields(decision: Decision, spans: object) -> dict[str, Any]:
    """The fields of a decision in the order of `DecisionReply`."""
    rule, clause = decision.rule, decision.clause
    return {
        "band": decision.band,
        "action": decision.action,
        "rule": rule and rule.id,
        "clause": clause and clause.model_dump(),
        "label": rule and rule.label,
        "score": decision.score,
        "threshold": decision.threshold,
        "distance": decision.distance,
        "otherwise": decision.otherwise,
        "category": decision.category,
        "mechanism": decision.mechanism,
        "spans": spans,
        "exemption": decision.exemption,
        "reason": reason_for(decision),
    }
