"""Inter-reviewer agreement on decisions that two people reviewed."""

import math
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine, select

from upstander.serving.store.tables import REVIEWS

_Z: Final = 1.959964
"""Of a 95 % interval."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """pairs: decisions that two people reviewed. agreed: of these. share: agreed of pairs, with
    its 95 % Wilson interval; None without pairs. kappa: Cohen's, None where chance alone gives
    full agreement.
    """

    pairs: int
    agreed: int
    share: float | None
    low: float | None
    high: float | None
    kappa: float | None


def agreement(engine: Engine) -> Agreement:
    """The agreement of the reviews that a store holds."""
    first, second = REVIEWS.alias("first"), REVIEWS.alias("second")
    wanted = (
        select(second.c.id, first.c.outcome, second.c.outcome)
        .join(first, first.c.decision_id == second.c.decision_id)
        .where(
            second.c.second_look.is_(True),
            first.c.id < second.c.id,
            first.c.outcome != "unsure",
            first.c.key_id.is_distinct_from(second.c.key_id),
        )
        .order_by(second.c.id, first.c.id)
    )
    with engine.connect().execution_options(reads_only=True) as connection:
        rows = connection.execute(wanted).all()
    pairs = {row[0]: (row[1], row[2]) for row in rows}  # the last before the second look
    return _of(list(pairs.values()))


def _of(pairs: list[tuple[str, str]]) -> Agreement:
    count = len(pairs)
    if not count:
        return Agreement(0, 0, None, None, None, None)
    agreed = sum(one == other for one, other in pairs)
    low, high = _wilson(agreed, count)
    shares = [
        [sum(pair[place] == outcome for pair in pairs) / count for place in (0, 1)]
        for outcome in ("upheld", "overturned")
    ]
    chance = sum(one * other for one, other in shares)
    share = agreed / count
    kappa = None if math.isclose(chance, 1) else (share - chance) / (1 - chance)
    return Agreement(count, agreed, share, low, high, kappa)


def _wilson(hits: int, count: int) -> tuple[float, float]:
    """The 95 % score interval of a share (Wilson 1927)."""
    share, square = hits / count, _Z**2 / count
    middle = share + square / 2
    reach = _Z * math.sqrt(share * (1 - share) / count + square / (4 * count))
    return (middle - reach) / (1 + square), (middle + reach) / (1 + square)
