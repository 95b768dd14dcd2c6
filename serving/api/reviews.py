"""`/v1/reviews`: the review queue, claims, reviews, undoing one, and agreement."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final, TypeVar, cast

from fastapi import APIRouter, Query, Request, Response
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from upstander.models.labels import LABELS
from upstander.models.review_schemas import (
    AgreementReply,
    ClaimReply,
    Outcome,
    QueueReply,
    ReasonCode,
    ReviewReply,
    UndoReply,
)
from upstander.models.schemas import ErrorReply
from upstander.serving.api.post_schemas import Text, refuse_many_fields
from upstander.serving.api.route import BodyRoute
from upstander.serving.errors import InvalidRequest, ServiceError
from upstander.serving.routes import Declaration, declares
from upstander.serving.service import caller_of, deadline_of, service_of

T = TypeVar("T")

_REFUSALS: dict[int | str, dict[str, object]] = {
    status: {"model": ErrorReply} for status in (401, 403, 404, 409, 422, 429, 501, 503)
}
_NO_CONFLICT = {status: answer for status, answer in _REFUSALS.items() if status not in (404, 409)}

_MAX_CLAIMS: Final = 50
_MAX_SKIPPED: Final = 1000


class ReviewRoute(BodyRoute):
    """Names the field that is wrong."""

    def refusal(self, error: ValidationError) -> ServiceError:
        """What a body that does not fit is answered with."""
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        known = [str(part) for part in first["loc"] if part in _FIELDS]
        what = "unknown field" if first["type"] == "extra_forbidden" else first["msg"]
        return InvalidRequest(f"{known[0] if known else 'The body'}: {what}.")


router = APIRouter(prefix="/v1/reviews", tags=["reviews"], route_class=ReviewRoute)
queue_router = APIRouter(prefix="/v1/reviews", tags=["reviews"])

_REVIEWS: Final = Declaration("review")


def _few(value: Any) -> Any:
    if isinstance(value, dict) and len(value) > len(LABELS):
        raise PydanticCustomError("too_long", "more than there are")
    return value


DecisionId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
Claimant = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{8,64}$")]


def _few_ids(value: Any) -> Any:
    if isinstance(value, list) and len(value) > _MAX_SKIPPED:
        raise PydanticCustomError("too_long", f"at most {_MAX_SKIPPED:,} ids")
    return value


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    _few_fields = model_validator(mode="before")(refuse_many_fields)


class ReviewRequest(_Asked):
    """A review of a decision."""

    decision_id: DecisionId = Field(description="`decision.id` of the answer.")
    outcome: Annotated[str, Field(pattern="^(upheld|overturned|unsure)$")] = Field(
        description="upheld, overturned, or unsure, which leaves the decision to others: for this "
        "key it comes last"
    )
    reason: Annotated[Text, Field(min_length=1, max_length=2000)] | None = Field(
        None, description="Why, in your words."
    )
    reason_code: ReasonCode | None = Field(
        None, description="A reason to count by; `humour` is also irony and reclaimed words."
    )
    labels: Annotated[dict[str, bool], BeforeValidator(_few)] = Field(
        {}, description=f"Labels that apply and labels that do not: {', '.join(LABELS)}."
    )
    text: Text | None = Field(
        None, description="The post, if texts are not recorded and it may become a training row."
    )

    claimant: Claimant | None = Field(
        None,
        description="As in the claim of this decision: refuses the review with 409 if somebody "
        "else is reviewing the decision, or has. Without one the review stands beside others, as "
        "on appeal.",
    )

    @field_validator("labels")
    @classmethod
    def _known(cls, labels: dict[str, bool]) -> dict[str, bool]:
        if not labels.keys() <= LABELS.keys():
            raise ValueError(f"labels are {', '.join(LABELS)}")
        return labels


class ClaimRequest(_Asked):
    """Which decisions somebody wants to review now."""

    claimant: Claimant = Field(
        description="A random name of the page or program that claims: 8 to 64 letters and digits."
    )
    limit: Annotated[int, Field(ge=0, le=_MAX_CLAIMS)] = Field(
        5, description="Maximum number of decisions to claim; 0 releases all claims."
    )
    first: Annotated[list[DecisionId], BeforeValidator(_few_ids)] = Field(
        [], description="Decisions to claim first, unless somebody else has claimed them."
    )
    skip: Annotated[list[DecisionId], BeforeValidator(_few_ids)] = Field(
        [], description="Decisions to leave out."
    )
    unsure: bool = Field(
        False,
        description="Whether to claim, last, those too of which somebody with this key was not "
        "sure.",
    )


class UndoRequest(_Asked):
    """Which review to take back."""

    review_id: Annotated[int, Field(ge=1, lt=2**63)] = Field(
        description="ID of the review, from the answer to it."
    )


_FIELDS = {*ReviewRequest.model_fields, *ClaimRequest.model_fields, *UndoRequest.model_fields}


@router.post("", response_model=ReviewReply, responses=_REFUSALS)
@declares(_REVIEWS)
async def review(asked: ReviewRequest, request: Request) -> Response:
    """Uphold or overturn a recorded decision."""
    from upstander.serving.records.reviews import Review, add_review

    given = Review(
        decision_id=asked.decision_id,
        outcome=cast("Outcome", asked.outcome),
        reason=asked.reason,
        labels=asked.labels,
        text=asked.text,
        key_id=caller_of(request).key_id,
        claimant=asked.claimant,
        reason_code=asked.reason_code,
    )
    service = service_of(request)
    salt, twice = service.store.salt, service.settings.review_twice
    kept = await _ask(request, lambda engine: add_review(engine, given, salt, twice))
    return _answer(
        ReviewReply(
            review_id=kept.review_id,
            decision_id=given.decision_id,
            outcome=given.outcome,
            learned=kept.learned,
        )
    )


@router.post("/undo", response_model=UndoReply, responses=_REFUSALS)
@declares(_REVIEWS)
async def undo(asked: UndoRequest, request: Request) -> Response:
    """Take back a review that the same key made within a day, and what was learned from it."""
    from upstander.serving.records.reviews import undo_review

    key_id, twice = caller_of(request).key_id, service_of(request).settings.review_twice
    decision_id = await _ask(
        request, lambda engine: undo_review(engine, asked.review_id, key_id, twice)
    )
    return _answer(UndoReply(review_id=asked.review_id, decision_id=decision_id))


@router.post("/claim", response_model=ClaimReply, responses=_NO_CONFLICT)
@declares(_REVIEWS)
async def claim(asked: ClaimRequest, request: Request) -> Response:
    """Claim decisions to review, so that two people never review one.

    The claimant holds what the answer gives, and nothing else, for ten minutes. To keep decisions
    longer, claim again and name them in `first`.
    """
    from upstander.serving.records import claims

    wish = claims.ClaimQuery(
        claimant=asked.claimant,
        key_id=caller_of(request).key_id,
        limit=asked.limit,
        first=asked.first,
        skip=asked.skip,
        unsure=asked.unsure,
    )
    found = await _ask(request, lambda engine: claims.claim(engine, wish))
    return _answer(
        ClaimReply(
            decisions=_plain(found.records),
            waiting=found.waiting,
            unsure=found.unsure,
            held_by_others=found.held,
            seconds=claims.SECONDS,
        )
    )


@queue_router.get("/queue", response_model=QueueReply, responses=_NO_CONFLICT)
@declares(_REVIEWS)
async def waiting(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=500, description="Maximum number of decisions.")] = 50,
) -> dict[str, Any]:
    """List decisions that wait for review: the least certain first, of those alike the oldest.

    Those of which somebody with this key was not sure come last, with `unsure_at`. A text is there
    only if texts are recorded. Nothing is claimed.
    """
    from upstander.serving.records.reviews import queue

    key_id = caller_of(request).key_id
    found, count, unsure = await _ask(request, lambda engine: queue(engine, limit, key_id))
    return {"decisions": _plain(found), "waiting": count, "unsure": unsure}


@queue_router.get("/agreement", response_model=AgreementReply, responses=_NO_CONFLICT)
@declares(_REVIEWS)
async def agreement(request: Request) -> AgreementReply:
    """How often two reviewers agree, on the share of the queue that `--review-twice` names."""
    from upstander.serving.records import agreement as agreeing

    found = await _ask(request, agreeing.agreement)
    return AgreementReply(
        pairs=found.pairs,
        agreed=found.agreed,
        share=found.share,
        low=found.low,
        high=found.high,
        kappa=found.kappa,
    )


def _plain(records: Sequence[Any]) -> list[Any]:
    from upstander.serving.records.export import plain

    return [plain(record) for record in records]


def _answer(reply: BaseModel) -> Response:
    return Response(reply.model_dump_json(), media_type="application/json")


async def _ask(request: Request, question: Callable[[Any], T]) -> T:
    service = service_of(request)
    return await service.store.ask(question, deadline_of(request, service))
