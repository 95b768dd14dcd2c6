"""The salt of the hashes lies apart from them: who has the store alone finds no text by trying."""

from pathlib import Path

import httpx
import pytest
from alembic import command
from alembic.config import Config
from conftest import Server, StartServer
from sqlalchemy import create_engine, select, text
from test_records import VERMIN, post, records

import upstander.serving.store
from upstander.serving.records.recording import hash_of
from upstander.serving.store.address import StoreError, address_of
from upstander.serving.store.database import open_store
from upstander.serving.store.salt import load_salt, salt_file_of
from upstander.serving.store.tables import DECISIONS, SECRETS, SUGGESTIONS

OLD_SALT = bytes(range(32))


def an_old_store(store: str) -> None:
    """A store of version 1.0, which has its salt in it, and suggestions."""
    engine = create_engine(address_of(store))
    with engine.begin() as connection:
        config = Config()
        migrations = Path(upstander.serving.store.__file__).parent / "migrations"
        config.set_main_option("script_location", str(migrations))
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        connection.execute(SECRETS.insert().values(name="salt", value=OLD_SALT))
        made = "f" * 32
        connection.execute(
            text(
                "INSERT INTO reviews (reviewed, decision_id, outcome, reason, labels) VALUES "
                f"('2026-11-01', '{made}', 'overturned', 'why', '{{}}')"
            )
        )
        for token in (f"review:{made}", f"review:{'e' * 32}", "mine"):
            connection.execute(
                text(
                    "INSERT INTO suggestions (received, text, attribute_scores, languages, "
                    "detected_languages, client_token) VALUES "
                    f"('2026-11-01', 'ü', '{{}}', '[]', '[]', '{token}')"
                )
            )
    engine.dispose()


def recorded(server: Server) -> str:
    decision_id: str = post(server, VERMIN)["decision"]["id"]
    return decision_id


def test_the_store_alone_does_not_have_the_salt(
    start_server: StartServer, store: str, tmp_path: Path
) -> None:
    salt_file = tmp_path / "elsewhere/salt"
    settings = {"store": store, "record": "decisions", "record_lost": "refuse"}
    with start_server(**settings, salt_file=salt_file) as server:
        server.wait_ready()
        decision_id = recorded(server)
        salt = bytes.fromhex(salt_file.read_text())
        assert (len(salt), salt_file.stat().st_mode & 0o777) == (32, 0o600)
        assert server.stop() == 0
    engine = open_store(store)
    with engine.connect() as connection:
        assert connection.execute(select(SECRETS)).all() == []
        kept = connection.execute(select(DECISIONS.c.text_hash)).scalar_one()
        everything = [
            bytes(row.value) for row in connection.execute(text("SELECT * FROM properties")).all()
        ]
    engine.dispose()
    assert kept == hash_of(VERMIN, salt)
    assert kept not in [hash_of(VERMIN, key) for key in (b"", *everything)]
    files = [file for file in tmp_path.iterdir() if file.is_file()]
    assert not any(salt in file.read_bytes() for file in files)
    assert not any(salt.hex().encode() in file.read_bytes() for file in files)
    again = records("replay", decision_id, "--text", VERMIN, "--store", store)
    assert "there is no such file, and the hashes of this store" in str(again.exception)
    again = records(
        "replay", decision_id, "--text", VERMIN, "--store", store, "--salt-file", salt_file
    )
    assert "the decision stands" in again.output


def test_without_its_salt_or_with_another_a_service_does_not_record(
    start_server: StartServer, tmp_path: Path
) -> None:
    store = f"sqlite:///{tmp_path / 'upstander.db'}"
    with start_server(store=store, record="decisions") as server:
        server.wait_ready()
        server.stop()
    salt_file = tmp_path / "upstander.db.salt"
    assert salt_file_of(store, None) == salt_file
    salt = salt_file.read_text()
    for content, told in (
        (None, "there is no such file"),
        ("0" * 64, "were made with another salt"),
        ("nonsense", "cannot be read as a salt"),
        ("00", "a salt has 64 hexadecimal digits"),
    ):
        salt_file.unlink()
        if content is not None:
            salt_file.write_text(content)
        with start_server(store=store, record="decisions") as server:
            assert server.process.wait(timeout=30) == 1
            assert f"--salt-file {salt_file}: " in server.log.read_text()
            assert told in server.log.read_text()
        salt_file.write_text(salt)
    with start_server(store=store, record="decisions") as server:
        server.wait_ready()
        server.stop()


def test_a_service_that_records_nothing_needs_no_salt(
    start_server: StartServer, tmp_path: Path
) -> None:
    with start_server(store=f"sqlite:///{tmp_path / 'upstander.db'}") as server:
        server.wait_ready()
        body = {
            "comment": {"text": "Hello."},
            "attributeScores": {"TOXICITY": {"summaryScore": {}}},
        }
        path = "/v1alpha1/comments:suggestscore"
        assert httpx.post(f"{server.url}{path}", json=body, timeout=30).status_code == 200
        server.stop()
    assert not (tmp_path / "upstander.db.salt").exists()


def test_the_salt_of_an_older_store_is_taken_out_of_it(
    start_server: StartServer, store: str, tmp_path: Path
) -> None:
    an_old_store(store)
    salt_file = tmp_path / "elsewhere/salt"
    engine = open_store(store)
    assert load_salt(engine, salt_file) == OLD_SALT  # whoever only reads leaves it there
    assert not salt_file.exists()
    engine.dispose()
    settings = {"store": store, "record": "decisions", "record_lost": "refuse"}
    with start_server(**settings, salt_file=salt_file) as server:
        server.wait_ready()
        assert bytes.fromhex(salt_file.read_text()) == OLD_SALT
        recorded(server)
        assert not any(
            OLD_SALT in file.read_bytes() for file in tmp_path.iterdir() if file.is_file()
        )
        server.stop()
    engine = open_store(store)
    with engine.connect() as connection:
        assert connection.execute(select(SECRETS)).all() == []
        kept = connection.execute(select(DECISIONS.c.text_hash)).scalar_one()
        made = connection.execute(
            select(SUGGESTIONS.c.decision_id, SUGGESTIONS.c.bytes).order_by(SUGGESTIONS.c.id)
        ).all()
    engine.dispose()
    assert kept == hash_of(VERMIN, OLD_SALT)
    assert [tuple(row) for row in made] == [("f" * 32, 4), (None, 4), (None, 4)]


def test_a_salt_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    engine = open_store(f"sqlite:///{tmp_path / 'upstander.db'}")
    with pytest.raises(StoreError, match=r"--salt-file: .* cannot be written"):
        load_salt(engine, tmp_path / "file/salt", make=True)
    assert len(load_salt(engine, tmp_path / "salt", make=True)) == 32
    engine.dispose()
