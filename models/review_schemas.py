"""Response schemas about reviews, shared by the service and the client.

As `models/schemas.py`, it imports nothing of the service or the model.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Outcome = Literal["upheld", "overturned", "unsure"]
"""Of a review."""

ReasonCode = Literal[
    "dehumanization", "other_hate", "quotation", "counter_speech", "no_protected_group", "humour"
]
"""A reason to choose: `humour` is also irony and reclaimed words, `quotation` also reports."""


class _Reply(BaseModel):
    model_config = ConfigDict(frozen=True)


class Waiting(_Reply):
    """A decision that waits for people, as it is recorded."""

    model_config = ConfigDict(extra="allow")

    decision_id: str = Field(description="By which it is reviewed.")
    decided: str = Field(description="When, in UTC, as ISO 8601.")
    post_id: str | None = Field(description="The `id` that came with the post.")
    community_id: str | None = Field(description="That came with the post.")
    text: str | None = Field(description="Null where texts are not recorded.")
    scores: dict[str, float] = Field(description="Calibrated probability of each label.")
    spans: list[tuple[int, int, float]] = Field(
        description="Begin, end and score of the words that carried it, in code points of `text`."
    )
    band: Literal["allow", "review", "act"] = Field(description="Of the decision.")
    decision: dict[str, Any] = Field(description="As `decision` of the reply to the post.")
    policy_id: str = Field(description="Of the policy that decided.")
    policy_version: str = Field(description="Of that policy.")
    policy_sha256: str = Field(description="Of the file of that policy.")
    unsure_at: str | None = Field(
        default=None,
        description="When somebody with this key was last not sure of it; null if nobody was.",
    )


class QueueReply(_Reply):
    """Decisions that wait for review: the least certain first, of those alike the oldest.

    Those of which somebody with this key was not sure come last.
    """

    decisions: list[Waiting] = Field(description="As many as were asked for, if so many wait.")
    waiting: int = Field(default=0, description="All that wait for people with this key.")
    unsure: int = Field(
        default=0, description="Of these, those of which somebody with this key was not sure."
    )


class ClaimReply(QueueReply):
    """The decisions that the claimant holds now."""

    held_by_others: int = Field(description="Of those that wait, how many others hold.")
    seconds: int = Field(description="For which the claim holds.")


class ReviewReply(_Reply):
    """A review that was kept."""

    review_id: int | None = Field(default=None, description="By which it can be undone.")
    decision_id: str = Field(description="The decision that was reviewed.")
    outcome: Outcome = Field(description="Of the review.")
    learned: bool = Field(description="Whether it became a suggestion for training.")


class UndoReply(_Reply):
    """A review that was taken back."""

    review_id: int = Field(description="Of the review, which is gone.")
    decision_id: str = Field(description="The decision that was reviewed.")


class AgreementReply(_Reply):
    """How often two reviewers agree who did not know of each other."""

    pairs: int = Field(description="Decisions that two people reviewed.")
    agreed: int = Field(description="Of these, those with one outcome.")
    share: float | None = Field(description="agreed of pairs; null without pairs.")
    low: float | None = Field(description="Lower end of the 95 % interval of the share.")
    high: float | None = Field(description="Upper end of the 95 % interval of the share.")
    kappa: float | None = Field(
        description="Cohen's kappa: 0 for agreement by chance, 1 for full agreement; null if all "
        "reviews have one outcome."
    )
