"""Running the application under uvicorn."""

import logging
import signal

import uvicorn

from serving.app import create_app
from serving.settings import Settings


def run(settings: Settings) -> int:
    """Serve until a signal says stop; the exit status is 1 if there was nothing to serve."""
    failed = False

    def stop() -> None:
        nonlocal failed
        failed = True
        server.should_exit = True

    logging.basicConfig(
        level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(settings, on_failure=stop),
            host=settings.host,
            port=settings.port,
            loop="uvloop",
            http="httptools",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=10,
        )
    )
    # uvicorn raises the signal that stopped it once more when it is done. By then everything that
    # was admitted is answered, so the signal has nothing left to say and the exit status is 0.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    server.run()
    return 1 if failed or not server.started else 0
