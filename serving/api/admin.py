"""`POST /v1/admin/reload`: the routes for admin keys."""

from fastapi import APIRouter, Request

from upstander.models.schemas import ErrorReply, ModelInfo
from upstander.serving.routes import Declaration, declares
from upstander.serving.service import service_of

router = APIRouter(
    prefix="/v1/admin",
    tags=["admin"],
    responses={status: {"model": ErrorReply} for status in (401, 403, 409)},
)


@router.post("/reload")
@declares(Declaration("admin"))
async def reload(request: Request) -> ModelInfo:
    """Change to the bundle that lies at the path of the settings now; same as SIGHUP.

    It is opened and verified while the old one answers. One that cannot be served changes nothing.
    """
    bundle = await service_of(request).loader.reload()
    manifest = bundle.manifest
    return ModelInfo(name=manifest.name, version=manifest.version, sha256=bundle.sha256)
