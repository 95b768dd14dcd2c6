"""The answer to a post, made of its score and its decision.

The only place: HTTP, scored files and records say the same of the same post. The fields are those
of `Reply` in `models/schemas.py`, in their order, and a test holds both together. They are written
without it: to make a dozen models of what is known to be valid takes longer than everything else
that the service does on its event loop for a post.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json

from upstander.models.bundle import Bundle
from upstander.models.policy.decide import BoundPolicy, Decision
from upstander.models.policy.explanation import reason_for
from upstander.models.score import Score


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision and the policy that made it. decision_id: of its record; None without one."""

    decision: Decision
    policy: BoundPolicy
    decision_id: str | None = None


@dataclass(frozen=True, slots=True)
class LanguageOfPost:
    """The language that a post counts as.

    code: ISO 639-1 where there is one. probability: None where it was declared, or no letters tell.
    is_sure: it was declared, or is likely enough to be believed. is_served: some bundle that is
    served knows it, or may. measured: label to whether its quality was measured in it.
    """

    code: str
    probability: float | None
    is_sure: bool
    is_served: bool
    measured: Mapping[str, bool]


def reply_json(
    score: Score,
    bundle: Bundle,
    thresholds: Mapping[str, float],
    language: LanguageOfPost,
    *,
    is_quotation: bool,
    post_id: str | None = None,
    decided: Decided | None = None,
) -> bytes:
    """The answer to a post that was scored, as JSON.

    thresholds: of every output of the graph that answered. Categories and mechanisms that do not
    reach theirs are left out.
    """
    spans = [{"begin": span.begin, "end": span.end, "score": span.score} for span in score.spans]
    fields = {
        "id": post_id,
        "language": _language(language),
        "model": _model(bundle),
        "scores": score.scores,
        "targets": [
            {"category": target.category, "score": target.score}
            for target in score.targets
            if target.score >= thresholds[target.category]
        ],
        "mechanisms": [
            {"mechanism": mechanism.mechanism, "score": mechanism.score}
            for mechanism in score.mechanisms
            if mechanism.score >= thresholds[mechanism.mechanism]
        ],
        "spans": spans,
        "offsets": "code_points",
        "flags": flags_of(score, is_quotation),
        "decision": None if decided is None else _decision(decided, spans),
    }
    return to_json(_without_none(fields))


def unscored_json(bundle: Bundle, language: LanguageOfPost, post_id: str | None = None) -> bytes:
    """The answer to a post in a language that is not served: no scores, and no decision."""
    fields = {
        "id": post_id,
        "language": _language(language),
        "model": _model(bundle),
        "scores": {},
        "targets": (),
        "mechanisms": (),
        "spans": (),
        "offsets": "code_points",
        "flags": {"windows": 0, "obfuscated": False, "quotation": False},
    }
    return to_json(_without_none(fields))


def flags_of(score: Score, is_quotation: bool) -> dict[str, Any]:
    """How a score was obtained."""
    return _without_none(
        {
            "windows": score.windows,
            "obfuscated": score.obfuscated,
            "quotation": is_quotation,
            "stage": score.stage,
        }
    )


def decision_to_dict(decision: Decision, spans: object = None) -> dict[str, Any]:
    """A decision as JSON has it, without empty fields.

    spans: the words that carried the score. They are told where the decision rests on them.
    """
    rule, clause = decision.rule, decision.clause
    return _without_none(
        {
            "band": decision.band,
            "action": decision.action,
            "rule": rule and rule.id,
            "clause": clause and {"id": clause.id, "title": clause.title, "url": clause.url},
            "label": rule and rule.label,
            "score": decision.score,
            "threshold": decision.threshold,
            "distance": decision.distance,
            "otherwise": decision.otherwise,
            "category": decision.category,
            "mechanism": decision.mechanism,
            "spans": spans if decision.rests_on_spans else None,
            "exemption": decision.exemption,
            "reason": reason_for(decision),
        }
    )


def policy_to_dict(policy: BoundPolicy) -> dict[str, str]:
    """Which policy decided."""
    return {"id": policy.policy.id, "version": policy.policy.version, "sha256": policy.sha256}


def _decision(decided: Decided, spans: object) -> dict[str, Any]:
    own_id = {} if decided.decision_id is None else {"id": decided.decision_id}
    fields = decision_to_dict(decided.decision, spans)
    return {**own_id, **fields, "policy": policy_to_dict(decided.policy)}


def _language(language: LanguageOfPost) -> dict[str, Any]:
    return _without_none(
        {
            "code": language.code,
            "probability": language.probability,
            "is_sure": language.is_sure,
            "is_served": language.is_served,
            "measured": language.measured,
        }
    )


def _model(bundle: Bundle) -> dict[str, str]:
    manifest = bundle.manifest
    return {"name": manifest.name, "version": manifest.version, "sha256": bundle.sha256}


def _without_none(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
