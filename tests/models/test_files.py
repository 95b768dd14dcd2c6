"""A file is replaced whole or not at all, by one function, and a link to it stays a link."""

import ast
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT

from upstander.models.errors import UpstanderError
from upstander.models.files import replacing, write_whole

ROOMS = ("benchmarks", "evaluation", "models", "serving", "training", "upstander")

OF_FOLDERS_AND_PIECES = {
    "models/bundle.py": "a folder that is not there yet takes its name",
    "models/files.py": "the one function",
    "training/base_model.py": "a folder that was unpacked takes its name in the cache",
    "training/cascade_bundle.py": "the answers of a network become a file of the run's own cache",
    "training/fetch.py": "the pieces of a download become a file of its own cache",
    "training/pipeline.py": "the result of a step before is set aside, a folder",
}
"""Where something else than a user's file is renamed, and what."""


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("is_there", [True, False], ids=["there", "dangling"])
def test_what_a_link_leads_to_is_replaced(tmp_path: Path, is_there: bool) -> None:
    (tmp_path / "far").mkdir()
    file = tmp_path / "far/data.json"
    if is_there:
        file.write_text("before")
    (tmp_path / "middle").symlink_to("far/data.json")
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "middle")
    write_whole(link, b"after")
    assert link.is_symlink()
    assert (tmp_path / "middle").is_symlink()
    assert file.read_text() == "after"
    assert names_in(tmp_path / "far") == {"data.json"}
    assert names_in(tmp_path) == {"far", "middle", "link"}


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o444])
@pytest.mark.parametrize("private", [True, False])
def test_a_file_keeps_its_permissions(tmp_path: Path, mode: int, private: bool) -> None:
    file = tmp_path / "data"
    file.write_text("before")
    file.chmod(mode)
    write_whole(file, b"after", private=private)
    assert (file.read_text(), mode_of(file)) == ("after", mode)


def test_a_new_file_is_as_the_account_makes_them_or_private(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_whole(tmp_path / "new/open", b"")
        write_whole(tmp_path / "new/private", b"", private=True)
    finally:
        os.umask(before)
    assert mode_of(tmp_path / "new/open") == 0o640
    assert mode_of(tmp_path / "new/private") == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_a_file_keeps_its_owner(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_text("before")
    os.chown(file, 12345, 23456)
    write_whole(file, b"after", private=True)
    assert (file.stat().st_uid, file.stat().st_gid) == (12345, 23456)


def test_a_block_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "data"
    file.write_text("before")

    def fail_half_way() -> None:
        with replacing(file) as new:
            new.write_text("half of")
            raise ValueError("half of it is there")

    with pytest.raises(ValueError, match="half"):
        fail_half_way()
    assert file.read_text() == "before"
    assert names_in(tmp_path) == {"data"}


def test_what_a_killed_process_left_goes(tmp_path: Path) -> None:
    code = (
        "import os, pathlib, sys; from upstander.models.files import replacing\n"
        "with replacing(pathlib.Path(sys.argv[1])) as new:\n"
        "    new.write_text('half'); os.kill(os.getpid(), 9)"
    )
    file = tmp_path / ("data" * 60)
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", code, file], check=False, cwd=ROOT)
        assert done.returncode == -9
        assert len(names_in(tmp_path)) == 1
    write_whole(file, b"whole")
    assert file.read_text() == "whole"
    assert names_in(tmp_path) == {file.name}


def test_several_may_write_to_one_place_at_once(tmp_path: Path) -> None:
    file = tmp_path / "data"
    with replacing(file) as one, replacing(file) as other:
        assert one != other
        one.write_text("one")
        other.write_text("other")
    assert file.read_text() == "one"
    assert names_in(tmp_path) == {"data"}


def test_a_folder_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    with pytest.raises(UpstanderError, match="is a folder: give the name of a file"):
        write_whole(tmp_path, b"")
    (tmp_path / "file").write_text("")
    with pytest.raises(UpstanderError, match="cannot be written"):
        write_whole(tmp_path / "file/below", b"")


def test_a_pipe_is_written_to_and_a_device_stays_one(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_whole(pipe, b"through")
    reader.join(10)
    assert read == [b"through"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    write_whole(Path("/dev/null"), b"away")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def renames(file: Path) -> Iterator[str]:
    """Calls by which one file takes the place of another, or is made to."""
    for node in ast.walk(ast.parse(file.read_text())):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        name, owner = node.func.attr, node.func.value
        of = owner.id if isinstance(owner, ast.Name) else ""
        is_path_replace = name == "replace" and len(node.args) == 1 and not node.keywords
        if (
            name in ("rename", "renames", "mkstemp", "NamedTemporaryFile")
            or (is_path_replace or (name, of) == ("replace", "os"))
            or (name, of) == ("move", "shutil")
        ):
            yield f"line {node.lineno}: {of}.{name}"


def test_one_function_replaces_files() -> None:
    found = {
        name: calls
        for room in ROOMS
        for file in (ROOT / room).rglob("*.py")
        if (name := str(file.relative_to(ROOT))) not in OF_FOLDERS_AND_PIECES
        and (calls := list(renames(file)))
    }
    assert found == {}
