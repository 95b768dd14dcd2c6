# Made by deploy/sync_client.py: change `_async`, and run it.

"""The transport of the client: repeats requests, but does not wait longer than it may."""

import httpx
from httpx_retries import RetryTransport

from upstander.client.retries import WaitTooLong, asks_too_long_a_wait, policy


def transport(
    retries: int, patience: float, *, once: bool, proxy: httpx.Proxy | None
) -> RetryTransport:
    """A transport that repeats. patience: seconds. The others are arguments of `policy`."""
    inner = _PatientTransport(httpx.HTTPTransport(proxy=proxy), patience)
    return RetryTransport(inner, policy(retries, once=once))


class _PatientTransport(httpx.BaseTransport):
    """A transport below the one that repeats. patience: seconds."""

    def __init__(self, inner: httpx.BaseTransport, patience: float) -> None:
        self._inner = inner
        self._patience = patience

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send. Raises WaitTooLong."""
        response = self._inner.handle_request(request)
        if asks_too_long_a_wait(response, self._patience):
            response.request = request
            response.read()
            raise WaitTooLong(response)
        return response

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()
