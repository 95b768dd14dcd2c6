"""What people say of decisions, and which wait for them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal, cast

from pydantic_core import to_json
from sqlalchemy import Connection, Engine, func, select, update

from serving.errors import InvalidRequest, NotFound
from serving.records.archive import Record
from serving.records.recording import is_hash_of
from serving.store.nul import without_nul
from serving.store.tables import DECISIONS, REVIEWS, SUGGESTIONS

Outcome = Literal["upheld", "overturned"]

_STEPS: Final = 10
"""Steps of distance from the threshold within which the oldest comes first."""


@dataclass(frozen=True, slots=True)
class Review:
    """What somebody says of a decision.

    labels: label to whether it holds, where they say so. text: of the post, if it is not recorded
    and may become a training row.
    """

    decision_id: str
    outcome: Outcome
    reason: str
    labels: Mapping[str, bool]
    text: str | None
    key_id: str | None


def add_review(engine: Engine, review: Review, salt: Callable[[], bytes]) -> bool:
    """Keep a review. Whether it became a suggestion, which the feedback export reads.

    salt: gives that of the hashes of texts; asked if the review brings a text.

    A review of a decision that was reviewed before stands beside it: an appeal may have several.

    Raises NotFound for a decision that is not recorded, and InvalidRequest for a text that is not
    the one that was decided.
    """
    key = b"" if review.text is None else salt()
    with engine.begin() as connection:
        found = select(DECISIONS).where(DECISIONS.c.decision_id == review.decision_id)
        record = connection.execute(found).mappings().one_or_none()
        if record is None:
            raise NotFound("There is no record of this decision; one takes up to a second.")
        if review.text is not None and not is_hash_of(record["text_hash"], review.text, key):
            raise InvalidRequest("text: this is not the text that was decided.")
        now = datetime.now(UTC).replace(tzinfo=None)
        connection.execute(
            REVIEWS.insert().values(
                reviewed=now,
                decision_id=review.decision_id,
                key_id=review.key_id,
                outcome=review.outcome,
                reason=without_nul(review.reason),
                labels=dict(review.labels),
            )
        )
        decided = DECISIONS.c.decision_id == review.decision_id
        connection.execute(update(DECISIONS).where(decided).values(reviewed=True))
        return _suggest(connection, review, cast("Record", record), now)


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


def queue(engine: Engine, limit: int) -> Sequence[Record]:
    """Decisions that wait for people: the least certain first, and of those alike the oldest."""
    # Down to a whole step, in words that both databases know.
    step = func.round(DECISIONS.c.distance * _STEPS - 0.5)
    wanted = (
        select(DECISIONS)
        .where(DECISIONS.c.reviewed.is_(False), DECISIONS.c.band == "review")
        .order_by(step, DECISIONS.c.id)
        .limit(limit)
    )
    with engine.connect().execution_options(reads_only=True) as connection:
        return cast("Sequence[Record]", connection.execute(wanted).mappings().all())


def reviews_of(engine: Engine, decision_id: str) -> Sequence[Mapping[str, Any]]:
    """What people said of a decision, the oldest first."""
    wanted = select(REVIEWS).where(REVIEWS.c.decision_id == decision_id).order_by(REVIEWS.c.id)
    with engine.connect().execution_options(reads_only=True) as connection:
        return cast("Sequence[Mapping[str, Any]]", connection.execute(wanted).mappings().all())
