"""Who asks to be forgotten is: in every table, and in every file of the service."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from click.testing import Result
from conftest import Server, StartServer, until
from sqlalchemy import insert, select
from test_records import KIND, post, records
from test_suggest import suggest, suggested
from typer.testing import CliRunner

from upstander.cli import app
from upstander.serving.store.database import open_store
from upstander.serving.store.tables import DECISIONS, POLICIES, REVIEWS, SUGGESTIONS

CANARY = "Seventeen marmosets sing in Łódź"
KEPT = 'upstander_kept_total{{result="kept",table="{}"}}'


def erase(store: str, salt: Path, *options: str, text: str = "") -> Result:
    arguments = ["records", "erase", "--store", store, "--salt-file", str(salt), *options]
    return CliRunner().invoke(app, arguments, input=text)


def rows(store: str) -> dict[str, list[Any]]:
    """What lies in the store, table to one column of each row in the order of their ids."""
    columns = {
        "decisions": DECISIONS.c.text, "suggestions": SUGGESTIONS.c.text,
        "contexts": SUGGESTIONS.c.context, "reasons": REVIEWS.c.reason,
    }  # fmt: skip
    engine = open_store(store)
    with engine.connect() as connection:
        found = {
            name: list(connection.execute(select(column).order_by(column.table.c.id)).scalars())
            for name, column in columns.items()
        }
        found["policies"] = list(connection.execute(select(POLICIES.c.sha256)).scalars())
    engine.dispose()
    return found


def review(store: str, decision_id: str, reason: str) -> None:
    engine = open_store(store)
    row = {"decision_id": decision_id, "outcome": "upheld", "reason": reason, "labels": {}}
    with engine.begin() as connection:
        reviewed = connection.execute(select(DECISIONS.c.decided)).scalars().first()
        connection.execute(insert(REVIEWS).values(reviewed=reviewed, **row))
    engine.dispose()


def test_a_text_is_erased_wherever_the_store_has_it(
    start_server: StartServer, store: str, tmp_path: Path
) -> None:
    salt = tmp_path / "salt"
    with start_server(store=store, record="texts", salt_file=salt) as server:
        server.wait_ready()
        ids = [post(server, text, id=f"post {n}")["decision"]["id"]
               for n, text in enumerate((CANARY, KIND, CANARY, f"{KIND} 2"))]  # fmt: skip
        suggest(server, suggested(CANARY))
        suggest(server, suggested(KIND, context={"entries": [{"text": CANARY}]}))
        suggest(server, suggested("Another."))
        until(lambda: server.metric(KEPT.format("decisions")) == 4)
        review(store, ids[0], "fine")
        review(store, ids[1], f"it answers “{CANARY}”, 100 %")
        review(store, ids[3], "as it is")

        asked = erase(store, salt, "--stdin", "--dry-run", text=f"{CANARY}\n")
        assert asked.exit_code == 0, asked.exception
        assert (
            "to erase: 2 decisions, 1 reviews and 1 suggestions, the context of 1" in asked.output
        )
        assert len(rows(store)["decisions"]) == 4

        done = erase(store, salt, "--stdin", text=f"{CANARY}\n")
        assert done.output.startswith("erased: 2 decisions")
        left = rows(store)
        assert left["decisions"] == [KIND, f"{KIND} 2"]
        assert left["suggestions"] == [KIND, "Another."]
        assert left["contexts"] == [None, None]
        assert left["reasons"] == [None, "as it is"]
        assert len(left["policies"]) == 1
        assert not holding(tmp_path, CANARY)  # while the service goes on

        by_post = erase(store, salt, "--post-id", "post 1")
        assert by_post.output.startswith("erased: 1 decisions, 1 reviews")
        by_id = erase(store, salt, "--id", ids[3])
        assert by_id.output.startswith("erased: 1 decisions, 1 reviews")
        assert rows(store)["policies"] == []
        again = erase(store, salt, "--id", ids[3])
        assert str(again.exception) == "the store has nothing of it: nothing was erased"
        assert post(server, KIND)["decision"]["id"]
        server.stop()


def test_by_its_hash_alone_suggestions_of_a_text_are_found_too(
    start_server: StartServer, tmp_path: Path
) -> None:
    store, salt = f"sqlite:///{tmp_path / 'upstander.db'}", tmp_path / "upstander.db.salt"
    with start_server(store=store, record="decisions") as server:
        server.wait_ready()
        post(server, CANARY)
        suggest(server, suggested(CANARY))
        suggest(server, suggested(KIND))
        until(lambda: server.metric(KEPT.format("decisions")) == 1)
        server.stop()
    engine = open_store(store)
    with engine.connect() as connection:
        text_hash = connection.execute(select(DECISIONS.c.text_hash)).scalar_one()
    engine.dispose()
    nothing = erase(store, salt)
    assert "--id, --post-id, --hash or --stdin" in str(nothing.exception)
    done = erase(store, salt, "--hash", text_hash.upper())
    assert done.output.startswith("erased: 1 decisions, 0 reviews and 1 suggestions")
    assert rows(store)["suggestions"] == [KIND]


def holding(folder: Path, what: str) -> set[str]:
    """Files under a folder that have a text, as UTF-8, or as JSON and addresses escape it."""
    forms = {what.encode(), json.dumps(what)[1:-1].encode(), quote(what).encode()}
    found = (file for file in folder.rglob("*") if file.is_file())
    return {file.name for file in found if any(form in file.read_bytes() for form in forms)}


def send_everywhere(server: Server, text: str) -> None:
    """A text by every path that takes one, and in every kind of refusal."""
    post(server, text, id="post 1")
    httpx.post(f"{server.url}/v1/score/batch", json={"posts": [{"text": text}]})
    httpx.post(f"{server.url}/v1/score/stream", content=f'{{"text": "{text}"}}\n{text}\n'.encode())
    httpx.post(f"{server.url}/v1/moderations", json={"input": text})
    comment = {"comment": {"text": text}, "requestedAttributes": {"TOXICITY": {}}}
    httpx.post(f"{server.url}/v1alpha1/comments:analyze", json=comment)
    suggest(server, suggested(text))
    for body in (text, f'{{"text": "{text}", "{text}": 1}}', f'{{"text": "{text * 2000}"}}'):
        assert httpx.post(f"{server.url}/v1/score", content=body.encode()).status_code in (413, 422)
    httpx.get(f"{server.url}/{text}", params={"q": text})


def is_ready(server: Server) -> bool:
    return httpx.get(f"{server.url}/readyz").is_success


@pytest.mark.parametrize("workers", [1, 2])
def test_no_file_of_a_purged_service_has_a_text(
    start_server: StartServer,
    other_bundle: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    workers: int,
) -> None:
    for name in ("TMPDIR", "HOME", "XDG_CACHE_HOME"):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(name, str(tmp_path / name))
    store = f"sqlite:///{tmp_path / 'store/upstander.db'}"
    settings = {
        "store": store, "record": "texts", "record_lost": "refuse", "workers": workers,
        "shadow": other_bundle.path, "shadow_share": 1, "shadow_report": tmp_path / "shadow.jsonl",
        "log_level": "debug", "log_format": "json",
    }  # fmt: skip
    with start_server(fresh=True, **settings) as server:  # which has these folders from its start
        server.wait_ready()
        until(lambda: all(is_ready(server) for _ in range(10 * workers)))  # every worker
        send_everywhere(server, CANARY)
        until(lambda: server.metric(KEPT.format("suggestions")) == 1)
        assert server.metric(KEPT.format("decisions")) >= 4
        places = [tmp_path, server.log.parent]
        there = {name for place in places for name in holding(place, CANARY)}
        assert there
        assert there <= {"upstander.db", "upstander.db-wal"}  # and in no log and no other file
        assert records("purge", "--days", 0, "--store", store).exit_code == 0
        command = ["data", "feedback", "purge", "--days", "0", "--store", store]
        assert CliRunner().invoke(app, command).exit_code == 0
        assert [holding(place, CANARY) for place in places] == [set(), set()]
        server.stop()
    assert [holding(place, CANARY) for place in places] == [set(), set()]
