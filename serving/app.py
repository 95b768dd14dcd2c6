"""The application: routes, error handlers, and the loading of the bundle in the background."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from models.bundle import open_bundle
from models.errors import BundleError
from serving.api import score, status
from serving.api.wire import ErrorReply, Problem, explain
from serving.engine import Engine
from serving.errors import (
    BodyTooLarge,
    InternalError,
    InvalidRequest,
    NotFound,
    ServiceError,
    WrongMethod,
)
from serving.limits import BodyLimit
from serving.metrics import Metrics
from serving.settings import Settings

log = logging.getLogger("upstander")


def create_app(settings: Settings, on_failure: Callable[[], None] = lambda: None) -> FastAPI:
    """The service. The bundle is loaded once the event loop runs; until then it answers 503.

    on_failure: called when the bundle cannot be served, after the reason was logged.
    """
    metrics = Metrics()
    engine = Engine(settings.scoring_threads, settings.max_in_flight, metrics)

    async def load() -> None:
        try:
            bundle = await asyncio.to_thread(open_bundle, settings.bundle)
        except BundleError as error:
            log.error("cannot serve the bundle: %s", error)
            on_failure()
            return
        metrics.serves(bundle)
        engine.serve(bundle)
        log.info(
            "serving %s %s (%s), golden texts reproduced within %.1e",
            bundle.manifest.name,
            bundle.manifest.version,
            bundle.sha256[:12],
            bundle.golden_difference,
        )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        loading = asyncio.create_task(load())
        yield
        engine.drain()
        loading.cancel()
        engine.close()

    app = FastAPI(
        title="Upstander",
        summary="Detects dehumanizing speech.",
        version="1.0.0",
        lifespan=lifespan,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    app.state.engine = engine
    app.state.settings = settings
    app.state.metrics = metrics
    app.include_router(score.router)
    app.include_router(status.router)
    _handle_errors(app)
    app.add_middleware(BodyLimit, max_body_bytes=settings.max_body_bytes)
    app.add_middleware(_CountRequests, metrics=metrics)
    return app


def _handle_errors(app: FastAPI) -> None:
    """One map from error to status; the body of every refusal has the same form."""

    @app.exception_handler(ServiceError)
    async def refused(_: Request, error: ServiceError) -> Response:
        return error_response(error)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> Response:
        return error_response(InvalidRequest(explain(error.errors())))

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        if isinstance(error.__cause__, BodyTooLarge):
            return error_response(error.__cause__)
        if error.status_code == 404:
            return error_response(NotFound("No such path: see /docs for those there are."))
        if error.status_code == 405:
            response = error_response(WrongMethod(f"{request.method} is not for this path."))
            response.headers.update(error.headers or {})
            return response
        # FastAPI's answer to a body that it could not decode at all, such as one not in UTF-8.
        return error_response(
            InvalidRequest('The body is not JSON in UTF-8: send an object such as {"text": "..."}.')
        )

    @app.exception_handler(Exception)
    async def fault(_: Request, __: Exception) -> Response:
        return error_response(InternalError("A fault of the service: see its log."))


def error_response(error: ServiceError) -> JSONResponse:
    """An error as it goes over the wire."""
    body = ErrorReply(error=Problem(code=error.code, message=str(error)))
    headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    return JSONResponse(body.model_dump(exclude_none=True), error.status, headers)


class _CountRequests:
    """Counts every answered request by route, method and status."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method = scope["method"] if scope["method"] in ("GET", "POST", "HEAD") else "other"

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                # The router leaves the route that it matched in the scope; a path that is nobody's
                # must not become a label of its own.
                route = getattr(scope.get("route"), "path", "none")
                self._metrics.requests.labels(route, method, str(message["status"])).inc()
            await send(message)

        await self._app(scope, receive, counted)
