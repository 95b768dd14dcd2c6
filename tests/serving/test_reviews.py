"""People before decisions: the queue, what they say, and what is learned from it."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import Server, StartServer, until
from typer.testing import CliRunner

from serving.keys import create_key
from serving.records.reviews import reviews_of
from serving.store.database import open_store
from upstander.cli import app

VERMIN = "Migrants are vermin."
TWEET = "Uyghur women are no longer baby-making machines."
KEPT = 'upstander_kept_total{result="kept",table="decisions"}'


def decide(server: Server, *texts: str) -> list[str]:
    """The ids of the decisions, once they are recorded."""
    before = server.metric(KEPT)
    ids = []
    for text in texts:
        reply = httpx.post(f"{server.url}/v1/score", json={"text": text}, timeout=30).json()
        ids.append(reply["decision"]["id"])
    until(lambda: server.metric(KEPT) == before + len(texts))
    return ids


def review(server: Server, decision_id: str, **more: Any) -> httpx.Response:
    body = {"decision_id": decision_id, "outcome": "upheld", "reason": "as the rule says", **more}
    return httpx.post(f"{server.url}/v1/reviews", json=body, timeout=30)


def waiting(server: Server, **query: Any) -> list[str]:
    found = httpx.get(f"{server.url}/v1/reviews/queue", params=query, timeout=30)
    assert found.status_code == 200, found.text
    return [one["decision_id"] for one in found.json()["decisions"]]


def test_the_least_certain_wait_first_and_reviewed_ones_no_more(
    start_server: StartServer, store: str
) -> None:
    with start_server(store=store, record="decisions") as server:
        server.wait_ready()
        certain, tweet, _allowed, again = decide(server, VERMIN, TWEET, "Hello.", TWEET)
        assert waiting(server) == [tweet, again, certain]
        assert waiting(server, limit=1) == [tweet]
        assert review(server, tweet).json() == {
            "decision_id": tweet,
            "outcome": "upheld",
            "learned": False,
        }
        assert waiting(server) == [again, certain]
        appealed = review(server, tweet, outcome="overturned", reason="on appeal")
        assert appealed.status_code == 200
    engine = open_store(store)
    said = [(one["outcome"], one["reason"]) for one in reviews_of(engine, tweet)]
    engine.dispose()
    assert said == [("upheld", "as the rule says"), ("overturned", "on appeal")]


def test_what_is_overturned_becomes_a_training_row(
    start_server: StartServer, store: str, tmp_path: Path
) -> None:
    with start_server(store=store, record="decisions") as server:
        server.wait_ready()
        one, other, third = decide(server, VERMIN, TWEET, "Have a nice day.")
        wrong = review(server, one, outcome="overturned", text="Another text.")
        assert wrong.status_code == 422
        assert "not the text that was decided" in wrong.json()["error"]["message"]
        assert review(server, one, outcome="overturned", text=VERMIN).json()["learned"] is True
        assert review(server, other, outcome="overturned").json()["learned"] is False  # no text
        labels = {"insult": True, "toxicity": True}
        missed = review(server, third, outcome="overturned", text="Have a nice day.", labels=labels)
        assert missed.json()["learned"] is True
    out = tmp_path / "rows.jsonl"
    command = ["data", "feedback", "export", str(out), "--store", store]
    assert CliRunner().invoke(app, command).exit_code == 0
    rows = {row["text"]: row["labels"] for row in map(json.loads, out.read_text().splitlines())}
    assert set(rows) == {VERMIN, "Have a nice day."}
    assert rows[VERMIN]["dehumanization"] == 0.0
    assert rows["Have a nice day."]["insult"] == 1.0


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"decision_id": "f" * 32}, 404, "There is no record of this decision"),
        ({"decision_id": "nonsense"}, 422, "decision_id: "),
        ({"outcome": "maybe"}, 422, "outcome: "),
        ({"reason": ""}, 422, "reason: "),
        ({"labels": {"rudeness": True}}, 422, "labels: "),
        ({"colour": "red"}, 422, "The body: unknown field."),
    ],
)
def test_a_review_that_means_nothing_is_refused(
    server: Server,
    body: dict[str, Any],
    status: int,
    message: str,
) -> None:
    refused = review(server, **{"decision_id": "0" * 32, **body})
    assert refused.status_code == status, refused.text
    assert refused.json()["error"]["message"].startswith(message)


def test_reviews_ask_for_a_key_of_their_own(start_server: StartServer, tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    made = {role: create_key(keys, role, role, 0, 0)[1] for role in ("score", "review", "admin")}
    settings = {"keys": keys, "store": f"sqlite:///{tmp_path}/upstander.db", "record": "texts"}
    with start_server(**settings) as server:
        server.wait_ready()
        statuses = {
            role: httpx.get(
                f"{server.url}/v1/reviews/queue", headers={"x-api-key": key}
            ).status_code
            for role, key in made.items()
        }
        assert statuses == {"score": 403, "review": 200, "admin": 403}
        scored = httpx.post(
            f"{server.url}/v1/score", json={"text": "x"}, headers={"x-api-key": made["review"]}
        )
        assert scored.status_code == 403


def test_without_a_store_there_is_nothing_to_review(start_server: StartServer) -> None:
    with start_server(store="") as server:
        server.wait_ready()
        assert review(server, "0" * 32).status_code == 501
        assert httpx.get(f"{server.url}/v1/reviews/queue").status_code == 501
