"""Request id, metrics, access log, security headers.

None of them holds a text, a key or an address.
"""

import logging
import os
import re
import time
import traceback
from collections.abc import Collection, Sequence
from contextvars import ContextVar
from typing import Final

from pythonjsonlogger.json import JsonFormatter
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from upstander.serving.errors import InternalError
from upstander.serving.metrics import Metrics
from upstander.serving.refusal import Refusal

log = logging.getLogger("upstander.requests")

_ID: Final = re.compile(rb"[\w.:-]{1,128}")
_REQUEST: Final[ContextVar[str]] = ContextVar("request", default="")

_SAFE_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)


class RequestLogging:
    """Counts and logs every request by route, method and status, under an id.

    The id is that of the header `X-Request-ID` if there is one, and comes back in the answer.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, paths: Collection[str]) -> None:
        """paths: of the routes, for requests that are refused before one is matched."""
        self._app = app
        self._metrics = metrics
        self._paths = paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and tell of its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        method = scope["method"] if scope["method"] in ("GET", "POST", "HEAD") else "other"
        own_id = _id_of(scope["headers"])
        token = _REQUEST.set(own_id)
        is_answered = False

        async def counted(message: Message) -> None:
            nonlocal is_answered
            if message["type"] == "http.response.start":
                is_answered = True
                # The router leaves the route that it matched in the scope; a path that is nobody's
                # must not become a label of its own.
                route = getattr(scope.get("route"), "path", None) or self._path_of(scope)
                status = message["status"]
                self._metrics.request(route, method, status)
                message["headers"] = [
                    *message["headers"],
                    *_SAFE_HEADERS,
                    (b"x-request-id", own_id.encode()),
                ]
                # A flood must not become a flood of lines: the metrics count it.
                level = logging.DEBUG if status < 400 or status == 429 else logging.INFO
                if log.isEnabledFor(level):
                    milliseconds = round((time.perf_counter() - started) * 1000, 3)
                    log.log(
                        level,
                        "%s %s %d in %.3f ms",
                        method,
                        route,
                        status,
                        milliseconds,
                        extra={
                            "route": route,
                            "method": method,
                            "status": status,
                            "milliseconds": milliseconds,
                        },
                    )
            await send(message)

        try:
            await self._app(scope, receive, counted)
        except Exception as error:
            log_fault(error)
            if is_answered:
                raise BrokenOff from None
            fault = InternalError("A fault of the service: see its log.")
            await Refusal(fault)(scope, receive, counted)
        finally:
            _REQUEST.reset(token)

    def _path_of(self, scope: Scope) -> str:
        return scope["path"] if scope["path"] in self._paths else "none"


class BrokenOff(Exception):
    """A fault after the answer had begun; the connection is cut, and the log has the reason."""


def log_fault(error: Exception) -> None:
    """Log where a fault happened, and not its message: that of a library can hold the text."""
    where = "".join(traceback.format_tb(error.__traceback__))
    log.error("internal error: %s\n%s", type(error).__name__, where)


def configure_logging(level: str, form: str) -> None:
    """Log to standard error, uvicorn's lines too, as text or as JSON objects."""
    handler = logging.StreamHandler()
    handler.addFilter(_add_request)
    handler.setFormatter(
        JsonFormatter(
            "{asctime}{levelname}{name}{message}{request}",
            style="{",
            rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
        )
        if form == "json"
        else logging.Formatter("%(asctime)s %(levelname)s %(name)s%(bracketed)s: %(message)s")
    )
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it tells each step of a migration


def _add_request(record: logging.LogRecord) -> bool:
    record.request = request = _REQUEST.get()
    record.bracketed = f" [{request}]" if request else ""
    return True


def _id_of(headers: Sequence[tuple[bytes, bytes]]) -> str:
    for name, value in headers:
        if name == b"x-request-id" and _ID.fullmatch(value):
            return value.decode()
    return os.urandom(16).hex()
