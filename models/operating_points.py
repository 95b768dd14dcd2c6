"""Names of the operating points, and the older names that still stand for them."""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final

ORDINARY_FLAGGED: Final[Mapping[str, float]] = MappingProxyType(
    {"quiet": 0.001, "balanced": 0.005, "watchful": 0.02}
)
"""Operating point to the largest share of ordinary posts that it flags, for a label.

Targets and mechanisms have points of the same names with another meaning: `watchful` is the highest
threshold that finds nine of ten positives, and nine of ten texts that `quiet` flags are positive.
"""

# Names in bundles before 2.0.0. They are accepted for one release.
_OLD_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {"high-precision": "quiet", "high-recall": "watchful"}
)


def current_name(name: str) -> str:
    """The name of an operating point, given its name or its older one."""
    return _OLD_NAMES.get(name, name)


def name_among(names: Collection[str], name: str) -> str | None:
    """The one of `names` that means the same operating point; None if there is none."""
    if name in names:
        return name
    return next((own for own in names if current_name(own) == current_name(name)), None)


def in_order(names: Collection[str]) -> tuple[str, ...]:
    """The current names of operating points, from the fewest flagged to the most; others last."""
    current = {current_name(name) for name in names}
    known = [name for name in ORDINARY_FLAGGED if name in current]
    return (*known, *sorted(current - set(known)))
