"""People before decisions: the queue, what they say, and what is learned from it."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from conftest import Server, StartServer, until
from sqlalchemy import select
from typer.testing import CliRunner

from upstander.cli import app
from upstander.serving.keys import Role, create_key
from upstander.serving.records.archive import purge
from upstander.serving.records.reviews import reviews_of
from upstander.serving.store.database import open_store
from upstander.serving.store.tables import SUGGESTIONS

VERMIN = "Migrants are vermin."
CERTAIN = "Migrants are rats and belong in a trap."
TWEET = "Uyghur women are no longer baby-making machines."
ROLES: tuple[Role, ...] = ("score", "review", "admin")
KEPT = 'upstander_kept_total{result="kept",table="decisions"}'


def keyed(folder: Path) -> dict[str, Any]:
    """Settings of a server with a key for each role, which `key` finds again."""
    for role in ROLES:
        made = create_key(folder / "keys.json", role, role, 0, 0)[1]
        (folder / f"{role}.key").write_text(made)
    return {"keys": folder / "keys.json", "record": "decisions"}


def key(folder: Path, role: str) -> dict[str, str]:
    return {"x-api-key": (folder / f"{role}.key").read_text()}


def decide(server: Server, folder: Path, *texts: str) -> list[str]:
    """The ids of the decisions, once they are recorded."""
    before = server.metric(KEPT)
    ids = []
    headers = key(folder, "score")
    for text in texts:
        body = {"text": text}
        reply = httpx.post(f"{server.url}/v1/score", json=body, headers=headers, timeout=30)
        ids.append(reply.json()["decision"]["id"])
    until(lambda: server.metric(KEPT) == before + len(texts))
    return ids


def review(server: Server, folder: Path, decision_id: str, **more: Any) -> httpx.Response:
    body = {"decision_id": decision_id, "outcome": "upheld", "reason": "as the rule says", **more}
    headers = key(folder, "review")
    return httpx.post(f"{server.url}/v1/reviews", json=body, headers=headers, timeout=30)


def waiting(server: Server, folder: Path, **query: Any) -> list[str]:
    headers = key(folder, "review")
    found = httpx.get(f"{server.url}/v1/reviews/queue", params=query, headers=headers, timeout=30)
    assert found.status_code == 200, found.text
    return [one["decision_id"] for one in found.json()["decisions"]]


def test_the_least_certain_wait_first_and_reviewed_ones_no_more(
    start_server: StartServer, store: str, tmp_path: Path
) -> None:
    with start_server(store=store, **keyed(tmp_path)) as server:
        server.wait_ready()
        texts = CERTAIN, TWEET, "Hello.", TWEET
        certain, tweet, _allowed, again = decide(server, tmp_path, *texts)
        assert waiting(server, tmp_path) == [tweet, again, certain]
        assert waiting(server, tmp_path, limit=1) == [tweet]
        said = review(server, tmp_path, tweet).json()
        assert said == {
            "review_id": said["review_id"],
            "decision_id": tweet,
            "outcome": "upheld",
            "learned": False,
        }
        assert waiting(server, tmp_path) == [again, certain]
        appealed = review(server, tmp_path, tweet, outcome="overturned", reason="on appeal")
        assert appealed.status_code == 200
    engine = open_store(store)
    said = [(one["outcome"], one["reason"]) for one in reviews_of(engine, tweet)]
    engine.dispose()
    assert said == [("upheld", "as the rule says"), ("overturned", "on appeal")]


def purged_after(store: str) -> list[str]:
    """The texts that are left of suggestions once all decisions are purged."""
    engine = open_store(store)
    assert purge(engine, datetime(2100, 1, 1)) == 3
    with engine.connect() as connection:
        texts = list(connection.execute(select(SUGGESTIONS.c.text)).scalars())
    engine.dispose()
    return texts


def test_what_is_overturned_becomes_a_training_row(
    start_server: StartServer, store: str, tmp_path: Path
) -> None:
    with start_server(store=store, **keyed(tmp_path)) as server:
        server.wait_ready()
        one, other, third = decide(server, tmp_path, VERMIN, TWEET, "Have a nice day.")
        wrong = review(server, tmp_path, one, outcome="overturned", text="Another text.")
        assert wrong.status_code == 422
        assert "not the text that was decided" in wrong.json()["error"]["message"]
        assert (
            review(server, tmp_path, one, outcome="overturned", text=VERMIN).json()["learned"]
            is True
        )
        assert (
            review(server, tmp_path, other, outcome="overturned").json()["learned"] is False
        )  # no text
        labels = {"insult": True, "toxicity": True}
        missed = review(
            server, tmp_path, third, outcome="overturned", text="Have a nice day.", labels=labels
        )
        assert missed.json()["learned"] is True
    out = tmp_path / "rows.jsonl"
    command = ["data", "feedback", "export", str(out), "--store", store]
    assert CliRunner().invoke(app, command).exit_code == 0
    rows = {row["text"]: row["labels"] for row in map(json.loads, out.read_text().splitlines())}
    assert set(rows) == {VERMIN, "Have a nice day."}
    assert purged_after(store) == []
    assert rows[VERMIN]["dehumanization"] == 0.0
    assert rows["Have a nice day."]["insult"] == 1.0


def test_a_review_that_means_nothing_is_refused(start_server: StartServer, tmp_path: Path) -> None:
    settings = keyed(tmp_path) | {"store": f"sqlite:///{tmp_path}/upstander.db"}
    bodies: list[tuple[dict[str, Any], int, str]] = [
        ({"decision_id": "f" * 32}, 404, "There is no record of this decision"),
        ({"decision_id": "nonsense"}, 422, "decision_id: "),
        ({"outcome": "maybe"}, 422, "outcome: "),
        ({"reason": ""}, 422, "reason: "),
        ({"reason_code": "because"}, 422, "reason_code: "),
        ({"labels": {"rudeness": True}}, 422, "labels: "),
        ({"colour": "red"}, 422, "The body: unknown field."),
    ]
    with start_server(**settings) as server:
        server.wait_ready()
        for body, status, message in bodies:
            refused = review(server, tmp_path, **{"decision_id": "0" * 32, **body})
            assert refused.status_code == status, refused.text
            assert refused.json()["error"]["message"].startswith(message)


def test_reviews_ask_for_a_key_of_their_own(start_server: StartServer, tmp_path: Path) -> None:
    settings = keyed(tmp_path) | {"store": f"sqlite:///{tmp_path}/upstander.db"}
    with start_server(**settings) as server:
        server.wait_ready()
        statuses = {
            role: httpx.get(
                f"{server.url}/v1/reviews/queue", headers=key(tmp_path, role)
            ).status_code
            for role in ROLES
        }
        assert statuses == {"score": 403, "review": 200, "admin": 403}
        scored = httpx.post(
            f"{server.url}/v1/score", json={"text": "x"}, headers=key(tmp_path, "review")
        )
        assert scored.status_code == 403


def test_an_open_service_shows_its_decisions_to_nobody(server: Server) -> None:
    refused = httpx.get(f"{server.url}/v1/reviews/queue")
    assert refused.status_code == 403
    assert "upstander keys create NAME --review" in refused.json()["error"]["message"]


def test_without_a_store_there_is_nothing_to_review(
    start_server: StartServer, tmp_path: Path
) -> None:
    with start_server(**keyed(tmp_path) | {"store": "", "record": "off"}) as server:
        server.wait_ready()
        assert review(server, tmp_path, "0" * 32).status_code == 501
        queue = httpx.get(f"{server.url}/v1/reviews/queue", headers=key(tmp_path, "review"))
        assert queue.status_code == 501
