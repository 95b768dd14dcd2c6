"""The store: SQLite and PostgreSQL do the same."""

import asyncio
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select, text

from upstander.serving.errors import StoreDown, StoreOff, StoreRefused
from upstander.serving.metrics import Metrics
from upstander.serving.store.address import StoreError
from upstander.serving.store.database import open_store
from upstander.serving.store.tables import METADATA, SUGGESTIONS
from upstander.serving.store.writer import Writer


def a_row(comment: str = "A comment.", **more: Any) -> dict[str, Any]:
    return {
        "received": datetime(2026, 11, 23, 12, 0, 0, 250),
        "text": comment,
        "attribute_scores": {"TOXICITY": {"summaryScore": {"value": 1.0}}},
        "languages": [],
        "detected_languages": ["en"],
        **more,
    }


def keep_all(writer: Writer, rows: list[dict[str, Any]], seconds: float = 20) -> list[Any]:
    async def together() -> list[Any]:
        deadline = asyncio.get_running_loop().time() + seconds
        kept = (writer.keep("suggestions", row, deadline) for row in rows)
        return await asyncio.gather(*kept, return_exceptions=True)

    return asyncio.run(together())


def test_the_migrations_lead_to_the_tables(store: str) -> None:
    engine = open_store(store)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    engine.dispose()


def test_several_processes_may_open_a_new_store_at_once(store: str) -> None:
    code = (
        "import sys\n"
        "from upstander.serving.store.database import open_store\n"
        "open_store(sys.argv[1])\n"
    )

    def open_it(_: int) -> int:
        return subprocess.run([sys.executable, "-c", code, store], check=False).returncode

    with ThreadPoolExecutor() as threads:
        assert list(threads.map(open_it, range(4))) == [0] * 4


def test_the_tables_of_a_later_version_are_left_alone(store: str) -> None:
    engine = open_store(store)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="those of a later version"):
        open_store(store)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == (
            "9999"
        )
    engine.dispose()


def test_what_is_kept_comes_back_as_it_was(store: str) -> None:
    writer = Writer(store, Metrics())
    row = a_row("Zeichen: \0 ü 😀", context={"entries": [{"text": "\0"}]}, client_token="7")
    assert keep_all(writer, [row]) == [None]
    writer.close()
    engine = open_store(store)
    with engine.connect() as connection:
        found = connection.execute(select(SUGGESTIONS)).one()
    engine.dispose()
    assert found.text == "Zeichen: \ufffd ü 😀"
    assert found.context == {"entries": [{"text": "\ufffd"}]}
    assert (found.received, found.client_token, found.session_id) == (row["received"], "7", None)


def test_a_row_that_the_database_refuses_spares_those_beside_it(store: str) -> None:
    metrics = Metrics()
    writer = Writer(store, metrics)
    rows = [a_row(f"Comment {number}") for number in range(50)]
    rows[17]["received"] = "no time at all"
    outcomes = keep_all(writer, rows)
    writer.close()
    assert isinstance(outcomes.pop(17), StoreRefused)
    assert outcomes == [None] * 49
    assert b'upstander_kept_total{result="kept",table="suggestions"} 49.0' in metrics.page()
    assert b'upstander_kept_total{result="failed",table="suggestions"} 1.0' in metrics.page()
    engine = open_store(store)
    with engine.connect() as connection:
        assert len(connection.execute(select(SUGGESTIONS.c.id)).all()) == 49
    engine.dispose()


def test_a_store_that_cannot_be_opened_refuses_and_no_text_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "taken").write_text("no folder")
    writer = Writer(f"sqlite:///{tmp_path / 'taken' / 'upstander.db'}", Metrics())
    (outcome,) = keep_all(writer, [a_row("a secret comment")])
    assert isinstance(outcome, StoreDown)
    assert outcome.status == 503
    assert "cannot be opened" in caplog.text
    assert "secret" not in caplog.text
    os.unlink(tmp_path / "taken")
    writer._store._failed = None  # a second later
    assert keep_all(writer, [a_row()]) == [None]
    writer.close()


def test_a_store_that_is_locked_is_not_waited_for_beyond_the_deadline(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'upstander.db'}"
    other = open_store(store)
    writer = Writer(store, Metrics())
    with other.begin():  # takes the lock of the file
        (outcome,) = keep_all(writer, [a_row()], seconds=0.5)
    assert isinstance(outcome, StoreDown)
    assert keep_all(writer, [a_row()]) == [None]
    writer.close()
    other.dispose()


def test_a_service_without_a_store_says_so() -> None:
    (outcome,) = keep_all(Writer("", Metrics()), [a_row()])
    assert isinstance(outcome, StoreOff)


def test_only_its_owner_may_read_the_file(tmp_path: Path) -> None:
    writer = Writer(f"sqlite:///{tmp_path / 'new' / 'upstander.db'}", Metrics())
    assert keep_all(writer, [a_row()]) == [None]
    files = list((tmp_path / "new").iterdir())
    assert len(files) == 3  # with the log that is written ahead
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    writer.close()


@pytest.mark.parametrize(
    "store", ["upstander.db", "sqlite:///:memory:", "mysql://host/name", "sqlite://", "postgres://"]
)
def test_an_address_of_no_store_is_refused(store: str) -> None:
    with pytest.raises(StoreError, match="is no address of a store: give sqlite:///FILE or"):
        open_store(store)


def test_a_password_is_in_no_message() -> None:
    with pytest.raises(StoreError) as caught:
        open_store("postgresql://somebody:geheim@127.0.0.1:1/name?password=geheim")
    assert "geheim" not in str(caught.value)
    assert "refused" in str(caught.value)


def test_a_file_that_was_removed_is_made_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "upstander.db"
    writer = Writer(f"sqlite:///{path}", Metrics())
    assert keep_all(writer, [a_row("before")]) == [None]
    for file in tmp_path.iterdir():
        file.unlink()
    assert keep_all(writer, [a_row("after")]) == [None]
    writer.close()
    assert "was removed or replaced" in caplog.text
    engine = open_store(f"sqlite:///{path}")
    with engine.connect() as connection:
        assert list(connection.execute(select(SUGGESTIONS.c.text)).scalars()) == ["after"]
    engine.dispose()
