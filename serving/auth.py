"""API keys: who calls, what they may do, and how much of their quota is left.

Without a file of keys the service is open, and says so in its log; it then listens on loopback
only, unless it is told otherwise (`serving/server.py`).
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from upstander.serving.admission import Admission
from upstander.serving.connections import HEALTH_ONLY
from upstander.serving.errors import Forbidden, KeyMissing, NotReady, ServiceError, Unauthorized
from upstander.serving.file_watch import FileWatch
from upstander.serving.keys import Entry, KeyFileError, Keys, Role, read_keys
from upstander.serving.metrics import Metrics
from upstander.serving.quotas import Quotas
from upstander.serving.refusal import Refusal
from upstander.serving.routes import declaration_of

log = logging.getLogger("upstander")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls. key: None where the service is open. headers: for the answer."""

    key: Entry | None
    headers: Mapping[str, str]

    @property
    def key_id(self) -> str | None:
        """The id of the key, which tells nothing of the key itself."""
        return None if self.key is None else self.key.id

    @property
    def holder(self) -> str:
        """Who holds permits and memory: the id of the key, or all who come without one."""
        return self.key_id or ""


_ANYBODY: Final = Caller(None, {})


class Auth:
    """Knows the keys, and counts what each of them has used."""

    def __init__(self, path: Path | None, quotas: Quotas, metrics: Metrics) -> None:
        """path: of the file of keys; None lets everybody in."""
        self._path = path
        self._quotas = quotas
        self._metrics = metrics
        self._keys = Keys(())
        self._watch = FileWatch(lambda: () if path is None else (path,))

    def refuse_if_crowded(self, scope: Scope) -> None:
        """Raise NotReady for all but health checks on a connection that is one too many."""
        is_one_too_many = scope.get("state", {}).get(HEALTH_ONLY)
        if is_one_too_many and not declaration_of(scope).is_health:
            raise self._refused(
                "connections", NotReady("All connections are in use: retry in a second.", 1)
            )

    def identify(self, scope: Scope, role: Role | Literal["any"]) -> Caller:
        """Who calls. Raises Unauthorized, and Forbidden for a key of another role."""
        if self._path is None:
            if role in ("review", "admin"):
                raise Forbidden(f"This needs API keys: 'upstander keys create NAME --{role}'.")
            return _ANYBODY
        key = key_of(Headers(scope=scope))
        if not key:
            raise self._refused(
                "unauthorized",
                KeyMissing(
                    "This service needs an API key: send it as 'Authorization: Bearer KEY'."
                ),
            )
        entry = self._current(self._path).find(key)
        if entry is None:
            raise self._refused(
                "unauthorized", Unauthorized("This API key is not known, or no longer.")
            )
        if role not in ("any", entry.role):
            raise self._refused(
                "forbidden",
                Forbidden(f"This needs a key with the role '{role}', and yours is for others."),
            )
        return Caller(entry, {})

    async def admit(self, caller: Caller) -> Caller:
        """Take one request off the rate of a caller, who learns what is left. Raises RateLimited"""
        if caller.key is None or not caller.key.rate:
            return caller
        return Caller(caller.key, await self._quotas.take_request(caller.key))

    def holder_of(self, key: str) -> str | None:
        """Whose permits and memory a key as it was sent may use; None if it is not known.

        Nothing is counted.
        """
        if self._path is None:
            return ""
        entry = self._current(self._path).find(key)
        return None if entry is None else entry.id

    async def charge(self, caller: Caller, posts: int) -> None:
        """Take posts off the day's quota of a caller.

        Raises RateLimited if it is used up, or the tokens of the day are.
        """
        if caller.key is not None:
            await self._quotas.take_posts(caller.key, posts)

    async def charge_tokens(self, caller: Caller, tokens: int) -> None:
        """Take the tokens of a text, which are counted by now, off those of the day."""
        if caller.key is not None:
            await self._quotas.take_tokens(caller.key, tokens)

    def _refused(self, cause: str, error: ServiceError) -> ServiceError:
        self._metrics.refused.labels(cause=cause).inc()
        return error

    def _current(self, path: Path) -> Keys:
        """The keys as the file has them now; a file that went bad leaves those from before."""
        try:
            stamps = self._watch.look()
            if stamps is not None and stamps != self._watch.read:
                self._keys = read_keys(path)
                self._watch.read = stamps
        except (KeyFileError, OSError) as error:
            log.error("the previous API keys stay in force: %s", error)
        return self._keys


class AuthMiddleware:
    """ASGI middleware: checks the key and for a free permit before the body is read.

    The caller is left in the state of the request, and what they have left goes with every answer.
    """

    def __init__(self, app: ASGIApp, auth: Auth, admission: Admission) -> None:
        self._app = app
        self._auth = auth
        self._admission = admission

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = declaration_of(scope)
        try:
            self._auth.refuse_if_crowded(scope)
            caller = self._auth.identify(scope, declared.role) if declared.role else None
            if declared.needs_permit:  # a flood ends here, at its cheapest
                if caller is None:
                    self._admission.refuse_if_closed()
                else:
                    self._admission.refuse_if_full(caller.holder)
            if caller is not None:
                caller = await self._auth.admit(caller)
        except ServiceError as error:
            await Refusal(error)(scope, receive, send)
            return
        if caller is None:
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})["caller"] = caller
        if not caller.headers:
            await self._app(scope, receive, send)
            return
        own = [(name.lower().encode(), value.encode()) for name, value in caller.headers.items()]

        async def with_limits(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *own]
            await send(message)

        await self._app(scope, receive, with_limits)


def key_of(headers: Mapping[str, str]) -> str:
    """The key as a client sent it: a bearer token, or a header of its own.

    One in the query has become a header by now (`hide_key` in `serving/protocol.py`).
    """
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    return headers.get("x-api-key", "") or headers.get("x-goog-api-key", "")
