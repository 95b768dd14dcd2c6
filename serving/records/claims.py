"""Claims on decisions, so that two people never review the same one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import Connection, Engine, delete, func, or_, select, text

from upstander.serving.records.archive import Record
from upstander.serving.records.reviews import count_waiting, in_order, is_unsure, is_waiting
from upstander.serving.store.tables import CLAIMS, DECISIONS

SECONDS: Final = 600
"""For which a claim holds, unless it is renewed or given up before."""

_CLAIMING: Final = 7_305_777
"""The number of the lock under which PostgreSQL lets one claim at a time be made. SQLite has one
writer anyway."""


@dataclass(frozen=True, slots=True)
class ClaimQuery:
    """What a claimant wants to look at.

    claimant: a random name of their page; another one of the same key is somebody else.
    limit: most decisions. first: ids that come before the others, if they are free.
    skip: ids to leave out. unsure: also those of which people with this key were not sure, last.
    """

    claimant: str
    key_id: str | None
    limit: int
    first: Sequence[str] = ()
    skip: Sequence[str] = ()
    unsure: bool = False


@dataclass(frozen=True, slots=True)
class Claimed:
    """records: that the claimant holds now. waiting: all that wait for their key, with these and
    those that others hold. held: by others. unsure: of which people with this key were not sure.
    """

    records: Sequence[Record]
    waiting: int
    held: int
    unsure: int


def claim(engine: Engine, wish: ClaimQuery) -> Claimed:
    """Give a claimant decisions that nobody else holds. What they held before they hold no more,
    unless it is among these.
    """
    now = datetime.now(UTC).replace(tzinfo=None)
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_CLAIMING})"))
        mine = (CLAIMS.c.claimant == wish.claimant) & CLAIMS.c.key_id.is_not_distinct_from(
            wish.key_id
        )
        connection.execute(delete(CLAIMS).where(or_(CLAIMS.c.until <= now, mine)))
        records = _free(connection, wish)
        if records:
            until = now + timedelta(seconds=SECONDS)
            connection.execute(
                CLAIMS.insert(),
                [
                    {
                        "decision_id": record["decision_id"],
                        "claimant": wish.claimant,
                        "key_id": wish.key_id,
                        "until": until,
                    }
                    for record in records
                ],
            )
        is_held = DECISIONS.c.decision_id.in_(select(CLAIMS.c.decision_id).where(~mine))
        held = select(func.count()).select_from(DECISIONS).where(is_waiting(wish.key_id), is_held)
        waiting, unsure = count_waiting(connection, wish.key_id)
        return Claimed(
            records,
            waiting=waiting,
            held=int(connection.execute(held).scalar_one()),
            unsure=unsure,
        )


def _free(connection: Connection, wish: ClaimQuery) -> Sequence[Record]:
    """Decisions that wait and that nobody holds, in the order in which they are wanted."""
    free = in_order(wish.key_id).where(
        is_waiting(wish.key_id),
        DECISIONS.c.decision_id.not_in(select(CLAIMS.c.decision_id)),
    )
    first = list(dict.fromkeys(wish.first))[: wish.limit]
    found: dict[str, Any] = {}
    if first:
        rows = connection.execute(free.where(DECISIONS.c.decision_id.in_(first))).mappings()
        by_id = {row["decision_id"]: row for row in rows}
        found = {name: by_id[name] for name in first if name in by_id}
    if len(found) < wish.limit:
        others = free.where(DECISIONS.c.decision_id.not_in([*wish.skip, *found]))
        if not wish.unsure:
            others = others.where(~is_unsure(wish.key_id))
        rows = connection.execute(others.limit(wish.limit - len(found))).mappings()
        found |= {row["decision_id"]: row for row in rows}
    return cast("Sequence[Record]", list(found.values()))
