"""The application: routes, error handlers, and the loading of the bundle in the background."""

import asyncio
import logging
import signal
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from types import FrameType

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response

from upstander.models.errors import UpstanderError
from upstander.serving.addresses import prefix_of
from upstander.serving.api import (
    admin,
    key,
    language,
    openai,
    policies,
    reviews,
    score,
    status,
    stream,
)
from upstander.serving.api.docs_pages import docs_pages
from upstander.serving.api.perspective import analyze, batch, discovery, suggest
from upstander.serving.api.perspective.attributes import Catalogue
from upstander.serving.api.post_schemas import explain
from upstander.serving.api.route import Shortcut
from upstander.serving.auth import Auth, AuthMiddleware
from upstander.serving.connections import CONNECTIONS, Connections, most_connections
from upstander.serving.console import console
from upstander.serving.engine import Engine
from upstander.serving.errors import (
    BodyTooLarge,
    BodyTooSlow,
    BundleRefused,
    InvalidRequest,
    NotFound,
    Overloaded,
    ServiceError,
    WrongMethod,
)
from upstander.serving.health import Health
from upstander.serving.limits import BodyLimit
from upstander.serving.loader import Loader
from upstander.serving.loop_delay import watch_loop
from upstander.serving.metrics import Metrics
from upstander.serving.origins import OwnPages
from upstander.serving.policy_store import PolicyStore
from upstander.serving.quotas import Quotas
from upstander.serving.records.backlog import watch_backlog
from upstander.serving.records.health import RecordsHealth
from upstander.serving.records.recording import Recorder
from upstander.serving.records.retention import purge_again_and_again
from upstander.serving.refusal import refusal_of
from upstander.serving.request_logging import RequestLogging
from upstander.serving.routes import RouteLookup, Routes
from upstander.serving.service import Service
from upstander.serving.settings import Settings
from upstander.serving.store.suggestion_limit import SuggestionLimit
from upstander.serving.store.writer import Writer

log = logging.getLogger("upstander")


def create_app(settings: Settings, on_failure: Callable[[], None] = lambda: None) -> FastAPI:
    """The service. The bundle is loaded once the event loop runs; until then it answers 503.

    on_failure: called when the bundle cannot be served, after the reason was logged.

    Raises UpstanderError for a setting or a policy that cannot be used.
    """
    prefix = prefix_of(settings.public_url)
    metrics = Metrics()
    engine = Engine(settings, metrics)
    policy_store = PolicyStore(settings.policies, settings.policy, metrics)
    store = Writer(settings.store, metrics, settings.salt_file)
    recorder = Recorder(settings.record, settings.record_lost, store)
    records = RecordsHealth(store, settings.self_test_interval) if recorder.is_needed else None
    service = Service(
        settings=settings,
        metrics=metrics,
        engine=engine,
        auth=Auth(settings.keys, Quotas(settings.limits_store, metrics), metrics),
        health=Health(engine, settings.self_test_interval, metrics, records),
        loader=Loader(settings, engine, policy_store, metrics),
        catalogue=Catalogue(settings.attribute_aliases),
        store=store,
        suggestion_limit=SuggestionLimit(settings.max_suggestions_bytes, store),
        policy_store=policy_store,
        recorder=recorder,
    )

    async def load() -> None:
        try:
            await service.loader.load()
        except (UpstanderError, OSError) as error:
            log.error("cannot serve the bundle: %s", error)
            on_failure()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, Connections]]:
        loop = asyncio.get_running_loop()
        tasks = [
            asyncio.create_task(load()),
            asyncio.create_task(service.health.watch()),
            asyncio.create_task(watch_loop(metrics)),
        ]
        if settings.store and (settings.record_days or settings.suggestion_days):
            days = settings.record_days, settings.suggestion_days
            tasks.append(asyncio.create_task(purge_again_and_again(store, *days)))
        if recorder.is_on:
            tasks.append(asyncio.create_task(watch_backlog(store, metrics)))
        if threading.current_thread() is threading.main_thread():  # no other may handle signals
            loop.add_signal_handler(signal.SIGHUP, lambda: reloading.add(reload_soon(loop)))
            for number in (signal.SIGTERM, signal.SIGINT):
                _before(number, engine.drain)
        most = most_connections(settings.max_connections)
        yield {CONNECTIONS: Connections(most, settings.idle_timeout, metrics)}
        engine.drain()
        for task in tasks:
            task.cancel()
        await asyncio.to_thread(engine.close)
        await asyncio.to_thread(service.store.close)
        metrics.catch_up()

    reloading: set[asyncio.Task[None]] = set()

    def reload_soon(loop: asyncio.AbstractEventLoop) -> asyncio.Task[None]:
        async def reload() -> None:
            with suppress(BundleRefused):  # logged and counted
                await service.loader.reload()

        task = loop.create_task(reload())
        task.add_done_callback(reloading.discard)
        return task

    app = FastAPI(
        title="Upstander",
        summary="Detects dehumanizing speech.",
        version="2.0.0",
        servers=[{"url": settings.public_url.rstrip("/")}] if settings.public_url else None,
        docs_url=None,  # `docs_pages` has these
        redoc_url=None,
        redirect_slashes=False,  # a redirect would name http://, and the text and key go there
        lifespan=lifespan,
        telemetry={
            "tracing": settings.tracing,
            "metrics": settings.tracing,
            "logs": False,  # they would hold the messages of exceptions, and so texts
        },
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    app.state.service = service
    posts = [
        *score.router.routes,
        *analyze.router.routes,
        *suggest.router.routes,
        *openai.router.routes,
        *reviews.router.routes,
        *language.router.routes,
    ]
    app.router.routes.extend(posts)
    modules = (discovery, batch, stream, admin, key, policies, status)
    routers = (*(module.router for module in modules), reviews.queue_router)
    for router in routers:
        app.include_router(router)
    app.router.routes.extend(docs_pages())
    if not settings.no_console:
        app.router.routes.extend(console())
    _handle_errors(app)
    if settings.tracing:
        from upstander.serving.tracing import send_spans

        send_spans()
    else:  # whose spans are named by FastAPI's routing
        app.add_middleware(Shortcut, routes=posts)
    app.add_middleware(BodyLimit, max_body_bytes=settings.max_body_bytes, metrics=metrics)
    app.add_middleware(AuthMiddleware, auth=service.auth, admission=engine.admission)
    if settings.keys is None:
        app.add_middleware(
            OwnPages,
            origins=settings.cors_origin,
            hosts=settings.allowed_hosts,
            public_url=settings.public_url,
            metrics=metrics,
        )
    if settings.cors_origin:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=[origin.strip() for origin in settings.cors_origin.split(",")],
            allow_methods=["GET", "POST"],
            allow_headers=["*"],
            expose_headers=[
                "RateLimit-Limit",
                "RateLimit-Remaining",
                "RateLimit-Reset",
                "Retry-After",
                "Server-Timing",
                "X-Request-ID",
                analyze.ALIASES_HEADER,
                analyze.DECISION_HEADER,
                analyze.DETECTED_HEADER,
                openai.NOT_MODELLED_HEADER,
                openai.UNSERVED_HEADER,
            ],
        )
    own = [*app.router.routes, *(route for router in routers for route in router.routes)]
    routes = Routes(own)
    app.add_middleware(RequestLogging, metrics=metrics, paths=routes.paths)
    app.add_middleware(RouteLookup, routes=routes, prefix=prefix)
    return app


def _before(number: int, first: Callable[[], None]) -> None:
    """Do something first when a signal comes, then what was to be done anyway."""
    then = signal.getsignal(number)

    def handle(signum: int, frame: FrameType | None) -> None:
        first()
        if callable(then):
            then(signum, frame)

    signal.signal(number, handle)


def _handle_errors(app: FastAPI) -> None:
    """One map from error to status; the body of every refusal has the same form."""

    @app.exception_handler(ServiceError)
    async def refused(request: Request, error: ServiceError) -> Response:
        return refusal_of(request.scope, error)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        return refusal_of(request.scope, InvalidRequest(explain(error.errors())))

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        if isinstance(error.__cause__, BodyTooLarge | BodyTooSlow | Overloaded):
            return refusal_of(request.scope, error.__cause__)
        if error.status_code == 404:
            return refusal_of(
                request.scope, NotFound("No such path: see /docs for those there are.")
            )
        if error.status_code == 405:
            response = refusal_of(
                request.scope, WrongMethod(f"{request.method} is not for this path.")
            )
            response.headers.update(error.headers or {})
            return response
        # FastAPI's answer to a body that it could not decode at all, such as one not in UTF-8.
        return refusal_of(
            request.scope,
            InvalidRequest(
                'The body is not JSON in UTF-8: send an object such as {"text": "..."}.'
            ),
        )
