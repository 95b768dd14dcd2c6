"""What every route needs, in one place."""

import asyncio
import math
from dataclasses import dataclass
from typing import Final

from fastapi import Request

from serving.door import Caller, Door
from serving.engine import Engine
from serving.errors import InvalidRequest
from serving.health import Health
from serving.loader import Loader
from serving.metrics import Metrics
from serving.settings import Settings


@dataclass(frozen=True, slots=True)
class Service:
    """The parts of one running service."""

    settings: Settings
    metrics: Metrics
    engine: Engine
    door: Door
    health: Health
    loader: Loader


def service_of(request: Request) -> Service:
    """The service that a request came to."""
    service: Service = request.app.state.service
    return service


def caller_of(request: Request) -> Caller:
    """Who sent the request; they were let in before its body was read."""
    caller: Caller = request.state.caller
    return caller


def deadline_of(request: Request, service: Service) -> float:
    """When a request must be answered, in the time of the event loop. Raises InvalidRequest."""
    allowed = service.settings.request_timeout
    if (given := request.headers.get("x-request-timeout")) is not None:
        allowed = min(allowed, _seconds(given))
    return asyncio.get_running_loop().time() + allowed


def _seconds(given: str) -> float:
    try:
        seconds = float(given)
    except ValueError:
        seconds = math.nan
    if not seconds > 0:  # nor NaN
        raise InvalidRequest("X-Request-Timeout: must be a number of seconds over 0, such as 2.5.")
    return seconds


TIMEOUT_PARAMETER: Final = {
    "name": "X-Request-Timeout",
    "in": "header",
    "required": False,
    "description": "Seconds that a text may take, if less than the service allows.",
    "schema": {"type": "number", "exclusiveMinimum": 0},
}
"""For the OpenAPI document. Read by hand: a dependency costs a tenth of what a run does."""
