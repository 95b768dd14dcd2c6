"""Cancelling the work for a client that has hung up."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from starlette.requests import Request

from upstander.serving.errors import ClientGone

ON_HANG_UP: Final = "on_hang_up"
"""In the state of a request: what is called when its connection ends (`serving/protocol.py`)."""


@contextmanager
def cancel_on_disconnect(request: Request) -> Iterator[None]:
    """Run the block until it is done or the client hangs up; then it is cancelled.

    The body has been read. Raises ClientGone, which nobody is left to see.
    """
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - a coroutine runs in a task
    gone = False

    def hang_up() -> None:
        nonlocal gone
        gone = True
        task.cancel()

    waiting: list[Callable[[], None]] = request.scope["state"].setdefault(ON_HANG_UP, [])
    waiting.append(hang_up)
    try:
        yield
    except asyncio.CancelledError:
        if gone and task.uncancel() == 0:
            raise ClientGone("The client disconnected.") from None
        raise
    finally:
        waiting.remove(hang_up)
