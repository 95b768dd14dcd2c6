"""Which requests are retried, and after how long."""

from typing import Final

import httpx
from httpx_retries import Retry

from upstander.client.errors import ClientError

_BUSY: Final = (429, 503)


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


class WaitTooLong(Exception):
    """Who asks for a longer wait than the caller has patience for is not asked again."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__("Retry-After is longer than the patience of the caller")
        self.response = response


def asks_too_long_a_wait(response: httpx.Response, patience: float) -> bool:
    """Whether a service is busy for longer than `patience` seconds."""
    return response.status_code in _BUSY and (seconds_of(response) or 0) > patience
