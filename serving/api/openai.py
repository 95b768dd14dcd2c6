"""`POST /v1/moderations`: OpenAI's moderation endpoint."""

import os
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

import pydantic_core
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from upstander.models.manifest import Manifest
from upstander.models.names import OPENAI_CATEGORIES, OPENAI_MODELLED
from upstander.serving.api.openai_errors import Malformed, openai_error
from upstander.serving.api.post_schemas import Text
from upstander.serving.api.route import BodyRoute
from upstander.serving.errors import ServiceError, UnservedLanguage
from upstander.serving.routes import Declaration, declares
from upstander.serving.scoring import Scored
from upstander.serving.service import scores_for, service_of

NOT_MODELLED_HEADER: Final = "X-Upstander-Not-Modelled"
"""Categories of the answer that are always false and 0.0."""

UNSERVED_HEADER: Final = "X-Upstander-Unserved-Language"
"""The inputs that were not scored, for their language, as `0=de, 3=fr`: nothing is said of them."""

_MAX_INPUTS: Final = 2048
_FLAGGING: Final = ("hate", "dehumanization")


class OpenAIRoute(BodyRoute):
    """Complains in OpenAI's words."""

    needs_media_type = False

    def refusal(self, error: ValidationError) -> ServiceError:
        """What a body that does not fit is answered with."""
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        if first["type"] == "json_invalid":
            return Malformed("We could not parse the JSON body of your request.", None)
        if not first["loc"]:
            return Malformed("The body must be a JSON object with 'input'.", None)
        param = str(first["loc"][0])
        if first["type"] == "missing":
            return Malformed(f"Missing required parameter: '{param}'.", param)
        return Malformed(
            "'input' must be a string, an array of strings, or an array of parts of the type "
            "'text'."
            if param == "input"
            else f"'{param[:64]}' is not valid.",
            param[:64],
        )


class Part(BaseModel):
    """A part of an input."""

    model_config = ConfigDict(frozen=True)

    type: str = Field(description="Only `text` is scored.")
    text: Text | None = Field(default=None, description="The text of the part.")


def _few_inputs(value: Any) -> Any:
    """A million inputs that are none must not become a million errors."""
    if isinstance(value, list) and len(value) > _MAX_INPUTS:
        raise PydanticCustomError("too_long", "too many inputs")
    return value


class ModerationRequest(BaseModel):
    """Other fields are for OpenAI's own models, and not looked at."""

    model_config = ConfigDict(frozen=True)

    input: Annotated[Text | list[Text] | list[Part], BeforeValidator(_few_inputs)] = Field(
        description="A text, texts, or parts of the type text."
    )
    model: str | None = Field(
        default=None, description="Ignored; clients of OpenAI send the name of a model."
    )


_REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    status: {
        "description": "An error in OpenAI's form.",
        "content": {
            "application/json": {"schema": {"type": "object", "required": ["error"]}},
        },
    }
    for status in ("4XX", "5XX")
}

router = APIRouter(tags=["openai"], route_class=OpenAIRoute)


_ANSWER: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "As OpenAI's endpoint gives."}
}


@router.post("/v1/moderations", responses=_ANSWER | _REFUSALS)
@declares(Declaration("score", needs_permit=True, dialect=openai_error))
async def moderate(asked: ModerationRequest, request: Request) -> Response:
    """Score texts, as OpenAI's moderation endpoint does."""
    service = service_of(request)
    texts = _texts(asked, service.settings.max_batch)
    limit = service.settings.max_text_bytes
    for text in texts:
        if len(text.encode()) > limit:
            raise Malformed(
                f"An input has over {limit:,} bytes.", "input", "string_above_max_length"
            )
    main = service.engine.bundle.manifest
    found = await scores_for(request, texts)
    answered = [one.bundle.manifest for one in found if isinstance(one, Scored)] or [main]
    models = dict.fromkeys(f"{manifest.name}-{manifest.version}" for manifest in answered)
    body = {
        "id": f"modr-{os.urandom(12).hex()}",
        "model": ", ".join(models),
        "results": [_result(one) if isinstance(one, Scored) else _unscored(main) for one in found],
    }
    missing = ", ".join(name for name in OPENAI_CATEGORIES if name not in OPENAI_MODELLED)
    return Response(
        pydantic_core.to_json(body),
        media_type="application/json",
        headers={NOT_MODELLED_HEADER: missing, **_unserved(found)},
    )


def _unserved(found: Sequence[Scored | UnservedLanguage]) -> dict[str, str]:
    """The header that says which inputs were not scored; none if all were."""
    unserved = [f"{n}={one.language}" for n, one in enumerate(found) if not isinstance(one, Scored)]
    return {UNSERVED_HEADER: ", ".join(unserved)} if unserved else {}


def _texts(asked: ModerationRequest, most: int) -> list[str]:
    """What to score, a result each. Raises Malformed."""
    given = asked.input
    if isinstance(given, str):
        texts = [given]
    elif given and isinstance(given[0], Part):
        texts = ["\n".join(_text_of(part) for part in given if isinstance(part, Part))]
    else:
        texts = [text for text in given if isinstance(text, str)]
    if not texts:
        raise Malformed("'input' must not be empty.", "input")
    if len(texts) > most:
        raise Malformed(f"'input' has {len(texts)} texts, and at most {most} are allowed.", "input")
    return texts


def _text_of(part: Part) -> str:
    if part.type != "text":
        raise Malformed(
            f"Only parts of the type 'text' are scored, and one has the type '{part.type[:32]}'.",
            "input",
            "unsupported_input_type",
        )
    return part.text or ""


def _result(scored: Scored) -> dict[str, Any]:
    """One result. Flagged is what is hateful or dehumanizing, and not what is only rude."""
    return _result_of(scored.score.scores, scored.thresholds)


def _unscored(manifest: Manifest) -> dict[str, Any]:
    """The result of a text that was not scored: no category applies to it."""
    names = [*OPENAI_CATEGORIES, *(label.name for label in manifest.labels)]
    names = list(dict.fromkeys(names))
    return {
        "flagged": False,
        "categories": dict.fromkeys(names, False),
        "category_scores": dict.fromkeys(names, 0.0),
        "category_applied_input_types": {name: [] for name in names},
    }


def _result_of(scores: Mapping[str, float], thresholds: Mapping[str, float]) -> dict[str, Any]:
    known = dict(scores) | {
        category: scores[label] for category, label in OPENAI_MODELLED.items() if label in scores
    }
    labels = {name: OPENAI_MODELLED.get(name, name) for name in known}
    names = [*OPENAI_CATEGORIES, *(name for name in known if name not in OPENAI_CATEGORIES)]
    categories = {name: name in known and known[name] >= thresholds[labels[name]] for name in names}
    return {
        "flagged": any(categories.get(name, False) for name in _FLAGGING),
        "categories": categories,
        "category_scores": {name: known.get(name, 0.0) for name in names},
        "category_applied_input_types": {name: ["text"] if name in known else [] for name in names},
    }
