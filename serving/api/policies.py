"""`GET /v1/policies`: the policies in force."""

from fastapi import APIRouter, Request

from upstander.models.manifest import Manifest
from upstander.models.policy.decide import BoundPolicy
from upstander.models.policy.loader import ReadPolicy
from upstander.models.schemas import ErrorReply, PoliciesReply, PolicySummary
from upstander.serving.routes import Declaration, declares
from upstander.serving.service import service_of

router = APIRouter(prefix="/v1", tags=["policies"])


@router.get("/policies", responses={401: {"model": ErrorReply}})
@declares(Declaration("any"))
async def policies(request: Request) -> PoliciesReply:
    """List the policies in force; a key of any role may ask."""
    service = service_of(request)
    manifest = service.engine.bundle.manifest
    return PoliciesReply(
        default=service.policy_store.default,
        policies=tuple(
            PolicySummary(
                id=read.policy.id,
                version=read.policy.version,
                title=read.policy.title,
                url=read.policy.url,
                sha256=read.sha256,
                communities=read.policy.communities,
                text=read.policy.text.strip(),
                thresholds=_thresholds(read, manifest),
            )
            for read in service.policy_store.in_force()
        ),
    )


def _thresholds(read: ReadPolicy, manifest: Manifest) -> dict[str, float]:
    found: dict[str, float] = {}
    for rule, threshold in BoundPolicy(read, manifest).thresholds():
        found[rule.label] = min(threshold, found.get(rule.label, threshold))
    return found
