"""Erasing everything that a store has of one post or text (right to erasure)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pydantic_core import to_json
from sqlalchemy import ColumnElement, Connection, Engine, delete, func, or_, select, update

from upstander.models.errors import UpstanderError
from upstander.serving.records.archive import drop_unused_policies, forget
from upstander.serving.records.recording import hash_of, is_hash_of
from upstander.serving.store.nul import without_nul
from upstander.serving.store.salt import load_salt
from upstander.serving.store.tables import CLAIMS, DECISIONS, REVIEWS, SUGGESTIONS

_PIECE: Final = 500
"""Rows that are read, or named in one statement: SQLite takes no more than 32,766 values."""

_QUOTED: Final = 8
"""Characters from which on a text within the reason of a review is a quotation of it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be erased: whatever any of these names.

    decision_id, post_id: as in the records. text_hash: as in the records. texts: spellings of one
    text, as `replay.texts_of` gives them.
    """

    decision_id: str | None = None
    post_id: str | None = None
    text_hash: str | None = None
    texts: Sequence[str] = ()


@dataclass(slots=True)
class Found:
    """What a store has of it: ids of rows.

    names: the `decision_id`s of the decisions.
    contexts: suggestions about other texts, to which this one was sent as context. reasons: reviews
    of other decisions, whose reason quotes it.
    """

    decisions: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    reviews: list[int] = field(default_factory=list)
    suggestions: list[int] = field(default_factory=list)
    contexts: list[int] = field(default_factory=list)
    reasons: list[int] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{len(self.decisions):,} decisions, {len(self.reviews):,} reviews and "
            f"{len(self.suggestions):,} suggestions, the context of {len(self.contexts):,} other "
            f"suggestions, and the reason of {len(self.reasons):,} other reviews"
        )


def find(engine: Engine, asked: Asked, salt_file: Path) -> Found:
    """Everything in a store that is to be erased; nothing is changed.

    salt_file: with the salt of the hashes, needed for a text or a hash once decisions were
        recorded. Raises UpstanderError if nothing is asked for, and StoreError for the salt.
    """
    if not any((asked.decision_id, asked.post_id, asked.text_hash, asked.texts)):
        raise UpstanderError("say what to erase: --id, --post-id, --hash or --stdin")
    salt = _salt(engine, salt_file) if asked.text_hash or asked.texts else b""
    found = Found()
    with engine.connect().execution_options(reads_only=True) as connection:
        _find_decisions(connection, asked, salt, found)
        for piece in _pieces(found.names):
            for ids, table in ((found.reviews, REVIEWS), (found.suggestions, SUGGESTIONS)):
                rows = select(table.c.id).where(table.c.decision_id.in_(piece))
                ids.extend(connection.execute(rows).scalars())
        if asked.text_hash or asked.texts:
            _find_suggestions(connection, _matcher(asked, salt), found)
        for text in dict.fromkeys(map(without_nul, asked.texts)):
            if len(text) < _QUOTED:
                continue
            # `instr` and `strpos`: a `%` of the text is a `%`.
            place = func.strpos if connection.dialect.name == "postgresql" else func.instr
            quoted = select(REVIEWS.c.id).where(place(REVIEWS.c.reason, text) > 0)
            found.reasons.extend(connection.execute(quoted).scalars())
    known = set(found.reviews)
    found.reasons = [own for own in dict.fromkeys(found.reasons) if own not in known]
    return found


def erase(engine: Engine, found: Found) -> None:
    """Delete what was found, all of it or nothing, and empty the log in which it can be read."""
    with engine.begin() as connection:
        for table, ids in (
            (DECISIONS, found.decisions),
            (REVIEWS, found.reviews),
            (SUGGESTIONS, found.suggestions),
        ):
            for piece in _pieces(ids):
                connection.execute(delete(table).where(table.c.id.in_(piece)))
        for names in _pieces(found.names):
            connection.execute(delete(CLAIMS).where(CLAIMS.c.decision_id.in_(names)))
        for piece in _pieces(found.reasons):
            quoting = update(REVIEWS).where(REVIEWS.c.id.in_(piece))
            connection.execute(quoting.values(reason=None))
        for own in found.contexts:
            _drop_context(connection, own)
        if found.decisions:
            drop_unused_policies(connection)
    forget(engine)


def _salt(engine: Engine, file: Path) -> bytes:
    """The salt of the hashes; empty if no decision was ever recorded."""
    with engine.connect().execution_options(reads_only=True) as connection:
        if connection.execute(select(DECISIONS.c.id).limit(1)).first() is None:
            return b""
    return load_salt(engine, file)


def _find_decisions(connection: Connection, asked: Asked, salt: bytes, found: Found) -> None:
    """Add the decisions that are meant."""
    wanted: list[ColumnElement[bool]] = []
    if asked.decision_id:
        wanted.append(DECISIONS.c.decision_id == asked.decision_id)
    if asked.post_id:
        wanted.append(DECISIONS.c.post_id == without_nul(asked.post_id))
    hashes = {asked.text_hash} if asked.text_hash else set()
    if salt:
        hashes |= {hash_of(text, salt) for text in asked.texts}
    if hashes:
        wanted.append(DECISIONS.c.text_hash.in_(hashes))
    if not wanted:
        return
    rows = connection.execute(select(DECISIONS.c.id, DECISIONS.c.decision_id).where(or_(*wanted)))
    for row in rows:
        found.decisions.append(row.id)
        found.names.append(row.decision_id)


def _matcher(asked: Asked, salt: bytes) -> Callable[[str], bool]:
    """Whether a text of the store is the one that is meant."""
    texts = set(map(without_nul, asked.texts))

    def is_meant(text: str) -> bool:
        if text in texts:
            return True
        return bool(asked.text_hash and salt) and is_hash_of(asked.text_hash or "", text, salt)

    return is_meant


def _find_suggestions(
    connection: Connection, is_meant: Callable[[str], bool], found: Found
) -> None:
    """Add the suggestions about a text, and those to which it is the context.

    No hash of these is kept, so that each is looked at.
    """
    known = set(found.suggestions)
    columns = select(SUGGESTIONS.c.id, SUGGESTIONS.c.text, SUGGESTIONS.c.context)
    last = 0
    while True:
        piece = columns.where(SUGGESTIONS.c.id > last).order_by(SUGGESTIONS.c.id).limit(_PIECE)
        rows = connection.execute(piece).all()
        for row in rows:
            if row.id in known:
                continue
            if is_meant(row.text):
                found.suggestions.append(row.id)
            elif any(is_meant(text) for text in _strings(row.context)):
                found.contexts.append(row.id)
        if len(rows) < _PIECE:
            return
        last = rows[-1].id


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


def _drop_context(connection: Connection, own: int) -> None:
    columns = select(SUGGESTIONS.c.text, SUGGESTIONS.c.attribute_scores)
    row = connection.execute(columns.where(SUGGESTIONS.c.id == own)).one_or_none()
    if row is not None:
        size = len(row.text.encode()) + len(to_json(row.attribute_scores))
        without = update(SUGGESTIONS).where(SUGGESTIONS.c.id == own)
        connection.execute(without.values(context=None, bytes=size))


def _pieces(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for begin in range(0, len(values), _PIECE):
        yield values[begin : begin + _PIECE]
