"""`POST /v1/reviews` and `GET /v1/reviews/queue`: decisions before people."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

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

from models.labels import LABELS
from serving.api.route import BodyRoute
from serving.api.wire import Text, refuse_many_fields
from serving.errors import InvalidRequest, ServiceError
from serving.service import caller_of, deadline_of, service_of
from upstander.replies import ErrorReply, QueueReply, ReviewReply

T = TypeVar("T")

_REFUSALS: dict[int | str, dict[str, object]] = {
    status: {"model": ErrorReply} for status in (401, 403, 404, 422, 429, 501, 503)
}


class ReviewRoute(BodyRoute):
    """Names the field that is wrong."""

    def refusal(self, error: ValidationError) -> ServiceError:
        """What a body that does not fit is answered with."""
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        known = [str(part) for part in first["loc"] if part in ReviewRequest.model_fields]
        what = "unknown field" if first["type"] == "extra_forbidden" else first["msg"]
        return InvalidRequest(f"{known[0] if known else 'The body'}: {what}.")


router = APIRouter(prefix="/v1/reviews", tags=["reviews"], route_class=ReviewRoute)
queue_router = APIRouter(prefix="/v1/reviews", tags=["reviews"])


def _few(value: Any) -> Any:
    if isinstance(value, dict) and len(value) > len(LABELS):
        raise PydanticCustomError("too_long", "more than there are")
    return value


class ReviewRequest(BaseModel):
    """What somebody says of a decision."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    _few_fields = model_validator(mode="before")(refuse_many_fields)

    decision_id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")] = Field(
        description="`decision.id` of the answer."
    )
    outcome: Annotated[str, Field(pattern="^(upheld|overturned)$")] = Field(
        description="upheld or overturned"
    )
    reason: Text = Field(min_length=1, max_length=2000, description="Why, in your words.")
    labels: Annotated[dict[str, bool], BeforeValidator(_few)] = Field(
        {}, description=f"What holds and what does not: {', '.join(LABELS)}."
    )
    text: Text | None = Field(
        None, description="The post, if texts are not recorded and it may become a training row."
    )

    @field_validator("labels")
    @classmethod
    def _known(cls, labels: dict[str, bool]) -> dict[str, bool]:
        if not labels.keys() <= LABELS.keys():
            raise ValueError(f"labels are {', '.join(LABELS)}")
        return labels


@router.post("", response_model=ReviewReply, responses=_REFUSALS)
async def review(asked: ReviewRequest, request: Request) -> Response:
    """Uphold or overturn a decision that is recorded."""
    from serving.records.reviews import Review, add_review

    given = Review(
        decision_id=asked.decision_id,
        outcome="upheld" if asked.outcome == "upheld" else "overturned",
        reason=asked.reason,
        labels=asked.labels,
        text=asked.text,
        key_id=caller_of(request).key_id,
    )
    salt = service_of(request).store.salt
    learned = await _ask(request, lambda engine: add_review(engine, given, salt))
    reply = ReviewReply(decision_id=given.decision_id, outcome=given.outcome, learned=learned)
    return Response(reply.model_dump_json(), media_type="application/json")


@queue_router.get("/queue", response_model=QueueReply, responses=_REFUSALS)
async def waiting(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=500, description="Most decisions to give.")] = 50,
) -> dict[str, list[dict[str, Any]]]:
    """Give the decisions that wait for people: the least certain first, of those alike the oldest.

    A text is there only if texts are recorded.
    """
    from serving.records.export import plain
    from serving.records.reviews import queue

    found = await _ask(request, lambda engine: queue(engine, limit))
    return {"decisions": [plain(record) for record in found]}


async def _ask(request: Request, question: Callable[[Any], T]) -> T:
    service = service_of(request)
    return await service.store.ask(question, deadline_of(request, service))
