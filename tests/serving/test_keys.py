"""Keys are kept as salted hashes, and found again by nothing but themselves."""

import stat
import threading
from pathlib import Path

import httpx
import pytest
from conftest import StartServer, until
from typer.testing import CliRunner

from upstander.serving.cli import keys as command
from upstander.serving.keys import KeyFileError, create_key, read_keys, revoke_key


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


def test_a_key_is_found_and_not_kept(file: Path) -> None:
    entry, key = create_key(file, "forum", "score", rate=60, quota=1000)
    assert read_keys(file).find(key) == entry
    assert key.split("_", 2)[2] not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("change", [lambda k: k[:-1], lambda k: k + "x", lambda k: k.upper()])
def test_a_near_miss_is_not_found(file: Path, change: object) -> None:
    _, key = create_key(file, "forum", "score", 0, 0)
    assert callable(change)
    assert read_keys(file).find(change(key)) is None


@pytest.mark.parametrize("key", ["", "up", "up__", "up_0_0", "_", "\N{SNOWMAN}_a_b", "x" * 10_000])
def test_nonsense_is_not_found(file: Path, key: str) -> None:
    create_key(file, "forum", "score", 0, 0)
    assert read_keys(file).find(key) is None


def test_a_revoked_key_is_gone_and_the_others_stay(file: Path) -> None:
    one, first = create_key(file, "one", "score", 0, 0)
    _, second = create_key(file, "two", "admin", 0, 0)
    revoke_key(file, one.id)
    assert read_keys(file).find(first) is None
    assert read_keys(file).find(second) is not None
    with pytest.raises(KeyFileError, match="no key has the id"):
        revoke_key(file, one.id)


def test_a_file_that_is_not_one_is_refused_and_kept(file: Path) -> None:
    file.write_text("[{}]")
    with pytest.raises(KeyFileError, match="is not a file of keys"):
        create_key(file, "forum", "score", 0, 0)
    assert file.read_text() == "[{}]"


def test_the_command_creates_lists_and_revokes(file: Path) -> None:
    run = CliRunner().invoke
    created = run(command, ["create", "my forum", "--rate", "60", "--keys", str(file)])
    key = created.stdout.strip()
    found = read_keys(file).find(key)
    assert found is not None
    listed = run(command, ["list", "--keys", str(file)])
    assert f"{found.id}\tscore\t60/minute" in listed.stdout
    assert key not in listed.stdout
    assert run(command, ["revoke", found.id, "--keys", str(file)]).exit_code == 0
    assert read_keys(file).find(key) is None


def test_a_key_that_is_revoked_through_a_link_opens_nothing(
    start_server: StartServer, tmp_path: Path
) -> None:
    (tmp_path / "secrets").mkdir()
    file, link = tmp_path / "secrets/keys.json", tmp_path / "keys.json"
    link.symlink_to(file)
    run = CliRunner().invoke
    created = run(command, ["create", "forum", "--keys", str(link)])
    sent = {"headers": {"x-api-key": created.stdout.strip()}, "json": {"text": "Good morning."}}
    entry = read_keys(file).find(created.stdout.strip())
    assert entry is not None
    with start_server(keys=file) as server:
        server.wait_ready()
        assert httpx.post(f"{server.url}/v1/score", **sent).status_code == 200
        assert run(command, ["revoke", entry.id, "--keys", str(link)]).exit_code == 0
        until(lambda: httpx.post(f"{server.url}/v1/score", **sent).status_code == 401)
    assert link.is_symlink()
    assert {path.name for path in tmp_path.iterdir()} == {"secrets", "keys.json"}


def test_keys_made_at_once_by_two_names_of_a_file_are_all_kept(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    file, link = tmp_path / "secrets/keys.json", tmp_path / "keys.json"
    link.symlink_to(file)
    names = [link, file] * 5
    threads = [threading.Thread(target=create_key, args=(n, "x", "score", 0, 0)) for n in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(read_keys(file).entries) == len(names)
