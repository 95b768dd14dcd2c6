"""Claims, undoing a review, and agreement: on both databases, and over HTTP."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import StartServer
from sqlalchemy import Engine, func, select, update

from upstander.serving.errors import NotFound, ReviewConflict
from upstander.serving.keys import create_key
from upstander.serving.records.agreement import agreement
from upstander.serving.records.claims import ClaimQuery, claim
from upstander.serving.records.reviews import (
    Kept,
    Outcome,
    Review,
    add_review,
    queue,
    reviews_of,
    undo_review,
)
from upstander.serving.store.database import open_store
from upstander.serving.store.tables import CLAIMS, DECISIONS, REVIEWS, SUGGESTIONS

ANNA, BERT = "claimant-anna", "claimant-bert"


def fill(engine: Engine, count: int) -> list[str]:
    """Put decisions into the queue; their ids, in its order."""
    ids = [f"{number:032x}" for number in range(count)]
    now = datetime(2026, 11, 28)
    shared: dict[str, Any] = {
        "decided": now, "text_hash": "0" * 64, "text": "A post.", "scores": {}, "targets": [],
        "mechanisms": [], "spans": [], "flags": {}, "band": "review",
        "decision": {"label": "dehumanization"}, "model_name": "m", "model_version": "1.0.0",
        "model_sha256": "0" * 64, "policy_id": "p", "policy_version": "1.0.0",
        "policy_sha256": "0" * 64, "reviewed": False,
    }  # fmt: skip
    rows = [{**shared, "decision_id": one, "distance": n / 10} for n, one in enumerate(ids)]
    with engine.begin() as connection:
        connection.execute(DECISIONS.insert(), rows)
    return ids


def held(
    engine: Engine, claimant: str, limit: int = 2, key_id: str = "k", **more: Any
) -> list[str]:
    found = claim(engine, ClaimQuery(claimant=claimant, key_id=key_id, limit=limit, **more))
    return [record["decision_id"] for record in found.records]


def say(
    engine: Engine,
    decision_id: str,
    outcome: Outcome = "upheld",
    claimant: str | None = None,
    key_id: str = "k",
    twice: float = 0.0,
) -> Kept:
    review = Review(decision_id, outcome, "why", {}, None, key_id, claimant)
    return add_review(engine, review, lambda: b"", twice)


def test_nobody_is_given_what_somebody_else_looks_at(store: str) -> None:
    engine = open_store(store)
    ids = fill(engine, 5)
    assert held(engine, ANNA) == ids[:2]
    assert held(engine, BERT) == ids[2:4]
    assert held(engine, BERT, key_id="other") == ids[4:]  # a name proves nothing without its key
    assert held(engine, BERT, key_id="other", limit=0) == []
    found = claim(
        engine, ClaimQuery(claimant=ANNA, key_id="k", limit=2, first=ids[1:2], skip=ids[:1])
    )
    assert [one["decision_id"] for one in found.records] == [ids[1], ids[4]]  # renewed, and skipped
    assert (found.waiting, found.held) == (5, 2)
    assert held(engine, BERT, limit=5, first=[ids[1], ids[3]]) == [ids[3], ids[0], ids[2]]
    with engine.begin() as connection:
        past = datetime.now(UTC).replace(tzinfo=None) - timedelta(seconds=1)
        connection.execute(update(CLAIMS).values(until=past))
    assert held(engine, "claimant-carl", limit=5) == ids  # nobody came back for them
    engine.dispose()


def test_a_first_look_never_stands_beside_another(store: str) -> None:
    engine = open_store(store)
    one, other = fill(engine, 2)
    assert held(engine, ANNA, limit=1) == [one]
    with pytest.raises(ReviewConflict, match="is reviewing"):
        say(engine, one, claimant=BERT)
    say(engine, one, claimant=ANNA)
    with pytest.raises(ReviewConflict, match="has been reviewed"):
        say(engine, one, claimant=BERT)
    assert say(engine, one, "overturned").learned  # on appeal, which names no claimant
    assert held(engine, BERT) == [other]
    engine.dispose()


def test_a_review_is_undone_with_what_was_learned(store: str) -> None:
    engine = open_store(store)
    (one,) = fill(engine, 1)
    kept = say(engine, one, "overturned", claimant=ANNA)
    assert kept.learned
    assert queue(engine, 5) == ([], 0, 0)
    with pytest.raises(NotFound):
        undo_review(engine, kept.review_id, "other")
    assert undo_review(engine, kept.review_id, "k") == one
    assert reviews_of(engine, one) == []
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(SUGGESTIONS)).scalar() == 0
    assert [record["decision_id"] for record in queue(engine, 5)[0]] == [one]
    appealed = say(engine, one)
    say(engine, one, "overturned")
    undo_review(engine, appealed.review_id, "k")
    assert queue(engine, 5)[1] == 0  # one review is left
    old = say(engine, one)
    with engine.begin() as connection:
        connection.execute(update(REVIEWS).values(reviewed=datetime(2026, 1, 1)))
    with pytest.raises(NotFound, match="within a day"):
        undo_review(engine, old.review_id, "k")
    engine.dispose()


def test_who_is_not_sure_leaves_it_to_others(store: str) -> None:
    engine = open_store(store)
    one, *others = ids = fill(engine, 3)
    assert held(engine, ANNA, 1, "anna") == [one]
    kept = say(engine, one, "unsure", ANNA, "anna")
    assert held(engine, "anna-reloads", 5, "anna") == others
    assert held(engine, "anna-reloads", 5, "anna", first=[one]) == ids  # as she wishes
    assert held(engine, "anna-reloads", 0, "anna") == []
    found = claim(engine, ClaimQuery(claimant=ANNA, key_id="anna", limit=5, unsure=True))
    assert [record["decision_id"] for record in found.records] == [*others, one]
    assert [record["unsure_at"] is None for record in found.records] == [True, True, False]
    assert (found.waiting, found.unsure) == (3, 1)
    rows, waiting, unsure = queue(engine, 5, "anna")
    assert ([row["decision_id"] for row in rows], waiting, unsure) == ([*others, one], 3, 1)
    assert held(engine, ANNA, 0, "anna") == []
    found = claim(engine, ClaimQuery(claimant=BERT, key_id="bert", limit=5))
    assert [record["decision_id"] for record in found.records] == ids
    assert ([record["unsure_at"] for record in found.records], found.unsure) == ([None] * 3, 0)
    assert reviews_of(engine, one) == []
    undo_review(engine, kept.review_id, "anna")
    assert queue(engine, 5, "anna")[0][0]["decision_id"] == one
    engine.dispose()


def test_two_people_review_the_sample_and_their_agreement_is_told(store: str) -> None:
    engine = open_store(store)
    ids = fill(engine, 4)
    for place, decision_id in enumerate(ids):
        say(engine, decision_id, "upheld", ANNA, "anna", twice=1.0)
        assert held(engine, ANNA, 5, "anna") == ids[place + 1 :]  # not her own again
    assert held(engine, BERT, 5, "bert") == ids
    for decision_id, outcome in zip(ids, ("upheld", "upheld", "upheld", "overturned"), strict=True):
        say(engine, decision_id, outcome, BERT, "bert", twice=1.0)  # type: ignore[arg-type]
    assert queue(engine, 5)[1] == 0
    say(engine, ids[0], "overturned", key_id="appeals")  # no second look
    found = agreement(engine)
    assert (found.pairs, found.agreed, found.share) == (4, 3, 0.75)
    assert found.low == pytest.approx(0.301, abs=0.001)
    assert found.high == pytest.approx(0.954, abs=0.001)
    assert found.kappa == 0
    engine.dispose()


def test_the_same_over_http(start_server: StartServer, tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path}/upstander.db"
    engine = open_store(store)
    ids = fill(engine, 3)
    keys = tmp_path / "keys.json"
    headers = {"x-api-key": create_key(keys, "reviewer", "review", 0, 0)[1]}
    with start_server(store=store, keys=keys, record="texts", review_twice=0) as server:
        server.wait_ready()

        def ask(path: str, **body: Any) -> httpx.Response:
            url = f"{server.url}/v1/reviews{path}"
            return httpx.post(url, json=body, headers=headers, timeout=30)

        claimed = ask("/claim", claimant=ANNA, limit=2).json()
        assert [one["decision_id"] for one in claimed["decisions"]] == ids[:2]
        assert (claimed["waiting"], claimed["held_by_others"]) == (3, 0)
        review = {"decision_id": ids[0], "outcome": "upheld", "reason": "x"}
        refused = ask("", claimant=BERT, **review)
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "review_conflict")
        kept = ask("", claimant=ANNA, **review).json()
        assert ask("/undo", review_id=kept["review_id"]).json()["decision_id"] == ids[0]
        assert ask("/undo", review_id=kept["review_id"]).status_code == 404
        told = ask("/claim", claimant="x").json()["error"]["message"]
        assert told.startswith("claimant: ")
        url = f"{server.url}/v1/reviews"
        found = httpx.get(f"{url}/agreement", headers=headers).json()
        assert (found["pairs"], found["share"]) == (0, None)
        assert httpx.get(f"{url}/queue", headers=headers).json()["waiting"] == 3
        unsure = {"decision_id": ids[0], "outcome": "unsure", "reason_code": "quotation"}
        assert ask("", claimant=ANNA, **unsure).status_code == 200
        claimed = ask("/claim", claimant=ANNA, limit=3).json()
        assert [one["decision_id"] for one in claimed["decisions"]] == ids[1:]
        claimed = ask("/claim", claimant=ANNA, limit=3, unsure=True).json()
        assert [one["unsure_at"] is None for one in claimed["decisions"]] == [True, True, False]
        listed = httpx.get(f"{url}/queue", headers=headers).json()
        assert [one["decision_id"] for one in listed["decisions"]] == [*ids[1:], ids[0]]
        assert claimed["unsure"] == listed["unsure"] == 1
        assert listed["decisions"][-1]["unsure_at"].endswith("Z")
    with engine.connect() as connection:
        said = connection.execute(select(REVIEWS.c.reason, REVIEWS.c.reason_code)).all()
    assert [tuple(one) for one in said] == [(None, "quotation")]
    engine.dispose()
