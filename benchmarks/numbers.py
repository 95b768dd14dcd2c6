"""The result as JSON, for the chart of the README (`make results`)."""

import statistics
from collections.abc import Sequence
from typing import Any

from benchmarks.round import CLIENTS, Round
from upstander.models.cores import usable_cores
from upstander.models.shipped import DEFAULT_BUNDLE


def numbers(rounds: Sequence[Round], processor: str) -> dict[str, Any]:
    """Of each server and number of clients the posts a second over the bare limit.

    The memory of a server is in megabytes. Numbers are medians over rounds, with least and most.
    """
    return {
        "bundle": {"name": DEFAULT_BUNDLE.parent.name, "version": DEFAULT_BUNDLE.name},
        "processor": processor,
        "cores": usable_cores(),
        "rounds": len(rounds),
        "servers": {
            name: {
                str(clients): {
                    "share": _of([one.loads[name][clients].rate / one.limit for one in rounds]),
                }
                for clients in CLIENTS
            }
            for name in rounds[0].loads
        },
        "megabytes": {
            name: _of([one.megabytes[name] for one in rounds]) for name in rounds[0].loads
        },
    }


def _of(values: Sequence[float]) -> dict[str, float]:
    return {
        "median": round(statistics.median(values), 4),
        "least": round(min(values), 4),
        "most": round(max(values), 4),
    }
