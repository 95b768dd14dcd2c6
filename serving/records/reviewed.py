"""Records joined with their reviews, for the export."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

from sqlalchemy import Engine, select

from upstander.serving.records.archive import Record
from upstander.serving.store.tables import REVIEWS

UNSURE: Final = "unsure"
"""The outcome of a review that decides nothing."""

LAST_REVIEW: Final = ("review_outcome", "review_reason", "review_reason_code")
"""What `with_last_review` adds."""

_PIECE: Final = 500


def with_reviews(engine: Engine, records: Iterable[Record]) -> Iterator[Record]:
    """The same records, those that people reviewed with their reviews as `reviews`, oldest first.

    Of each: when, the outcome, which may be "unsure", the reason and the code of a chosen one, None
    where there is none, label to whether it holds, where they said so, and the id of the key of
    whoever said it; None where no key was needed.
    """
    waiting = iter(records)
    while piece := list(islice(waiting, _PIECE)):
        said = _reviews(engine, [record["decision_id"] for record in piece])
        for record in piece:
            own = said.get(record["decision_id"])
            yield {**record, "reviews": own} if own else record


def with_last_review(records: Iterable[Record]) -> Iterator[Record]:
    """Records as `with_reviews` gives them, for a table: outcome and reason of the last review.

    That is the last one that decided; only where there is none, the last that was not sure.
    """
    for record in records:
        reviews = record.get("reviews", ())
        decided = [one for one in reviews if one["outcome"] != UNSURE]
        last = (decided or reviews or [{}])[-1]
        yield {
            **{name: value for name, value in record.items() if name != "reviews"},
            "review_outcome": last.get("outcome"),
            "review_reason": last.get("reason"),
            "review_reason_code": last.get("reason_code"),
        }


def _reviews(engine: Engine, decision_ids: list[str]) -> dict[str, list[dict[str, Any]]]:
    wanted = select(REVIEWS).where(REVIEWS.c.decision_id.in_(decision_ids)).order_by(REVIEWS.c.id)
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    with engine.connect().execution_options(reads_only=True) as connection:
        for row in connection.execute(wanted).mappings():
            found[row["decision_id"]].append(
                {
                    "reviewed": row["reviewed"].isoformat(timespec="milliseconds") + "Z",
                    "outcome": row["outcome"],
                    "reason": row["reason"],
                    "reason_code": row["reason_code"],
                    "labels": row["labels"],
                    "key_id": row["key_id"],
                }
            )
    return found
