"""How many cores this process may use."""

import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_CGROUPS: Final = Path("/sys/fs/cgroup")
_OWN: Final = Path("/proc/self/cgroup")


def usable_cores() -> int:
    """Cores that this process may keep busy; at least 1.

    Linux can bind a process to some cores, and containers are given a share of time instead
    (`--cpus`, a limit of Kubernetes): a thread more than that only waits for its turn.
    Elsewhere, as on macOS, all cores count.
    """
    if not hasattr(os, "sched_getaffinity"):
        return os.cpu_count() or 1
    bound = len(os.sched_getaffinity(0))
    return max(1, min(bound, math.ceil(min(_quotas(), default=bound))))


def _quotas() -> Iterator[float]:
    """Cores' worth of time that the control groups of this process allow, where they have a limit.

    Those of version 2 and of version 1, each with all groups above; within a container the tree
    begins at its own group.
    """
    try:
        lines = _OWN.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue
        root = _CGROUPS / controllers if controllers else _CGROUPS
        place = Path(path.lstrip("/"))
        for group in (place, *place.parents):
            yield from _quota_v1(root / group) if controllers else _quota_v2(root / group)


def _quota_v2(group: Path) -> Iterator[float]:
    try:
        quota, period = (group / "cpu.max").read_text().split()
    except (OSError, ValueError):
        return
    if quota != "max":
        yield int(quota) / int(period)


def _quota_v1(group: Path) -> Iterator[float]:
    try:
        quota = int((group / "cpu.cfs_quota_us").read_text())
        period = int((group / "cpu.cfs_period_us").read_text())
    except (OSError, ValueError):
        return
    if quota > 0:
        yield quota / period
