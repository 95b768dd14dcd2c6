"""The parts of a running service, and what routes do with them: score, decide, record."""

import asyncio
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from fastapi import Request

from upstander.models.policy.loader import ReadPolicy
from upstander.models.response import Decided
from upstander.serving.admission import Permit
from upstander.serving.api.perspective.attributes import Catalogue
from upstander.serving.auth import Auth, Caller
from upstander.serving.connections import ON_HANG_UP
from upstander.serving.engine import Engine
from upstander.serving.errors import ClientGone, InvalidRequest, UnservedLanguage
from upstander.serving.health import Health
from upstander.serving.language_routing import PostLanguage
from upstander.serving.loader import Loader
from upstander.serving.metrics import Metrics
from upstander.serving.policy_store import PolicyStore
from upstander.serving.records.recording import DecisionRecord, Recorder
from upstander.serving.scoring import Scored
from upstander.serving.settings import Settings
from upstander.serving.store.suggestion_limit import SuggestionLimit
from upstander.serving.store.writer import Writer


@dataclass(frozen=True, slots=True)
class Service:
    """The parts of one running service."""

    settings: Settings
    metrics: Metrics
    engine: Engine
    auth: Auth
    health: Health
    loader: Loader
    catalogue: Catalogue
    store: Writer
    suggestion_limit: SuggestionLimit
    policy_store: PolicyStore
    recorder: Recorder

    @property
    def passes_unserved(self) -> bool:
        """Whether a post in a language that is not served is answered, without scores."""
        return self.settings.unserved_language == "pass"


def service_of(request: Request) -> Service:
    """The service that a request came to."""
    service: Service = request.app.state.service
    return service


def caller_of(request: Request) -> Caller:
    """Who sent the request; they were let in before its body was read."""
    caller: Caller = request.state.caller
    return caller


async def score_for(
    request: Request,
    text: str,
    deadline: float,
    keep: bool = True,
    language: PostLanguage | None = None,
) -> Scored:
    """The score of one text, for whoever sent the request.

    deadline: as `deadline_of` the request. keep: whether anything about the text may be remembered.
    language: of the text; None to identify it.

    Raises what admission, authentication and the engine raise, and ClientGone.
    """
    service, caller = service_of(request), caller_of(request)
    with service.engine.admission.permit(caller.holder, size_of(text)) as permit:
        await service.auth.charge(caller, 1)
        with cancel_on_disconnect(request):
            scored = await service.engine.score(text, deadline, keep, permit, language)
    await service.auth.charge_tokens(caller, scored.score.work.tokens)
    return scored


async def scores_for(request: Request, texts: Sequence[str]) -> Sequence[Scored | UnservedLanguage]:
    """The scores of several texts, in their order; what one of them raises is raised for all.

    A text in a language that is not served has its error in its place, if such texts are passed.
    """
    service, caller = service_of(request), caller_of(request)
    engine, deadline = service.engine, deadline_of(request, service)

    async def answer(text: str, permit: Permit) -> Scored | UnservedLanguage:
        try:
            scored = await engine.score(text, deadline, permit=permit)
        except UnservedLanguage as error:
            if service.passes_unserved:
                return error
            raise
        await service.auth.charge_tokens(caller, scored.score.work.tokens)
        return scored

    with engine.admission.permit(caller.holder, size_of(texts[0])) as first:
        await service.auth.charge(caller, len(texts))
        with cancel_on_disconnect(request):
            answers = engine.in_order(texts, answer, size_of, caller.holder, first)
            groups = [group async for group in answers]
    return [scored for group in groups for scored in group]


async def decide_for(
    service: Service,
    caller: Caller,
    text: str,
    scored: Scored,
    policy: ReadPolicy | None,
    deadline: float,
    *,
    community_id: str | None = None,
    post_id: str | None = None,
    keep: bool = True,
) -> Decided | None:
    """What a policy says of a post, and its record; None without a policy.

    keep: whether the decision may be recorded. deadline: for that, in the time of the event loop.

    Raises StoreDown and StoreRefused if a decision must be recorded and cannot be.
    """
    if policy is None:
        return None
    bound = service.policy_store.bind(policy, scored.bundle.manifest)
    decision = bound.decide(scored.score, scored.is_quotation)
    if not (service.recorder.is_on and keep):
        return Decided(decision, bound)
    decided = Decided(decision, bound, service.recorder.new_id())
    record = DecisionRecord(decided, scored, text, post_id, caller.key_id, community_id)
    await service.recorder.record(record, deadline)
    return decided


@contextmanager
def cancel_on_disconnect(request: Request) -> Iterator[None]:
    """Run the block until it is done or the client hangs up; then it is cancelled.

    The body has been read. Raises ClientGone, which nobody is left to see.
    """
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - a coroutine runs in a task
    is_gone = False

    def hang_up() -> None:
        nonlocal is_gone
        is_gone = True
        task.cancel()

    waiting: list[Callable[[], None]] = request.scope["state"].setdefault(ON_HANG_UP, [])
    waiting.append(hang_up)
    try:
        yield
    except asyncio.CancelledError:
        if is_gone and task.uncancel() == 0:
            raise ClientGone("The client disconnected.") from None
        raise
    finally:
        waiting.remove(hang_up)


def size_of(text: str) -> int:
    """Bytes of UTF-8."""
    return len(text.encode())


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
