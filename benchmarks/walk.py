"""Which of our files a post crosses on its way through the service.

    python -m benchmarks.walk

Prints a line a file, in the order in which they are first entered, and how many there are. What
the service does beside requests, such as watching its event loop, is left out.
"""

import http.client
import json
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any, Final

import uvicorn

import upstander
from upstander.serving.app import create_app
from upstander.serving.protocol import GuardedProtocol
from upstander.serving.settings import Settings

POST: Final = {"text": "Migrants are vermin."}
_WARM_UP: Final = {"text": "Good morning, everyone."}
_BESIDE: Final = frozenset({"serving/loop_delay.py", "serving/health.py"})
_SECONDS: Final = 60.0
_ROOT: Final = Path(upstander.__file__).parent


class Trace:
    """Notes which functions run while it is on. For `sys.setprofile`."""

    def __init__(self) -> None:
        self.is_on = False
        self.calls: dict[str, int] = {}
        """File to how many functions of it were entered, in the order of the first."""

    def __call__(self, frame: FrameType, event: str, _: Any) -> None:
        if not self.is_on or event != "call":
            return
        file = Path(frame.f_code.co_filename)
        if file.is_relative_to(_ROOT):
            name = str(file.relative_to(_ROOT))
            if name not in _BESIDE:
                self.calls[name] = self.calls.get(name, 0) + 1


def files_of(post: Mapping[str, Any], path: str = "/v1/score") -> Mapping[str, int]:
    """The files that a post crosses, and how many calls each of them takes.

    Raises RuntimeError if the service does not answer 200.
    """
    trace = Trace()
    threading.setprofile(trace)
    try:
        config = uvicorn.Config(
            create_app(Settings(store="")),  # type: ignore[call-arg]
            port=0,
            http=GuardedProtocol,
            ws="none",
            log_config=None,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            _until(lambda: server.started)
            port = server.servers[0].sockets[0].getsockname()[1]
            _until(lambda: _ask(port, path, _WARM_UP) == 200)
            trace.is_on = True
            status = _ask(port, path, post)
            trace.is_on = False
        finally:
            server.should_exit = True
            thread.join()
    finally:
        threading.setprofile(None)
    if status != 200:
        raise RuntimeError(f"the service answered {status}")
    return trace.calls


def _ask(port: int, path: str, post: Mapping[str, Any]) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_SECONDS)
    headers = {"content-type": "application/json", "connection": "close"}
    connection.request("POST", path, json.dumps(post), headers)
    with connection.getresponse() as response:
        response.read()
    connection.close()
    return response.status


def _until(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + _SECONDS
    while not condition():
        if time.monotonic() > ends:
            raise RuntimeError("the service was not ready in time")
        time.sleep(0.05)


def main() -> None:
    """Print the files."""
    calls = files_of(POST)
    for name, count in calls.items():
        print(f"{count:5} {name}")  # noqa: T201
    print(f"{len(calls)} files, {sum(calls.values())} calls")  # noqa: T201


if __name__ == "__main__":
    main()
