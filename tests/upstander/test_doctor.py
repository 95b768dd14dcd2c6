"""`upstander doctor` says what is wrong with an installation, and nothing where nothing is."""

import json
import shutil
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from click.testing import Result
from conftest import Server
from sqlalchemy import text
from typer.testing import CliRunner

from upstander.cli import app
from upstander.doctor.machine import features_of, look_at_clock, look_at_proxy
from upstander.doctor.parts import look_at_keys, look_at_store, read_settings
from upstander.doctor.reach import look_at_headers
from upstander.models.shipped import DEFAULT_BUNDLE
from upstander.serving.environment import unknown_variables
from upstander.serving.keys import create_key
from upstander.serving.settings import Settings
from upstander.serving.store.database import open_store


def doctor(*flags: object, **variables: str) -> Result:
    return CliRunner().invoke(app, ["doctor", *map(str, flags)], env=variables)


def levels(done: Result) -> dict[str, set[str]]:
    """Part to the levels of its lines."""
    found: dict[str, set[str]] = {}
    for line in done.output.splitlines():
        level, _, rest = line.partition(" ")
        found.setdefault(rest.strip().partition(":")[0], set()).add(level)
    return found


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def test_of_a_sound_installation_nothing_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: Server
) -> None:
    monkeypatch.chdir(tmp_path)
    keys = tmp_path / "keys.json"
    create_key(keys, "forum", "score", 0, 0)
    store = f"sqlite:///{tmp_path / 'upstander.db'}"
    open_store(store).dispose()
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    done = doctor("--keys", keys, "--store", store, "--url", server.url, "--require-signature")
    assert done.exit_code == 0, done.output
    found = levels(done)
    assert "wrong" not in set().union(*found.values())
    assert set(found) >= {
        "settings", "bundle", "signature", "policy", "keys", "store", "processor", "memory",
        "clock", "proxy", "service",
    }  # fmt: skip
    assert f"{server.url} is ready" in done.output
    assert {
        path: path.stat().st_mtime_ns for path in tmp_path.iterdir() if path in before
    } == before


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    shutil.copytree(DEFAULT_BUNDLE, bundle)
    (bundle / "README.md").write_text("another")
    store = f"sqlite:///{tmp_path / 'upstander.db'}"
    engine = open_store(store)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    (tmp_path / "keys.json").write_text("nonsense")
    done = doctor(
        "--bundle", bundle, "--store", store, "--keys", tmp_path / "keys.json",
        "--policies", tmp_path / "nowhere", "--limits-store", f"redis://127.0.0.1:{closed_port()}",
        "--url", f"http://127.0.0.1:{closed_port()}", UPSTANDER_RECORDS="texts",
    )  # fmt: skip
    assert done.exit_code == 1
    found = levels(done)
    for part in ("settings", "bundle", "store", "keys", "policy", "limits", "service"):
        assert "wrong" in found[part], part
    assert "README.md does not match" in done.output
    assert "UPSTANDER_RECORDS is no setting and has no effect" in done.output
    assert "those of a later release" in done.output
    assert "Traceback" not in done.output


@pytest.mark.parametrize("name", Settings.model_fields)
def test_a_typo_in_the_name_of_any_setting_is_found(name: str) -> None:
    typo = f"UPSTANDER_{name.upper()}{name[-1].upper()}"
    (told,) = unknown_variables({typo: "1", f"UPSTANDER_{name.upper()}": "1", "PATH": ""})
    assert told.startswith(f"{typo} is no setting and has no effect: ")


def types_within(annotation: object) -> Iterator[object]:
    yield annotation
    for part in get_args(annotation):
        yield from types_within(part)


TYPED = {
    name: field
    for name, field in Settings.model_fields.items()
    if not {str, Path} & set(types_within(field.annotation))
}


@pytest.mark.parametrize("name", TYPED)
def test_a_typo_in_any_value_is_named(name: str) -> None:
    settings, found = read_settings({name: "nonsense"})
    assert settings is None
    flag = f"--{name.replace('_', '-')} or UPSTANDER_{name.upper()}"
    assert [f.message for f in found if f.level == "wrong" and f.message.startswith(f"{flag}: ")]


@pytest.mark.parametrize(
    ("flag", "value", "part"),
    [
        ("--bundle", "/nowhere", "bundle"),
        ("--policies", "/nowhere", "policy"),
        ("--policy", "nobodys", "policy"),
        ("--keys", "/nowhere.json", "keys"),
        ("--signature-keys", "/nowhere.pub", "signature"),
        ("--store", "sqllite:///upstander.db", "store"),
        ("--limits-store", "reddis://host", "limits"),
        ("--attribute-aliases", "NOBODY=nothing", "settings"),
        ("--public-url", "moderation.example.org", "settings"),
        ("--host", "0.0.0.0", "keys"),
    ],
)
def test_a_wrong_place_is_named(flag: str, value: str, part: str, tmp_path: Path) -> None:
    given = {"store": "", flag.removeprefix("--").replace("-", "_"): value}
    done = doctor(*(one for name, v in given.items() for one in (f"--{name.replace('_', '-')}", v)))
    assert done.exit_code == 1, done.output
    assert "wrong" in levels(done)[part], done.output


def test_keys_that_others_may_read_are_told(tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    create_key(keys, "forum", "score", 0, 0)
    keys.chmod(0o644)
    told = [str(finding) for finding in look_at_keys(Settings(keys=keys))]
    assert "chmod 600" in told[0]
    assert told[1].startswith("ok    keys: 1 score, in")
    keys.write_text("[]")
    assert [f.level for f in look_at_keys(Settings(keys=keys))] == ["wrong"]


def test_a_lost_salt_is_told(store: str, tmp_path: Path) -> None:
    from upstander.serving.store.salt import load_salt

    engine = open_store(store)
    load_salt(engine, tmp_path / "salt", make=True)
    engine.dispose()
    settings = {"store": store, "salt_file": tmp_path / "salt"}
    assert {f.level for f in look_at_store(Settings(**settings))} == {"ok"}
    (tmp_path / "salt").unlink()
    told = [f.message for f in look_at_store(Settings(**settings)) if f.level == "wrong"]
    assert "restore it from your backup" in told[0]


def test_a_clock_that_cannot_be_right_is_told() -> None:
    assert next(look_at_clock(datetime(1970, 1, 1, tzinfo=UTC))).level == "wrong"
    assert next(look_at_clock(datetime.now(UTC))).level == "ok"


@pytest.mark.parametrize(
    ("environment", "level"),
    [
        ({}, "ok"),
        ({"https_proxy": "http://proxy:3128"}, "note"),
        ({"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "localhost, 127.0.0.1"}, "ok"),
    ],
)
def test_a_proxy_between_a_client_and_its_own_machine_is_told(
    environment: dict[str, str], level: str
) -> None:
    assert [finding.level for finding in look_at_proxy(environment)] == [level]


def test_what_a_proxy_loses_and_a_wrong_clock_are_told() -> None:
    now = datetime.now(UTC)
    headers: dict[str, Any] = {"date": format_datetime(now - timedelta(minutes=3), usegmt=True)}
    told = [str(f) for f in look_at_headers("https://example.org", headers, "own", now)]
    assert ["X-Request-ID" in told[0], "Strict" in told[1]] == [True, True]
    assert "differs from this one by 180 s" in told[2] or "by 181 s" in told[2]
    headers = {"x-request-id": "own", "date": format_datetime(now, usegmt=True)}
    assert list(look_at_headers("http://127.0.0.1:8000", headers, "own", now)) == []


def test_the_units_of_a_processor_are_read(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text("processor: 0\nflags\t\t: fpu avx2 avx_vnni\n")
    assert features_of(tmp_path / "cpuinfo") == {"fpu", "avx2", "avx_vnni"}
    assert features_of(tmp_path / "nowhere") == frozenset()


def test_serve_warns_of_a_variable_that_is_none(start_server: Any) -> None:
    with start_server(prot=8001, store="nothing://") as server:
        server.process.wait(timeout=30)
        assert "UPSTANDER_PROT is no setting" in server.log.read_text()


def test_another_server_at_the_address_is_told(tmp_path: Path) -> None:
    import http.server
    import threading

    class Other(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"hello": "world"}).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Other) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        from upstander.doctor.reach import look_at_service

        told = list(look_at_service(f"http://127.0.0.1:{other.server_port}"))
        other.shutdown()
    assert [f.level for f in told] == ["wrong"]
    assert "not as the service does" in told[0].message
