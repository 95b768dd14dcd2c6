"""`GET /v1/model`, `/v1/model-card`, `/livez`, `/readyz` and `/metrics`."""

from collections.abc import Iterator
from typing import Final

from fastapi import APIRouter, Request, Response
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from pydantic import BaseModel, Field

from upstander.models.model_schemas import ModelCard, Served, ServedLanguage
from upstander.models.schemas import ErrorReply
from upstander.serving.errors import NotFound
from upstander.serving.language_routing import PostLanguage, measured_in
from upstander.serving.language_routing import Served as Bundles
from upstander.serving.routes import Declaration, declares
from upstander.serving.service import service_of

router = APIRouter()

_HEALTH: Final = Declaration(is_health=True)


class Health(BaseModel):
    """Whether the service answers."""

    status: str = Field(description="`ok`, or what keeps it: `loading`, `draining` and the like.")


@router.get("/v1/model", tags=["model"])
@declares(Declaration("any"))
async def model(request: Request) -> Served:
    """What is served: labels, thresholds, sources with their licences, metrics with intervals."""
    service = service_of(request)
    bundle = service.engine.bundle
    return Served(
        sha256=bundle.sha256,
        golden_difference=bundle.golden_difference,
        manifest=bundle.manifest.model_dump(mode="json"),
        cascade=None if bundle.cascade is None else bundle.cascade.model_dump(mode="json"),
        languages=list(_languages(service.engine.served)),
        unserved_language=service.settings.unserved_language,
    )


def _languages(served: Bundles) -> Iterator[ServedLanguage]:
    """Each language once, with the bundle that reads it."""
    for code in served.codes:
        manifest = served.bundle_for(PostLanguage(code, is_sure=True)).manifest
        measured = [label for label, is_so in measured_in(manifest, code).items() if is_so]
        yield ServedLanguage(
            code=code, model=manifest.name, version=manifest.version, measured=measured
        )


@router.get(
    "/v1/model-card",
    tags=["model"],
    response_model=ModelCard,
    responses={404: {"model": ErrorReply}},
)
@declares(Declaration("any"))
async def model_card(request: Request) -> Response:
    """The card of the model that is served, in the shape that ROOST's Coop asks of a signal."""
    card = service_of(request).engine.bundle.card
    if card is None:
        raise NotFound("This bundle has no card: train or fetch one of upstander 1.1.1 or later.")
    return Response(card, media_type="application/json")


@router.get("/livez", tags=["health"])
@declares(_HEALTH)
async def livez() -> Health:
    """Whether the event loop runs."""
    return Health(status="ok")


@router.get("/readyz", tags=["health"], responses={503: {"model": Health}})
@declares(_HEALTH)
async def readyz(request: Request, response: Response) -> Health:
    """Whether the bundle is verified, a text was scored lately, and no thread hangs."""
    if problems := service_of(request).health.problems():
        response.status_code = 503
        return Health(status="; ".join(problems))
    return Health(status="ok")


@router.get(
    "/metrics",
    tags=["health"],
    response_class=Response,
    responses={200: {"description": "Prometheus's text format."}},
)
@declares(_HEALTH)
async def metrics(request: Request) -> Response:
    """Metrics for Prometheus."""
    return Response(service_of(request).metrics.page(), media_type=CONTENT_TYPE_PLAIN_0_0_4)
