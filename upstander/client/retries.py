"""When a request is sent again, and when it is better to say that it was refused."""

from typing import Final

import httpx
from httpx_retries import Retry, RetryTransport

from upstander.client.errors import ClientError

_BUSY: Final = (429, 503)


def transport(
    retries: int, patience: float, *, once: bool, proxy: httpx.Proxy | None
) -> RetryTransport:
    """For the client that blocks. Arguments as of `policy`."""
    inner = _Patient(httpx.HTTPTransport(proxy=proxy), patience)
    return RetryTransport(inner, policy(retries, once=once))


def async_transport(
    retries: int, patience: float, *, once: bool, proxy: httpx.Proxy | None
) -> RetryTransport:
    """For the client to be awaited."""
    inner = _AsyncPatient(httpx.AsyncHTTPTransport(proxy=proxy), patience)
    return RetryTransport(inner, policy(retries, once=once))


def policy(retries: int, *, once: bool) -> Retry:
    """How often and after what pause; `Retry-After` counts where the service says it.

    once: for what must not be done twice, such as a review. Only what surely never began is
    repeated. Scoring may be repeated. Raises ClientError for fewer retries than none.
    """
    if retries < 0:
        raise ClientError(f"retries is {retries}, and must be 0 or more.")
    return Retry(
        total=retries,
        allowed_methods=("GET", "POST"),
        status_forcelist=(429,) if once else None,
        retry_on_exceptions=(httpx.ConnectError, httpx.ConnectTimeout) if once else None,
        backoff_factor=0.25,
        backoff_jitter=0.5,
        max_backoff_wait=float("inf"),  # those that are too long never come here
    )


def seconds_of(response: httpx.Response) -> float | None:
    """What `Retry-After` asks for, given as seconds or as a date."""
    try:
        return Retry().parse_retry_after(response.headers["retry-after"])
    except (KeyError, ValueError):
        return None


class TooLong(Exception):
    """Who asks for a longer wait than the caller has patience for is not asked again."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__("Retry-After is longer than the patience of the caller")
        self.response = response


def _asks_too_much(response: httpx.Response, patience: float) -> bool:
    return response.status_code in _BUSY and (seconds_of(response) or 0) > patience


class _Patient(httpx.BaseTransport):
    """A transport below the one that repeats. patience: seconds."""

    def __init__(self, inner: httpx.BaseTransport, patience: float) -> None:
        self._inner = inner
        self._patience = patience

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send. Raises TooLong."""
        response = self._inner.handle_request(request)
        if _asks_too_much(response, self._patience):
            response.request = request
            response.read()
            raise TooLong(response)
        return response

    def close(self) -> None:
        """Let go of the connections."""
        self._inner.close()


class _AsyncPatient(httpx.AsyncBaseTransport):
    """The same to be awaited."""

    def __init__(self, inner: httpx.AsyncBaseTransport, patience: float) -> None:
        self._inner = inner
        self._patience = patience

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send. Raises TooLong."""
        response = await self._inner.handle_async_request(request)
        if _asks_too_much(response, self._patience):
            response.request = request
            await response.aread()
            raise TooLong(response)
        return response

    async def aclose(self) -> None:
        """Let go of the connections."""
        await self._inner.aclose()
