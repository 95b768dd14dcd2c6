"""The Python client claims decisions, reviews them and takes reviews back, at the real server."""

import asyncio
from collections.abc import Iterator

import pytest
from conftest import Server, StartServer, until

from upstander.client import AsyncClient, Client, Refused
from upstander.serving.keys import create_key

ANNA, BERT = "page-of-anna", "page-of-bert"
VERMIN = ("Migrants are vermin.", "Refugees are vermin.", "Immigrants are vermin.")


@pytest.fixture(scope="module")
def reviewing(
    start_server: StartServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, str]]:
    """A server with three posts in its queue, and a key for reviews."""
    folder = tmp_path_factory.mktemp("reviewing")
    keys = folder / "keys.json"
    scoring = create_key(keys, "forum", "score", 0, 0)[1]
    key = create_key(keys, "Anna", "review", 0, 0)[1]
    store = f"sqlite:///{folder / 'upstander.db'}"
    with start_server(keys=keys, record="texts", store=store) as server:
        server.wait_ready()
        with Client(server.url, key=scoring) as client:
            for text in VERMIN:
                client.score(text)
        with Client(server.url, key=key) as client:
            until(lambda: len(client.review_queue()) == len(VERMIN))
        yield server, key


def test_what_one_claims_another_does_not_review(reviewing: tuple[Server, str]) -> None:
    server, key = reviewing
    with Client(server.url, key=key) as client:
        claimed = client.claim_reviews(ANNA, 2)
        one, other = (waiting.decision_id for waiting in claimed.decisions)
        assert (claimed.waiting, claimed.held_by_others) == (3, 0)
        (third,) = client.claim_reviews(BERT).decisions
        assert third.decision_id not in (one, other)
        with pytest.raises(Refused, match="Somebody else is reviewing") as refused:
            client.review(one, "upheld", claimant=BERT)
        assert (refused.value.status, refused.value.code) == (409, "review_conflict")
        again = client.claim_reviews(ANNA, 1, first=[other], skip=[one])
        assert [waiting.decision_id for waiting in again.decisions] == [other]
        client.claim_reviews(ANNA, 0)
        client.claim_reviews(BERT, 0)


def test_a_review_is_taken_back_once(reviewing: tuple[Server, str]) -> None:
    server, key = reviewing
    with Client(server.url, key=key) as client:
        (waiting,) = client.claim_reviews(ANNA, 1).decisions
        kept = client.review(
            waiting.decision_id, "overturned", reason_code="quotation", claimant=ANNA
        )
        assert kept.learned
        assert len(client.review_queue()) == 2
        assert kept.review_id is not None
        assert client.undo_review(kept.review_id).decision_id == waiting.decision_id
        assert client.review_queue()[0] == waiting
        with pytest.raises(Refused, match="no review with this id") as refused:
            client.undo_review(kept.review_id)
        assert refused.value.status == 404


def test_the_same_to_be_awaited(reviewing: tuple[Server, str]) -> None:
    server, key = reviewing

    async def awaited() -> None:
        async with AsyncClient(server.url, key=key) as client:
            one, *others = (await client.claim_reviews(ANNA)).decisions
            kept = await client.review(one.decision_id, "unsure", "hard to say", claimant=ANNA)
            left = await client.claim_reviews(ANNA)
            assert (left.decisions, left.unsure) == (others, 1)
            again = (await client.claim_reviews(ANNA, unsure=True)).decisions
            assert [*others, one.decision_id] == [*again[:-1], again[-1].decision_id]
            assert again[-1].unsure_at is not None
            undone = await client.undo_review(kept.review_id or 0)
            assert undone.decision_id == one.decision_id
            assert (await client.claim_reviews(ANNA)).decisions == [one, *others]
            await client.claim_reviews(ANNA, 0)

    asyncio.run(awaited())
