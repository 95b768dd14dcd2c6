"""`POST /v1/language`: the language of a text, and whether a served model supports it."""

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from upstander.models.model_schemas import LanguageReply
from upstander.models.schemas import ErrorReply
from upstander.serving.api.post_schemas import Text, refuse_many_fields
from upstander.serving.api.route import BodyRoute
from upstander.serving.api.score import refuse_long
from upstander.serving.language import detect
from upstander.serving.routes import Declaration, declares
from upstander.serving.service import service_of

router = APIRouter(prefix="/v1", tags=["language"], route_class=BodyRoute)

_REFUSALS: dict[int | str, dict[str, object]] = {
    status: {"model": ErrorReply} for status in (401, 403, 413, 422, 429)
}


class LanguageRequest(BaseModel):
    """A text whose language is asked for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    _few_fields = model_validator(mode="before")(refuse_many_fields)

    text: Text = Field(description="The post. Nothing of it is kept.")


@router.post("/language", response_model=LanguageReply, responses=_REFUSALS)
@declares(Declaration("score"))
async def language(asked: LanguageRequest, request: Request) -> Response:
    """Tell the language of a text, by the rule by which posts are refused."""
    service = service_of(request)
    refuse_long(asked.text, service.settings.max_text_bytes)
    found, served = await detect(asked.text), service.engine.served
    reply = LanguageReply(
        languages=list(found.languages),
        detected=found.chosen,
        is_supported=served.is_served(served.counted(found)),
    )
    return Response(reply.model_dump_json(), media_type="application/json")
