"""`GET /v1/model`, `/livez`, `/readyz` and `/metrics`."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from pydantic import BaseModel, Field

from serving.api.score import engine_of
from serving.engine import Engine

router = APIRouter()
_Engine = Annotated[Engine, Depends(engine_of)]


class Health(BaseModel):
    """status: `ok`, or what keeps the service from answering: `loading` or `draining`."""

    status: str


class Served(BaseModel):
    """The bundle that is served: its manifest, its checksum and how well it reproduces itself."""

    sha256: str = Field(description="Of the bundle's SHA256SUMS, and so of every byte of it.")
    golden_difference: float = Field(
        description="Largest difference from a golden score on this machine."
    )
    manifest: dict[str, Any]


@router.get("/v1/model", tags=["model"])
async def model(engine: _Engine) -> Served:
    """What is served: labels, thresholds, sources with their licences, metrics with intervals."""
    bundle = engine.bundle
    return Served(
        sha256=bundle.sha256,
        golden_difference=bundle.golden_difference,
        manifest=bundle.manifest.model_dump(mode="json"),
    )


@router.get("/livez", tags=["health"])
async def livez() -> Health:
    """Whether the event loop runs."""
    return Health(status="ok")


@router.get("/readyz", tags=["health"], responses={503: {"model": Health}})
async def readyz(engine: _Engine, response: Response) -> Health:
    """Whether the bundle is verified, reproduces its golden scores, and answers."""
    if engine.state != "ready":
        response.status_code = 503
        return Health(status=engine.state)
    return Health(status="ok")


@router.get("/metrics", tags=["health"], response_class=Response)
async def metrics(request: Request) -> Response:
    """Metrics for Prometheus."""
    body = generate_latest(request.app.state.metrics.registry)
    return Response(body, media_type=CONTENT_TYPE_PLAIN_0_0_4)
