"""Error responses, in the form of the API that was called."""

from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from upstander.serving.errors import RateLimited, ServiceError, Unauthorized
from upstander.serving.routes import declaration_of


class Refusal:
    """An ASGI application that answers with an error and nothing else."""

    def __init__(self, error: ServiceError) -> None:
        self._error = error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        await refusal_of(scope, self._error)(scope, receive, send)


def refusal_of(scope: Scope, error: ServiceError) -> JSONResponse:
    """An error as it goes over the wire to whoever called this route."""
    status, body = declaration_of(scope).dialect(error)
    headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    if isinstance(error, RateLimited):
        headers["RateLimit-Limit"] = str(error.allowed)
        headers["RateLimit-Remaining"] = str(error.left)
        headers["RateLimit-Reset"] = str(error.retry_after)
    if status == Unauthorized.status:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(body, status, headers)
