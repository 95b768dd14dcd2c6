"""Records with what people decided about them, as the export has them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

from sqlalchemy import Engine, select

from serving.records.archive import Record
from serving.store.tables import REVIEWS

_PIECE: Final = 500


def with_reviews(engine: Engine, records: Iterable[Record]) -> Iterator[Record]:
    """The same records, those that people reviewed with their reviews as `reviews`, oldest first.

    Of each: when, the outcome, and label to whether it holds, where they said so. Whoever was not
    sure decided nothing, and is left out.
    """
    waiting = iter(records)
    while piece := list(islice(waiting, _PIECE)):
        said = _reviews(engine, [record["decision_id"] for record in piece])
        for record in piece:
            own = said.get(record["decision_id"])
            yield {**record, "reviews": own} if own else record


def _reviews(engine: Engine, decision_ids: list[str]) -> dict[str, list[dict[str, Any]]]:
    wanted = (
        select(REVIEWS)
        .where(REVIEWS.c.decision_id.in_(decision_ids), REVIEWS.c.outcome != "unsure")
        .order_by(REVIEWS.c.id)
    )
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    with engine.connect().execution_options(reads_only=True) as connection:
        for row in connection.execute(wanted).mappings():
            found[row["decision_id"]].append(
                {
                    "reviewed": row["reviewed"].isoformat(timespec="milliseconds") + "Z",
                    "outcome": row["outcome"],
                    "labels": row["labels"],
                }
            )
    return found
