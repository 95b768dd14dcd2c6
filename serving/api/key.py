"""`GET /v1/key`: id, name and role of the key of the request."""

from fastapi import APIRouter, Request

from upstander.models.schemas import ErrorReply, KeyReply
from upstander.serving.routes import Declaration, declares
from upstander.serving.service import caller_of

router = APIRouter(prefix="/v1", tags=["keys"])


@router.get("/key", responses={401: {"model": ErrorReply}})
@declares(Declaration("any"))
async def key(request: Request) -> KeyReply:
    """Say what the key of this request is for; a key of any role may ask."""
    entry = caller_of(request).key
    if entry is None:
        return KeyReply(id=None, name=None, role=None)
    return KeyReply(id=entry.id, name=entry.name, role=entry.role)
