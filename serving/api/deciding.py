"""What the policy says of a post, and its record: the same for every API that decides."""

from upstander.serving.auth import Caller
from upstander.serving.records.recording import Decided, new_id
from upstander.serving.scoring import Scored
from upstander.serving.service import Service


async def decide(
    text: str,
    scored: Scored,
    service: Service,
    caller: Caller,
    deadline: float,
    policy: str | None = None,
    community_id: str | None = None,
    post_id: str | None = None,
    keep: bool = True,
) -> Decided | None:
    """Decide by the policy that was asked for, or that of the community; None without policies.

    keep: whether the decision may be recorded. deadline: for that, in the time of the event loop.

    Raises InvalidRequest, and StoreDown if a decision must be recorded and cannot be.
    """
    bound = service.policy_store.find(policy, community_id, scored.bundle.manifest)
    if bound is None:
        return None
    is_recorded = service.recorder.is_on and keep
    made = Decided(
        text=text,
        scored=scored,
        policy=bound,
        decision=bound.decide(scored.score, scored.is_quotation),
        is_quotation=scored.is_quotation,
        post_id=post_id,
        key_id=caller.key_id,
        community_id=community_id,
        is_recorded=is_recorded,
        decision_id=new_id() if is_recorded else "",
    )
    if made.is_recorded:
        await service.recorder.record(made, deadline)
    return made
