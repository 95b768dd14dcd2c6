"""Running the application under uvicorn, in one process or several."""

import ipaddress
import logging
import multiprocessing
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from typing import Any, Final

import uvicorn
from prometheus_client.multiprocess import mark_process_dead
from uvicorn.supervisors import Multiprocess

from upstander.models.bundle import verify
from upstander.models.errors import BundleError, UpstanderError
from upstander.models.signature import check_signature
from upstander.serving.addresses import prefix_of
from upstander.serving.api.perspective.attributes import aliases_of
from upstander.serving.app import create_app
from upstander.serving.environment import unknown_variables
from upstander.serving.listening import listen
from upstander.serving.metrics import Metrics
from upstander.serving.policy_store import PolicyStore
from upstander.serving.protocol import GuardedProtocol
from upstander.serving.request_logging import configure_logging
from upstander.serving.settings import Settings
from upstander.serving.store.address import check_address

log = logging.getLogger("upstander")

_LAST_SECONDS: Final = 20.0
"""For a worker to end once requests had their time; threads and the store may take 15."""

_SWITCH_SECONDS: Final = 0.001
"""For which a thread may keep the interpreter lock while others want it. Python's own 5 ms come
several times to a post while a long text is prepared beside it."""

METRICS_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"


def run(settings: Settings) -> int:
    """Serve until a signal says stop; the exit status is 1 if there was nothing to serve.

    Raises UpstanderError for a setting that means nothing.
    """
    configure_logging(settings.log_level, settings.log_format)
    _set_threads()
    for line in unknown_variables(os.environ):
        log.warning("%s", line)
    # Here, once: a worker that fails is started again.
    aliases_of(settings.attribute_aliases)
    check_address(settings.store)
    prefix_of(settings.public_url)
    if settings.signature_keys is not None and not settings.require_signature:
        raise UpstanderError("--signature-keys has no effect without --require-signature: say both")
    if settings.record != "off" and not settings.store:
        raise UpstanderError("--record needs a store to keep records in: give one with --store")
    if settings.store and ("store" in settings.model_fields_set or settings.record != "off"):
        _try_store(settings)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until there is a bundle to change
    if settings.keys is None:
        if not is_loopback(settings.host) and not settings.insecure:
            log.error(
                "refused to listen on %s without API keys: create some with 'upstander keys' and "
                "give the file with --keys, or say --insecure",
                settings.host,
            )
            return 1
        log.warning(
            "no API keys configured: unauthenticated access for everyone who reaches %s",
            settings.host,
        )
    return _run_several(settings) if settings.workers > 1 else _run_one(settings)


def _set_threads() -> None:
    sys.setswitchinterval(_SWITCH_SECONDS)
    # A batch of one text is tokenised where it is, and not on threads that wait for work.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


def _try_store(settings: Settings) -> None:
    """Raise StoreError for a store or a salt that cannot be had, before anybody relies on it.

    The one that nobody named is made when there is something to keep.
    """
    from upstander.serving.store.database import open_store
    from upstander.serving.store.salt import load_salt, salt_file_of

    engine = open_store(settings.store)
    try:
        if settings.record != "off":
            load_salt(engine, salt_file_of(settings.store, settings.salt_file), make=True)
    finally:
        engine.dispose()


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address or name."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def application() -> Any:
    """The application of a worker process, which has its settings from the environment."""
    settings = Settings()  # type: ignore[call-arg]
    configure_logging(settings.log_level, settings.log_format)
    _set_threads()
    _end_with_parent(settings.drain_timeout)
    return create_app(settings, on_failure=lambda: os.kill(os.getpid(), signal.SIGTERM))


def _end_with_parent(drain_timeout: float) -> None:
    """Stop this worker when its parent is gone, however that ended: nobody else would stop it."""
    parent = multiprocessing.parent_process()

    def wait() -> None:
        assert parent is not None  # noqa: S101 - the thread is for workers
        parent.join()
        log.error("the parent process has ended, and so this worker stops")
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(drain_timeout + _LAST_SECONDS)
        os._exit(1)

    if parent is not None:
        threading.Thread(target=wait, name="parent", daemon=True).start()


def _options(settings: Settings) -> dict[str, Any]:
    return {
        "host": settings.host,
        "port": settings.port,
        "loop": "uvloop",
        "http": GuardedProtocol,
        "ws": "none",  # it would log addresses and queries
        "log_config": None,
        "access_log": False,
        "proxy_headers": False,  # nobody asks where a request came from
        "server_header": False,
        "timeout_keep_alive": 75,  # longer than proxies keep theirs, or they send into a closed one
        "timeout_graceful_shutdown": settings.drain_timeout,
    }


def _listen(settings: Settings) -> list[socket.socket]:
    sockets = listen(settings.host, settings.port)
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    log.info("listening on http://%s:%d (Ctrl+C stops it)", host, sockets[0].getsockname()[1])
    return sockets


def _run_one(settings: Settings) -> int:
    failed = False

    def stop() -> None:
        nonlocal failed
        failed = True
        server.should_exit = True

    server = uvicorn.Server(
        uvicorn.Config(create_app(settings, on_failure=stop), **_options(settings))
    )

    def stop_early(*_: object) -> None:
        server.should_exit = True

    # One that comes before uvicorn has its own handlers stops it as soon as it runs. uvicorn raises
    # the signal that stopped it once more when it is done; by then everything that was admitted is
    # answered, the signal has nothing left to say, and the exit status is 0.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop_early)
    server.run(_listen(settings))
    return 1 if failed or not server.started else 0


def _run_several(settings: Settings) -> int:
    """Workers of one listening socket, replaced when they die; SIGHUP goes on to each of them."""
    PolicyStore(settings.policies, settings.policy, Metrics())
    try:
        for bundle in filter(None, (settings.bundle, settings.languages_bundle)):
            if settings.require_signature:
                check_signature(bundle, settings.signature_keys)
            verify(bundle)  # once, here: workers that cannot serve it would start for ever
    except BundleError as error:
        log.error("cannot serve the bundle: %s", error)
        return 1
    with tempfile.TemporaryDirectory(prefix="upstander-metrics-") as folder:
        os.environ[METRICS_FOLDER] = folder
        for name, value in settings.model_dump(exclude_unset=True, exclude_none=True).items():
            os.environ[f"UPSTANDER_{name.upper()}"] = str(value)
        config = uvicorn.Config(
            "upstander.serving.server:application",
            factory=True,
            workers=settings.workers,
            **_options(settings),
        )
        workers = _Workers(config, _listen(settings))
        workers.run()
    # uvicorn lets the signal that stopped a worker end it, once its work is done.
    fine = {0, -signal.SIGTERM, -signal.SIGINT}
    return 0 if all(process.exitcode in fine for process in workers.processes) else 1


class _Workers(Multiprocess):
    def handle_hup(self) -> None:
        """A new bundle, not new processes."""
        for process in self.processes:
            if process.pid is not None:
                os.kill(process.pid, signal.SIGHUP)

    def keep_subprocess_alive(self) -> None:
        """The gauges of a dead process no longer count."""
        before = {process.pid for process in self.processes}
        super().keep_subprocess_alive()
        for pid in before - {process.pid for process in self.processes}:
            mark_process_dead(pid)  # type: ignore[no-untyped-call]
