"""The answer to a request that is refused, in the form of the API that was called."""

from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from upstander.models.schemas import ErrorReply, Problem
from upstander.serving.api.openai import openai_error
from upstander.serving.api.perspective.errors import google_error
from upstander.serving.errors import RateLimited, ServiceError, Unauthorized

_GOOGLE = ("/v1alpha1/", "/$discovery/", "/batch")
_OPENAI = ("/v1/moderations",)


class Refusal:
    """An ASGI application that answers with an error and nothing else."""

    def __init__(self, error: ServiceError) -> None:
        self._error = error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        await refusal_of(scope, self._error)(scope, receive, send)


def refusal_of(scope: Scope, error: ServiceError) -> JSONResponse:
    """An error as it goes over the wire to whoever called this path."""
    if scope["path"].startswith(_GOOGLE):
        status, body = google_error(error)
    elif scope["path"].startswith(_OPENAI):
        status, body = openai_error(error)
    else:
        problem = ErrorReply(error=Problem(code=error.code, message=str(error)))
        status, body = error.status, problem.model_dump(exclude_none=True)
    headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    if isinstance(error, RateLimited):
        headers["RateLimit-Limit"] = str(error.allowed)
        headers["RateLimit-Remaining"] = str(error.left)
        headers["RateLimit-Reset"] = str(error.retry_after)
    if status == Unauthorized.status:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(body, status, headers)
