"""What is kept: not lost in silence, gone when it is to be, within its bounds, and backed up."""

import shutil
import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import Result
from conftest import Server, StartServer, until
from sqlalchemy import select, text, update
from test_records import VERMIN, kept, lose, post, records
from test_suggest import suggest, suggested
from typer.testing import CliRunner

from upstander.cli import app
from upstander.serving.store.database import open_store
from upstander.serving.store.tables import DECISIONS, SUGGESTIONS

KEPT = 'upstander_kept_total{result="kept",table="decisions"}'
NO_RECORD = "no decision can be recorded"


def readiness(server: Server) -> tuple[int, str]:
    answer = httpx.get(f"{server.url}/readyz", timeout=30)
    return answer.status_code, answer.json()["status"]


def texts_of_suggestions(store: str) -> list[str]:
    engine = open_store(store)
    with engine.connect() as connection:
        found = list(connection.execute(select(SUGGESTIONS.c.text)).scalars())
    engine.dispose()
    return found


@pytest.mark.parametrize("table", ["decisions", "properties"])
def test_who_must_record_and_cannot_is_not_ready(
    start_server: StartServer, store: str, tmp_path: Path, table: str
) -> None:
    settings = {"store": store, "record": "decisions", "self_test_interval": 0.5}
    engine = open_store(store)
    with start_server(**settings, record_lost="refuse", salt_file=tmp_path / "salt") as server:
        server.wait_ready()
        with engine.begin() as connection:
            connection.execute(text(f"ALTER TABLE {table} RENAME TO elsewhere"))
        until(lambda: readiness(server) == (503, NO_RECORD))  # and nobody had to be refused
        refused = httpx.post(f"{server.url}/v1/score", json={"text": VERMIN}, timeout=30)
        assert refused.status_code == (503 if table == "decisions" else 200)
        with engine.begin() as connection:
            connection.execute(text(f"ALTER TABLE elsewhere RENAME TO {table}"))
        until(lambda: readiness(server) == (200, "ok"))
        post(server, VERMIN)
        server.stop()
    engine.dispose()


def test_who_loses_the_file_of_its_store_is_not_ready(
    start_server: StartServer, tmp_path: Path
) -> None:
    (tmp_path / "store").mkdir()
    settings: dict[str, Any] = {"store": f"sqlite:///{tmp_path / 'store/upstander.db'}"}
    settings |= {"self_test_interval": 0.5, "salt_file": tmp_path / "salt", "record": "decisions"}
    with start_server(**settings, record_lost="refuse") as server:
        server.wait_ready()
        lose(tmp_path / "store")
        until(lambda: readiness(server) == (503, NO_RECORD))
        until(lambda: server.metric("upstander_ready") == 0)
        assert server.metric("upstander_became_unready_total") >= 1
        (tmp_path / "store/upstander.db").rmdir()
        until(lambda: readiness(server) == (200, "ok"))
        post(server, VERMIN)
        server.stop()
    with start_server(**settings) as server:  # which answers without a record, and so is ready
        server.wait_ready()
        lose(tmp_path / "store")
        post(server, VERMIN)
        until(lambda: server.metric('upstander_kept_total{result="failed",table="decisions"}') == 1)
        assert readiness(server) == (200, "ok")


def test_who_loses_its_salt_is_not_ready(start_server: StartServer, tmp_path: Path) -> None:
    path = tmp_path / "upstander.db"
    settings = {"store": f"sqlite:///{path}", "record": "decisions", "self_test_interval": 0.5}
    with start_server(**settings, record_lost="refuse") as server:
        server.wait_ready()
        salt = (tmp_path / "upstander.db.salt").read_text()
        (tmp_path / "upstander.db.salt").write_text("0" * 64)
        copy = tmp_path / "copy.db"
        assert records("backup", copy, "--store", settings["store"]).exit_code == 0
        for file in tmp_path.glob("upstander.db*"):
            if file.suffix != ".salt":
                file.unlink()
        copy.replace(path)  # opened anew, and its salt is asked for
        until(lambda: readiness(server) == (503, NO_RECORD))
        assert suggest(server, suggested()).status_code == 200  # which needs none
        (tmp_path / "upstander.db.salt").write_text(salt)
        until(lambda: readiness(server) == (200, "ok"))
        server.stop()


def is_readable(what: str, folder: Path) -> list[str]:
    """Names of the files in which a text can be read."""
    found = [file for file in folder.iterdir() if file.is_file()]
    return [file.name for file in found if what.encode() in file.read_bytes()]


def test_what_is_purged_is_in_no_file_of_the_store(
    start_server: StartServer, tmp_path: Path
) -> None:
    store = f"sqlite:///{tmp_path / 'upstander.db'}"
    secret = "Seventeen marmosets"
    long = f"{secret} {'and a great many more of them ' * 500}"
    with start_server(store=store, record="texts") as server:
        server.wait_ready()
        for number in range(15):
            post(server, f"{secret} {number}")
            post(server, f"A kind word for number {number}")
            suggest(server, suggested(f"{secret} {number}"))
        post(server, long)
        suggest(server, suggested(long, context={"entries": [{"text": secret}]}))
        until(lambda: server.metric(KEPT) == 31)
        assert is_readable(secret, tmp_path)
        engine = open_store(store)
        with engine.begin() as connection:
            old = {"decided": datetime(2020, 1, 1)}
            is_old = DECISIONS.c.text.startswith(secret)
            connection.execute(update(DECISIONS).where(is_old).values(old))
        engine.dispose()
        assert "16 records from before" in records("purge", "--days", 30, "--store", store).output
        command = ["data", "feedback", "purge", "--days", "0", "--store", store]
        done = CliRunner().invoke(app, command)
        assert "16 suggestions from before" in done.output
        assert is_readable(secret, tmp_path) == []  # while the service goes on
        assert len(kept(store)) == 15
        post(server, f"{secret} once more")
        until(lambda: server.metric(KEPT) == 32)
        server.stop()
    assert len(kept(store)) == 16


def test_a_service_purges_its_own_suggestions(start_server: StartServer, tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'upstander.db'}"
    with start_server(store=store) as server:
        server.wait_ready()
        for comment in ("one", "two"):
            assert suggest(server, suggested(comment)).status_code == 200
        server.stop()
    engine = open_store(store)
    with engine.begin() as connection:
        old = update(SUGGESTIONS).where(SUGGESTIONS.c.text == "one")
        connection.execute(old.values(received=datetime(2020, 1, 1)))
    engine.dispose()
    with start_server(store=store, suggestion_days=30) as server:
        server.wait_ready()
        until(lambda: "1 suggestions older than 30 days were deleted" in server.log.read_text())
        server.stop()
    assert texts_of_suggestions(store) == ["two"]


def test_a_suggestion_has_a_bound_in_bytes(start_server: StartServer, store: str) -> None:
    too_long = [
        {"context": {"entries": [{"text": "x" * 1_000_000}] * 7}},
        {"context": {"entries": [{"text": "x" * 300}] * 900}},
        {"context": {"articleAndParentComment": {"article": {"text": "ü" * 140_000}}}},
        {"attributeScores": {
            f"A{n}": {"spanScores": [{"begin": 0, "end": 1, "score": {"value": 0.5}}] * 1000}
            for n in range(8)
        }},
    ]  # fmt: skip
    with start_server(store=store) as server:
        server.wait_ready()
        for more in too_long:
            refused = suggest(server, suggested("A comment.", **more))
            assert refused.status_code == 400, refused.text
            assert refused.json()["error"]["message"] == (
                "Suggestion too long: with its context it may have 262,144 bytes. Send less "
                "context, or none."
            )
        fine = {"context": {"entries": [{"text": "x" * 200_000}]}}
        assert suggest(server, suggested("Kept.", **fine)).status_code == 200
        server.stop()
    assert texts_of_suggestions(store) == ["Kept."]


def test_all_suggestions_have_a_bound_in_bytes(start_server: StartServer, store: str) -> None:
    body = suggested("A comment of a thousand letters. " * 30)
    with start_server(store=store, max_suggestions_bytes=10_000) as server:
        server.wait_ready()
        statuses = [suggest(server, body).status_code for _ in range(15)]
        full = suggest(server, body).json()["error"]["message"]
        server.stop()
    count = statuses.count(200)
    assert statuses == [200] * count + [507] * (15 - count)
    assert 5 <= count <= 10
    assert full.startswith("Suggestions may take 10,000 bytes in the store, and they do")
    with start_server(store=store, max_suggestions_bytes=10_000) as server:
        server.wait_ready()
        assert suggest(server, body).status_code == 507  # what was there before counts
        server.stop()
    with start_server(store=store, max_suggestions_bytes=0) as server:
        server.wait_ready()
        assert suggest(server, body).status_code == 200
        server.stop()


def test_a_store_is_backed_up_while_it_is_served_and_restored(
    start_server: StartServer, tmp_path: Path
) -> None:
    store, copy = f"sqlite:///{tmp_path / 'upstander.db'}", tmp_path / "backup/copy.db"
    with start_server(store=store, record="decisions") as server:
        server.wait_ready()
        ids = [post(server, f"{VERMIN} {number}")["decision"]["id"] for number in range(20)]
        suggest(server, suggested())
        until(lambda: server.metric(KEPT) == 20)
        done = records("backup", copy, "--store", store)
        assert done.exit_code == 0, done.output
        assert f"20 decisions, 0 reviews, 1 suggestions in {copy}" in done.output
        assert f"keep {tmp_path / 'upstander.db'}.salt too" in done.output
        server.stop()
    assert [path.name for path in copy.parent.iterdir()] == ["copy.db"]  # and nothing beside it
    assert copy.stat().st_mode & 0o777 == 0o600
    for file in tmp_path.glob("upstander.db*"):
        if file.suffix != ".salt":
            file.unlink()
    shutil.copy(copy, tmp_path / "upstander.db")
    assert {record["decision_id"] for record in kept(store)} == set(ids)
    again = records("replay", ids[7], "--text", f"{VERMIN} 7", "--store", store)
    assert "the decision stands" in again.output
    with start_server(store=store, record="decisions") as server:
        server.wait_ready()
        post(server, VERMIN)
        until(lambda: server.metric(KEPT) == 1)
        server.stop()
    assert len(kept(store)) == 21


def backed_up(out: Path, store: str) -> Result:
    return records("backup", out, "--store", store)


def test_a_backup_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    path = tmp_path / "upstander.db"
    store = f"sqlite:///{path}"
    missing = backed_up(tmp_path / "copy.db", store)
    assert "there is no such file" in str(missing.exception)
    open_store(store).dispose()
    (tmp_path / "link.db").symlink_to(path)
    itself = backed_up(tmp_path / "link.db", store)
    assert "is the store itself" in str(itself.exception)
    of_a_server = backed_up(tmp_path / "copy.db", "postgresql://somebody:geheim@host/name")
    assert "pg_dump --format=custom --file=FILE URL" in str(of_a_server.exception)
    assert "geheim" not in str(of_a_server.exception)
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE other (id INTEGER)")
    other.close()
    (tmp_path / "copy.db").write_text("of yesterday")
    (tmp_path / "broken.db").write_bytes(b"no database at all" * 1000)
    broken = backed_up(tmp_path / "copy.db", f"sqlite:///{tmp_path / 'broken.db'}")
    assert "the store cannot be copied" in str(broken.exception)
    assert (tmp_path / "copy.db").read_text() == "of yesterday"
    assert backed_up(tmp_path / "copy.db", store).exit_code == 0
    assert not [name for name in tmp_path.iterdir() if "unfinished" in name.name]
