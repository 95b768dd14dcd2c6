"""What is written by hand for speed has the fields of the documented models, and their order."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from conftest import Server, StartServer

from upstander.models.schemas import Reply

POSTS = {
    "allowed": {"text": "The council meets on Tuesday."},
    "flagged": {"text": "Migrants are vermin.", "id": "7", "policy": "hate"},
    "quoted": {"text": 'He said "migrants are vermin" and everybody in the hall left.'},
    "declared": {"text": "Those people are animals.", "language": "en", "community_id": "forum"},
    "not stored": {"text": "They are a disease.", "do_not_store": True},
    "unserved": {"text": "Das ist ein langer Satz auf Deutsch, wie man ihn liest.", "id": "de"},
    "unserved and declared": {"text": "Ein Satz.", "language": "de"},
    "many spans": {"text": "Migrants are vermin, and it is so. " * 150, "language": "en"},
}


@pytest.fixture(scope="module")
def server(start_server: StartServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One that records, so that decisions have ids, and passes other languages."""
    store = tmp_path_factory.mktemp("store") / "upstander.db"
    settings = {"store": f"sqlite:///{store}", "record": "decisions", "unserved_language": "pass"}
    settings |= {"request_timeout": "600"}  # for "many spans", where much else runs
    with start_server(**settings) as running:
        running.wait_ready()
        yield running


@pytest.mark.parametrize("post", POSTS.values(), ids=POSTS)
def test_an_answer_is_written_as_its_model_would_be(
    server: Server, post: dict[str, object]
) -> None:
    answer = httpx.post(f"{server.url}/v1/score", json=post, timeout=600)
    assert answer.status_code == 200, answer.text
    reply = Reply.model_validate_json(answer.content)
    assert reply.model_dump_json(exclude_none=True).encode() == answer.content
    batch = httpx.post(f"{server.url}/v1/score/batch", json={"posts": [post] * 2}, timeout=600)
    assert [without_id(result) for result in batch.json()["results"]] == [
        without_id(answer.json())
    ] * 2


def without_id(reply: dict[str, Any]) -> dict[str, Any]:
    """A reply but for the id of its record, which is another each time."""
    decision = reply.get("decision", {})
    return {**reply, "decision": {name: decision[name] for name in decision if name != "id"}}


def test_the_cases_cover_what_an_answer_may_have(server: Server) -> None:
    found = {}
    for name, post in POSTS.items():
        found[name] = httpx.post(f"{server.url}/v1/score", json=post, timeout=600).json()
    assert found["flagged"]["id"] == "7"
    assert found["flagged"]["decision"]["id"]
    assert found["flagged"]["decision"]["spans"] == found["flagged"]["spans"] != []
    assert "id" not in found["not stored"]["decision"]
    assert "decision" not in found["unserved"]
    assert not found["unserved"]["language"]["is_served"]
    assert "probability" not in found["declared"]["language"]
    assert len(json.dumps(found["many spans"]["spans"])) > 5000
