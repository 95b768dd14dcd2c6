"""`GET /v1/key`: what the key that a client holds is for."""

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from serving.api.wire import ErrorReply
from serving.keys import Role
from serving.service import caller_of

router = APIRouter(prefix="/v1", tags=["keys"])


class KeyReply(BaseModel):
    """The key of the request; all of it null where the service asks for none."""

    id: str | None = Field(description="Tells nothing of the key itself.")
    name: str | None = Field(description="As it was given to `upstander keys create`.")
    role: Role | None = Field(
        description="`score` may score, `review` look at decisions and review them, `admin` use "
        "the admin routes; none of them anything else."
    )


@router.get("/key", responses={401: {"model": ErrorReply}})
async def key(request: Request) -> KeyReply:
    """Say what the key of this request is for; a key of any role may ask."""
    entry = caller_of(request).key
    if entry is None:
        return KeyReply(id=None, name=None, role=None)
    return KeyReply(id=entry.id, name=entry.name, role=entry.role)
