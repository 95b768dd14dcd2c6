"""Reviews of decisions: adding one, undoing it, and the queue."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

from pydantic_core import to_json
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    ScalarSelect,
    Select,
    delete,
    exists,
    func,
    select,
    update,
)

from upstander.models.review_schemas import Outcome, ReasonCode
from upstander.serving.errors import InvalidRequest, NotFound, ReviewConflict
from upstander.serving.records.archive import Record
from upstander.serving.records.recording import is_hash_of
from upstander.serving.store.nul import without_nul
from upstander.serving.store.tables import CLAIMS, DECISIONS, REVIEWS, SUGGESTIONS

_STEPS: Final = 10
"""Steps of distance from the threshold within which the oldest comes first."""

_UNDO_WITHIN: Final = timedelta(days=1)

_DECIDED: Final = REVIEWS.c.outcome != "unsure"
"""Reviews that say what is to be done."""


@dataclass(frozen=True, slots=True)
class Review:
    """What somebody says of a decision.

    outcome: `unsure` leaves the decision in the queue. reason: in their words, or None.
    labels: label to whether it holds, where they say so. text: of the post, if it is not recorded
    and may become a training row. claimant: who claimed the decision before, or None.
    """

    decision_id: str
    outcome: Outcome
    reason: str | None
    labels: Mapping[str, bool]
    text: str | None
    key_id: str | None
    claimant: str | None = None
    reason_code: ReasonCode | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A review that was kept. learned: it became a suggestion, which the feedback export reads."""

    review_id: int
    learned: bool


def add_review(
    engine: Engine, review: Review, salt: Callable[[], bytes], twice: float = 0.0
) -> Kept:
    """Keep a review.

    salt: gives that of the hashes of texts; asked if the review brings a text. twice: share of the
    queue that two people review.

    A review of a decision that was reviewed before stands beside it: an appeal may have several.
    One that names its claimant is a first look, and never stands beside that of somebody else.

    Raises NotFound for a decision that is not recorded, InvalidRequest for a text that is not the
    one that was decided, and ReviewConflict.
    """
    key = b"" if review.text is None else salt()
    with engine.begin() as connection:
        found = select(DECISIONS).where(DECISIONS.c.decision_id == review.decision_id)
        record = connection.execute(found.with_for_update()).mappings().one_or_none()
        if record is None:
            raise NotFound("There is no record of this decision; one takes up to a second.")
        if review.text is not None and not is_hash_of(record["text_hash"], review.text, key):
            raise InvalidRequest("text: this is not the text that was decided.")
        now = datetime.now(UTC).replace(tzinfo=None)
        if review.claimant is not None:
            _refuse_second(connection, review, record, now)
        earlier = _keys_of(connection, review.decision_id)
        is_decided = review.outcome != "unsure"
        inserted = connection.execute(
            REVIEWS.insert().values(
                reviewed=now,
                decision_id=review.decision_id,
                key_id=review.key_id,
                outcome=review.outcome,
                reason=without_nul(review.reason),
                reason_code=review.reason_code,
                labels=dict(review.labels),
                second_look=is_decided
                and not record["reviewed"]
                and bool(earlier - {review.key_id}),
            )
        )
        (review_id,) = inserted.inserted_primary_key or (0,)
        decided = DECISIONS.c.decision_id == review.decision_id
        if is_decided and _is_done(record, earlier | {review.key_id}, twice):
            connection.execute(update(DECISIONS).where(decided).values(reviewed=True))
        connection.execute(delete(CLAIMS).where(CLAIMS.c.decision_id == review.decision_id))
        learned = is_decided and _suggest(connection, review, cast("Record", record), now)
        return Kept(int(review_id), learned)


def undo_review(engine: Engine, review_id: int, key_id: str | None, twice: float = 0.0) -> str:
    """Take back a review, and what was learned from it; the id of its decision.

    Raises NotFound unless the key made this review within a day.
    """
    with engine.begin() as connection:
        since = datetime.now(UTC).replace(tzinfo=None) - _UNDO_WITHIN
        row = connection.execute(select(REVIEWS).where(REVIEWS.c.id == review_id)).one_or_none()
        if row is None or row.key_id != key_id or row.reviewed < since:
            raise NotFound("There is no review with this id that your key made within a day.")
        found = select(DECISIONS).where(DECISIONS.c.decision_id == row.decision_id)
        record = connection.execute(found.with_for_update()).mappings().one()
        connection.execute(delete(REVIEWS).where(REVIEWS.c.id == review_id))
        connection.execute(
            delete(SUGGESTIONS).where(
                SUGGESTIONS.c.decision_id == row.decision_id, SUGGESTIONS.c.received == row.reviewed
            )
        )
        left = _keys_of(connection, row.decision_id)
        connection.execute(
            update(DECISIONS)
            .where(DECISIONS.c.decision_id == row.decision_id)
            .values(reviewed=bool(left) and _is_done(record, left, twice))
        )
        return str(row.decision_id)


def _refuse_second(connection: Connection, review: Review, record: Any, now: datetime) -> None:
    """Raise ReviewConflict for a first look at what somebody else looks at, or has decided."""
    if record["reviewed"]:
        raise ReviewConflict("This decision has been reviewed already.")
    claim = connection.execute(
        select(CLAIMS).where(CLAIMS.c.decision_id == review.decision_id, CLAIMS.c.until > now)
    ).one_or_none()
    if claim and (claim.claimant, claim.key_id) != (review.claimant, review.key_id):
        raise ReviewConflict("Somebody else is reviewing this decision.")


def _keys_of(connection: Connection, decision_id: str) -> set[str | None]:
    """The keys of those who decided about a decision."""
    wanted = select(REVIEWS.c.key_id).where(REVIEWS.c.decision_id == decision_id, _DECIDED)
    return set(connection.execute(wanted).scalars())


def _is_done(record: Any, keys: set[str | None], twice: float) -> bool:
    """Whether a decision needs no further review. keys: of those who decided about it."""
    wants_two = record["band"] == "review" and _is_sampled(record["decision_id"], twice)
    return not wants_two or len(keys) > 1


def _is_sampled(decision_id: str, share: float) -> bool:
    """Whether two people review a decision; ids are random."""
    return int(decision_id[-8:], 16) < share * 2**32


def _suggest(connection: Connection, review: Review, record: Record, now: datetime) -> bool:
    """What an overturned decision, or a corrected label, says of the text."""
    labels = dict(review.labels)
    if review.outcome == "overturned" and not labels and record["band"] != "allow":
        labels = {record["decision"]["label"]: False}
    text = record["text"] if review.text is None else review.text
    if not labels or text is None:
        return False
    scores = {
        label.upper(): {"summaryScore": {"value": float(holds), "type": "PROBABILITY"}}
        for label, holds in labels.items()
    }
    connection.execute(
        SUGGESTIONS.insert().values(
            received=now,
            key_id=review.key_id,
            text=without_nul(text),
            attribute_scores=scores,
            languages=[],
            detected_languages=[],
            client_token=f"review:{review.decision_id}",
            community_id=record["community_id"],
            decision_id=review.decision_id,
            bytes=len(text.encode()) + len(to_json(scores)),
        )
    )
    return True


def is_waiting(key_id: str | None) -> ColumnElement[bool]:
    """Whether a decision waits for the people of a key: what they reviewed waits for others."""
    own = exists().where(
        REVIEWS.c.decision_id == DECISIONS.c.decision_id,
        REVIEWS.c.key_id == key_id,
        _DECIDED,
    )
    return DECISIONS.c.reviewed.is_(False) & (DECISIONS.c.band == "review") & ~own


def _unsure_at(key_id: str | None) -> ScalarSelect[datetime]:
    """When the people of a key were last not sure about a decision."""
    own = (
        REVIEWS.c.decision_id == DECISIONS.c.decision_id,
        REVIEWS.c.key_id == key_id,
        ~_DECIDED,
    )
    return select(func.max(REVIEWS.c.reviewed)).where(*own).correlate(DECISIONS).scalar_subquery()


def is_unsure(key_id: str | None) -> ColumnElement[bool]:
    """Whether the people of a key looked at a decision and were not sure."""
    return _unsure_at(key_id).is_not(None)


def in_order(key_id: str | None) -> Select[Any]:
    """Decisions in the order of the queue of a key: the least certain first, then the oldest.

    Those of which its people were not sure come last, with the time of that in `unsure_at`: they
    are for others first, and are not lost where all reviewers have one key.
    """
    # Down to a whole step, in words that both databases know.
    step = func.round(DECISIONS.c.distance * _STEPS - 0.5)
    wanted = select(DECISIONS, _unsure_at(key_id).label("unsure_at"))
    return wanted.order_by(is_unsure(key_id), step, DECISIONS.c.id)


def queue(
    engine: Engine, limit: int, key_id: str | None = None
) -> tuple[Sequence[Record], int, int]:
    """The first decisions that wait for the people of a key, how many wait in all, and of how many
    of these they were not sure.
    """
    wanted = in_order(key_id).where(is_waiting(key_id)).limit(limit)
    with engine.connect().execution_options(reads_only=True) as connection:
        rows = connection.execute(wanted).mappings().all()
        return cast("Sequence[Record]", rows), *count_waiting(connection, key_id)


def count_waiting(connection: Connection, key_id: str | None) -> tuple[int, int]:
    """How many decisions wait for the people of a key, and of how many they were not sure."""
    waiting = select(func.count()).select_from(DECISIONS).where(is_waiting(key_id))
    unsure = waiting.where(is_unsure(key_id))
    return int(connection.scalar(waiting) or 0), int(connection.scalar(unsure) or 0)


def reviews_of(engine: Engine, decision_id: str) -> Sequence[Mapping[str, Any]]:
    """What people decided about a decision, the oldest first; without those who were not sure."""
    wanted = select(REVIEWS).where(REVIEWS.c.decision_id == decision_id, _DECIDED)
    with engine.connect().execution_options(reads_only=True) as connection:
        rows = connection.execute(wanted.order_by(REVIEWS.c.id)).mappings().all()
        return cast("Sequence[Mapping[str, Any]]", rows)
