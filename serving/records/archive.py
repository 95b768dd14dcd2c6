"""Reading and purging the records of a store, in batches."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import Connection, Engine, Select, delete, exists, func, select

from upstander.serving.store.database import scrub
from upstander.serving.store.tables import DECISIONS, POLICIES, REVIEWS, SUGGESTIONS

log = logging.getLogger("upstander")

Record = Mapping[str, Any]
"""A row of the table `decisions`."""

_PIECE: Final = 1000
"""Rows that are read or deleted at a time: a lock is held for milliseconds."""


def records(
    engine: Engine,
    since: datetime | None = None,
    until: datetime | None = None,
    band: str | None = None,
) -> Iterator[Record]:
    """The decisions of a store, the oldest first. since, until: in UTC, the latter exclusive."""
    wanted: Select[Any] = select(DECISIONS).order_by(DECISIONS.c.id)
    if since is not None:
        wanted = wanted.where(DECISIONS.c.decided >= since)
    if until is not None:
        wanted = wanted.where(DECISIONS.c.decided < until)
    if band is not None:
        wanted = wanted.where(DECISIONS.c.band == band)
    last = 0
    # By key and not with a cursor: a reader that takes its time keeps nobody from writing.
    while True:
        with engine.connect().execution_options(reads_only=True) as connection:
            piece = connection.execute(wanted.where(DECISIONS.c.id > last).limit(_PIECE))
            rows = piece.mappings().all()
        yield from cast("Sequence[Record]", rows)
        if len(rows) < _PIECE:
            return
        last = rows[-1]["id"]


def record_of(engine: Engine, decision_id: str) -> Record | None:
    """The record of a decision, or None."""
    with engine.connect().execution_options(reads_only=True) as connection:
        found = select(DECISIONS).where(DECISIONS.c.decision_id == decision_id)
        return cast("Record | None", connection.execute(found).mappings().one_or_none())


def policy_document(engine: Engine, sha256: str) -> bytes | None:
    """A policy that decided, byte for byte, or None."""
    with engine.connect().execution_options(reads_only=True) as connection:
        found = select(POLICIES.c.document).where(POLICIES.c.sha256 == sha256)
        document = connection.execute(found).scalar_one_or_none()
    return None if document is None else bytes(document)


def purge(engine: Engine, before: datetime, is_wanted: Callable[[], bool] = lambda: True) -> int:
    """Delete the decisions from before a time, in UTC, with what was said of them; how many.

    The suggestions that reviews of them made are gone too, and nothing of all that can be read in
    the files of the store afterwards. is_wanted: asked before each piece.
    """
    purged = 0
    old = (
        select(DECISIONS.c.id, DECISIONS.c.decision_id)
        .where(DECISIONS.c.decided < before)
        .order_by(DECISIONS.c.decided)
        .limit(_PIECE)
    )
    while is_wanted():
        with engine.begin() as connection:
            piece = connection.execute(old).all()
            names = [row.decision_id for row in piece]
            connection.execute(delete(SUGGESTIONS).where(SUGGESTIONS.c.decision_id.in_(names)))
            connection.execute(delete(REVIEWS).where(REVIEWS.c.decision_id.in_(names)))
            connection.execute(delete(DECISIONS).where(DECISIONS.c.id.in_([r.id for r in piece])))
        purged += len(piece)
        if len(piece) < _PIECE:
            break
    if purged:
        with engine.begin() as connection:
            drop_unused_policies(connection)
    forget(engine)
    return purged


def purge_suggestions(
    engine: Engine, before: datetime, is_wanted: Callable[[], bool] = lambda: True
) -> int:
    """Delete what clients suggested before a time, in UTC; how many. is_wanted: as of `purge`."""
    purged = 0
    old = (
        select(SUGGESTIONS.c.id)
        .where(SUGGESTIONS.c.received < before)
        .order_by(SUGGESTIONS.c.received)
        .limit(_PIECE)
    )
    while is_wanted():
        with engine.begin() as connection:
            piece = list(connection.execute(old).scalars())
            connection.execute(delete(SUGGESTIONS).where(SUGGESTIONS.c.id.in_(piece)))
        purged += len(piece)
        if len(piece) < _PIECE:
            break
    forget(engine)
    return purged


def bytes_of_suggestions(engine: Engine) -> int:
    """About how much the suggestions take."""
    with engine.connect().execution_options(reads_only=True) as connection:
        return int(connection.execute(select(func.sum(SUGGESTIONS.c.bytes))).scalar() or 0)


def drop_unused_policies(connection: Connection) -> None:
    """Delete the policies by which no decision that is kept was made."""
    used = exists().where(DECISIONS.c.policy_sha256 == POLICIES.c.sha256)
    connection.execute(delete(POLICIES).where(~used))


def forget(engine: Engine) -> None:
    """Have what was deleted nowhere in the files of the store."""
    if not scrub(engine):
        log.warning(
            "what was deleted may still be read in the file of the store that ends in -wal, for "
            "others kept it in use: do it once more"
        )
