"""How many cores this process may use."""

import os


def usable_cores() -> int:
    """Cores that the scheduler gives to this process; at least 1.

    Linux can bind a process to some cores, as containers do. Elsewhere, as on macOS, all count.
    """
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
