"""From the tables of every release to those of this one, and back: nothing is lost on the way."""

import os
import signal
from pathlib import Path
from typing import Any, Final

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, event, text
from test_records import records

from upstander.serving.records.recording import hash_of
from upstander.serving.store.address import StoreError, address_of
from upstander.serving.store.database import MIGRATIONS, connect, migrate, open_store
from upstander.serving.store.salt import load_salt
from upstander.serving.store.versions import go_back, known_versions, version_at

TEXT: Final = "Good morning."
SALT: Final = bytes(range(32))
COUNTED: Final = {"suggestions": "0001", "decisions": "0002", "reviews": "0002", "policies": "0002"}
"""Table to the version that it came with."""

ROWS: Final = {
    "suggestions": (
        "INSERT INTO suggestions (received, key_id, text, attribute_scores, languages, "
        "detected_languages, client_token) VALUES "
        "('2026-11-01', 'k', :text, '{}', '[]', '[]', :token)"
    ),
    "policies": "INSERT INTO policies VALUES (:sha256, :document)",
    "decisions": (
        "INSERT INTO decisions (decision_id, decided, text_hash, text, scores, targets, "
        "mechanisms, spans, flags, band, decision, distance, model_name, model_version, "
        "model_sha256, policy_id, policy_version, policy_sha256, reviewed) VALUES "
        "(:own, '2026-11-01', :hash, :text, '{}', '[]', '[]', '[]', '{}', 'review', '{}', 0.1, "
        "'m', '1', 'm', 'p', '1', :sha256, true)"
    ),
    "reviews": (
        "INSERT INTO reviews (reviewed, decision_id, outcome, reason, labels) VALUES "
        "('2026-11-01', :own, 'overturned', 'a “reason”', '{}')"
    ),
}
"""Rows as the releases wrote them, in columns that these tables had from the beginning."""


def an_old_store(store: str, version: str, rows: int = 3) -> None:
    """A store with the tables of a version, and rows in each."""
    engine = create_engine(address_of(store))
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)
        given: dict[str, Any] = {"text": TEXT, "hash": hash_of(TEXT, SALT), "sha256": "p" * 64}
        for table, statement in ROWS.items():
            for number in range(1 if table == "policies" else rows):
                own = f"{number:032x}"
                more = {"own": own, "token": f"review:{own}", "document": b'id = "p"'}
                if version >= COUNTED[table]:
                    names = [n for n in (*given, *more) if f":{n}" in statement]
                    values = {name: {**given, **more}[name] for name in names}
                    connection.execute(text(statement), values)
        if version == "0002":
            connection.execute(text("INSERT INTO secrets VALUES ('salt', :salt)"), {"salt": SALT})
    engine.dispose()


def counts(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {
            table: connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
            for table in COUNTED
        }


@pytest.mark.parametrize("version", known_versions())
def test_the_tables_of_every_release_are_brought_up_to_date(
    store: str, version: str, tmp_path: Path
) -> None:
    an_old_store(store, version)
    assert version_at(store) == version
    engine = open_store(store)
    has_decisions = version >= "0002"
    kept = 3 if has_decisions else 0
    expected = {"suggestions": 3, "decisions": kept, "reviews": kept, "policies": kept // 3}
    assert counts(engine) == expected
    with engine.connect() as connection:
        texts = set(connection.execute(text("SELECT text FROM suggestions")).scalars())
        linked = list(connection.execute(text("SELECT decision_id FROM suggestions")).scalars())
    assert texts == {TEXT}
    # What reviews made is told from what clients sent since 0003; a review has to be there.
    assert (None not in linked) == (version == "0002")
    if version == "0002":
        assert load_salt(engine, tmp_path / "salt", make=True) == SALT
    engine.dispose()
    assert version_at(store) == known_versions()[-1]
    assert open_store(store).dispose() is None  # once more changes nothing


def statements_until_killed(store: str, last: int) -> bool:
    """Bring a store up to date in a process that dies before so many statements; whether it did."""
    child = os.fork()
    if child == 0:
        try:
            done = 0
            engine = connect(address_of(store))

            @event.listens_for(engine, "before_cursor_execute")
            def count(*_: Any) -> None:
                nonlocal done
                done += 1
                if done == last:
                    os.kill(os.getpid(), signal.SIGKILL)

            with engine.begin() as connection:
                migrate(connection)
            os._exit(0)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


def test_a_migration_that_is_killed_anywhere_leaves_the_store_as_it_was(store: str) -> None:
    an_old_store(store, "0001")
    killed = 0
    while statements_until_killed(store, 3 * killed + 2):
        killed += 1
        assert version_at(store) == "0001"
        engine = create_engine(address_of(store))
        with engine.connect() as connection:
            assert connection.execute(text("SELECT count(*) FROM suggestions")).scalar() == 3
        engine.dispose()
    assert killed > 5
    assert version_at(store) == known_versions()[-1]
    engine = open_store(store)
    assert counts(engine)["suggestions"] == 3
    engine.dispose()


@pytest.mark.parametrize("version", [v for v in known_versions()[:-1] if v >= "0002"])
def test_the_way_back_keeps_what_was_recorded(store: str, version: str, tmp_path: Path) -> None:
    an_old_store(store, "0002")
    salt = tmp_path / "salt"
    engine = open_store(store)
    assert load_salt(engine, salt, make=True) == SALT
    before = counts(engine)
    engine.dispose()
    if version == "0002":
        with pytest.raises(StoreError, match="there is no such file"):
            go_back(store, version, tmp_path / "nowhere")
    done = records("tables", "--back-to", version, "--store", store, "--salt-file", salt)
    assert f"the tables have version {version}; this release has" in done.output, done.exception
    engine = create_engine(address_of(store))
    assert counts(engine) == before
    with engine.connect() as connection:
        inside = connection.execute(text("SELECT value FROM secrets")).scalar()
    engine.dispose()
    assert (None if inside is None else bytes(inside)) == (SALT if version == "0002" else None)
    engine = open_store(store)  # and forwards again
    assert counts(engine) == before
    assert load_salt(engine, salt, make=True) == SALT
    engine.dispose()


def test_words_that_stood_for_no_reason_become_none(store: str, tmp_path: Path) -> None:
    an_old_store(store, "0004")
    words = ["no reason given", "[erased]", "a quotation"]
    wanted = "SELECT reason, reason_code FROM reviews ORDER BY decision_id"
    engine = create_engine(address_of(store))
    with engine.begin() as connection:
        for number, reason in enumerate(words):
            values = {"own": f"{number:032x}", "reason": reason}
            update = text("UPDATE reviews SET reason = :reason WHERE decision_id = :own")
            connection.execute(update, values)
    engine.dispose()
    engine = open_store(store)
    with engine.begin() as connection:
        found = [tuple(row) for row in connection.execute(text(wanted))]
        assert found == [(None, None), (None, None), ("a quotation", None)]
        code = "UPDATE reviews SET reason_code = 'quotation' WHERE decision_id <> :own"
        connection.execute(text(code), {"own": f"{0:032x}"})
    engine.dispose()
    go_back(store, "0004", tmp_path / "salt")
    engine = create_engine(address_of(store))
    with engine.connect() as connection:
        reasons = [row[0] for row in connection.execute(text(wanted.replace(", reason_code", "")))]
    engine.dispose()
    assert reasons == ["", "quotation", "quotation: a quotation"]


def test_no_way_back_drops_what_was_recorded(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'upstander.db'}"
    an_old_store(store, "0002")
    open_store(store).dispose()
    newest = known_versions()[-1]
    with pytest.raises(StoreError, match="has no table decisions, and there are rows in it"):
        go_back(store, "0001", tmp_path / "salt")
    with pytest.raises(StoreError, match=f"have version {newest}, and can go back to 0001, 0002"):
        go_back(store, "9999", tmp_path / "salt")
    with pytest.raises(StoreError, match="there is no such file"):
        go_back(f"sqlite:///{tmp_path / 'other.db'}", "0002", tmp_path / "salt")
    assert version_at(store) == newest


def test_the_tables_of_a_later_release_are_left_alone(store: str) -> None:
    open_store(store).dispose()
    engine = create_engine(address_of(store))
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(StoreError, match="those of a later version of Upstander"):
        open_store(store)
    assert version_at(store) == "9999"
