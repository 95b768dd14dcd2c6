"""A Ray cluster for the duration of a command: that of RAY_ADDRESS, or a local one."""

import logging
import os
import socket
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from upstander.evaluation.errors import EvaluationError
from upstander.models.cores import usable_cores
from upstander.models.errors import UpstanderError

_ADDRESS: Final = "RAY_ADDRESS"
_PATIENCE: Final = 5.0
_READERS: Final = 1
"""CPUs that a cluster here says it has beside those of its workers: reading takes next to none."""


@contextmanager
def cluster(workers: int) -> Iterator[int]:
    """Connect, or start as many workers here; how many there are to use.

    workers: 0 takes a CPU each of the cluster, or of this machine. Raises EvaluationError if the
    cluster of RAY_ADDRESS cannot be reached.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    import ray
    import ray.data

    settings: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.CRITICAL}
    is_ours = _ADDRESS not in os.environ
    if is_ours:
        settings |= {
            "address": "local",  # else Ray takes any cluster that `ray start` left on this machine
            "num_cpus": (workers or usable_cores()) + _READERS,
            "include_dashboard": False,
        }
    try:
        if not is_ours:
            _knock(os.environ[_ADDRESS])
        with _no_banner():
            ray.init(**settings)
    except (OSError, ValueError, RuntimeError) as error:
        if is_ours:
            raise
        raise EvaluationError(
            f"no Ray cluster at {os.environ[_ADDRESS]} ({_ADDRESS}): {str(error).splitlines()[0]}"
        ) from error
    try:
        for name in ("ray", "ray.data"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        warnings.filterwarnings("ignore", module="ray")
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        context.target_max_block_size = 1  # a row is a piece of work, and goes to any worker
        cpus: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
        yield workers or max(1, int(cpus.get("CPU", 1)) - _READERS)
    finally:
        ray.shutdown()


def mapped(
    items: Sequence[dict[str, Any]], steps: Callable[[Any], Any]
) -> Iterator[dict[str, Any]]:
    """The rows that `steps` makes of a Ray data set of the items, in the order they are done.

    Raises EvaluationError, with what the worker said.
    """
    import ray
    import ray.data

    try:
        made = steps(ray.data.from_items(list(items), override_num_blocks=len(items)))
        for table in made.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=0):
            yield from table.to_pylist()
    except ray.exceptions.RayError as error:
        cause: BaseException = error
        while inner := getattr(cause, "cause", None) or cause.__cause__:
            cause = inner
        if isinstance(cause, UpstanderError):
            # Ray adds lines of its own to what was said.
            raise EvaluationError(str(cause).splitlines()[0]) from None
        raise EvaluationError(f"Ray: {str(error).strip().splitlines()[-1]}") from error


def _knock(address: str) -> None:
    """Raises OSError if nobody listens there: Ray itself would try for minutes."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if host and port.isdecimal():  # and not "auto", say
        socket.create_connection((host, int(port)), timeout=_PATIENCE).close()


@contextmanager
def _no_banner() -> Iterator[None]:
    """Without what Ray's C++ core writes to standard error of itself; its log files have it."""
    sys.stderr.flush()
    level = os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        if level == "fatal":
            os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
