"""A row that is bad fails alone; a store that is down is told from it, on both databases."""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import StartServer, until
from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.exc import DBAPIError
from test_records import kept
from test_store import a_row, keep_all
from test_suggest import suggest, suggested

from upstander.serving.errors import StoreDown, StoreRefused
from upstander.serving.metrics import Metrics
from upstander.serving.store.database import open_store
from upstander.serving.store.faults import is_down, name_of
from upstander.serving.store.tables import SUGGESTIONS
from upstander.serving.store.writer import Writer

LONG = "".join(random.Random(8).choices([chr(0x4E00 + n) for n in range(20_000)], k=4_000))
"""4,000 Chinese characters, which no compression makes short enough for an index."""

PATHS = ("clientToken", "sessionId", "communityId")


@contextmanager
def opened(store: str) -> Iterator[Engine]:
    engine = open_store(store)
    try:
        yield engine
    finally:
        engine.dispose()


def refuse_long_tokens(connection: Connection) -> None:
    """What version 1.0 had in PostgreSQL, an index over the tokens; in SQLite as good as that."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("CREATE INDEX tokens ON suggestions (client_token)"))
    else:
        connection.exec_driver_sql(
            "CREATE TRIGGER tokens BEFORE INSERT ON suggestions "
            "WHEN length(new.client_token) > 900 BEGIN SELECT RAISE(ABORT, 'too long'); END"
        )


def test_one_clients_row_costs_nobody_elses(start_server: StartServer, store: str) -> None:
    with opened(store) as engine, engine.begin() as connection:
        refuse_long_tokens(connection)
    with start_server(store=store, record="decisions") as server:
        server.wait_ready()
        posts = [{"text": f"Good morning, number {number}."} for number in range(50)]
        for field in PATHS * 2:
            body = suggested(**{field: LONG})
            refused = suggest(server, body)
            assert refused.status_code == 400, refused.text
            message = refused.json()["error"]["message"]
            assert message == f"Invalid value at '{field}' (TYPE_STRING), over 4,096 bytes of UTF-8"
            batch = httpx.post(f"{server.url}/v1/score/batch", json={"posts": posts}, timeout=60)
            assert batch.status_code == 200
            # One that is at the limit of what is taken, and over that of the index.
            assert suggest(server, suggested(**{field: LONG[:1365]})).status_code in (200, 500)
        until(lambda: server.metric('upstander_kept_total{result="kept",table="decisions"}') == 300)
        assert server.metric('upstander_kept_total{result="failed",table="decisions"}') == 0
        server.stop()
    assert len(kept(store)) == 300


def test_bad_rows_fail_alone_wherever_they_stand(store: str) -> None:
    with opened(store) as engine, engine.begin() as connection:
        refuse_long_tokens(connection)
    bad = {0, 17, 18, 150, 298, 299}
    rows = [a_row(f"{n}", client_token=LONG if n in bad else f"{n}") for n in range(300)]
    metrics = Metrics()
    writer = Writer(store, metrics)
    outcomes = keep_all(writer, rows, seconds=60)
    writer.close()
    assert {n for n, outcome in enumerate(outcomes) if isinstance(outcome, StoreRefused)} == bad
    assert {n for n, outcome in enumerate(outcomes) if outcome is None} == {*range(300)} - bad
    assert b'upstander_kept_total{result="failed",table="suggestions"} 6.0' in metrics.page()
    with opened(store) as engine, engine.connect() as connection:
        wanted = select(SUGGESTIONS.c.text).order_by(SUGGESTIONS.c.id)
        found = list(connection.execute(wanted).scalars())
    assert found == [f"{n}" for n in range(300) if n not in bad]


def test_a_row_that_is_refused_is_not_logged(store: str, caplog: pytest.LogCaptureFixture) -> None:
    writer = Writer(store, Metrics())
    rows = [a_row("a secret comment", received="no secret time")]
    (outcome,) = keep_all(writer, rows)
    writer.close()
    assert isinstance(outcome, StoreRefused)
    assert (outcome.status, outcome.retry_after) == (500, None)
    assert "rows of suggestions were not stored: " in caplog.text
    assert "secret" not in caplog.text + str(outcome)


def test_without_its_table_a_store_is_down_until_it_has_one(store: str) -> None:
    writer = Writer(store, Metrics())
    assert keep_all(writer, [a_row()]) == [None]
    assert writer.last_kept is not None
    with opened(store) as engine:
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE suggestions RENAME TO elsewhere"))
        outcomes = keep_all(writer, [a_row()] * 5)
        assert [type(outcome) for outcome in outcomes] == [StoreDown] * 5
        assert writer.last_kept is None
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE elsewhere RENAME TO suggestions"))
    assert keep_all(writer, [a_row()]) == [None]
    writer.close()


CODES = {
    "08006": True, "25006": True, "28000": True, "42501": True, "42P01": True, "53100": True,
    "53200": True, "55P03": True, "57014": True, "57P01": True, "57P03": True, "58030": True,
    "21000": False, "22001": False, "22021": False, "23502": False, "23505": False, "23514": False,
    "40001": False, "40P01": False, "54000": False, "54001": False,
}  # fmt: skip
"""SQLSTATE to whether the store is down."""


def raised(connection: Connection, statement: str) -> Exception:
    with pytest.raises(DBAPIError) as caught:
        connection.exec_driver_sql(statement)
    return caught.value


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_what_postgresql_says_is_told_by_its_code(store: str) -> None:
    found = {}
    with opened(store) as engine:
        for code in CODES:
            raise_it = f"DO $$ BEGIN RAISE EXCEPTION 'secret' USING ERRCODE = '{code}'; END $$"
            with engine.connect() as connection:
                error = raised(connection, raise_it)
            found[code] = is_down(error)
            assert name_of(error) == code
    assert found == CODES


def test_what_sqlite_says_is_told_by_its_code(tmp_path: Path) -> None:
    path = tmp_path / "upstander.db"
    found: dict[str, Any] = {}
    with opened(f"sqlite:///{path}") as engine:
        statements = {
            "a disk that is full": (
                "PRAGMA max_page_count = 1",
                "INSERT INTO properties VALUES ('x', zeroblob(1000000))",
            ),
            "a file that is only read": (
                "PRAGMA query_only = ON",
                "INSERT INTO properties VALUES ('x', 'y')",
            ),
            "no table": ("SELECT 1", "INSERT INTO nowhere VALUES (1)"),
            "too big": ("SELECT 1", "INSERT INTO properties VALUES ('x', zeroblob(2000000000))"),
            "no value": ("SELECT 1", "INSERT INTO properties VALUES ('x', NULL)"),
        }
        for name, (before, statement) in statements.items():
            with engine.connect() as connection:
                connection.exec_driver_sql(before)
                found[name] = is_down(raised(connection, statement))
                connection.invalidate()
        with sqlite3.connect(path) as other:
            other.execute("PRAGMA locking_mode = EXCLUSIVE")
            other.execute("BEGIN EXCLUSIVE")
            with pytest.raises(DBAPIError, match="locked") as caught, engine.begin():
                pass
            found["a lock"] = is_down(caught.value)
        other.close()
    assert found == {
        "a disk that is full": True,
        "a file that is only read": True,
        "no table": True,
        "too big": False,
        "no value": False,
        "a lock": True,
    }


def test_a_server_that_is_not_there_is_down() -> None:
    writer = Writer("postgresql://nobody@127.0.0.1:1/nothing", Metrics())
    outcomes = keep_all(writer, [a_row()] * 3)
    writer.close()
    assert [type(outcome) for outcome in outcomes] == [StoreDown] * 3
