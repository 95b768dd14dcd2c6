"""Files that are read again when they have changed."""

import os
from pathlib import Path

import pytest

from upstander.serving import file_watch
from upstander.serving.file_watch import FileWatch


def test_a_change_is_seen_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_watch, "RELOAD_INTERVAL", 0.0)
    file = tmp_path / "keys.json"
    watch = FileWatch(lambda: [file])
    assert watch.look() == {} != watch.read  # there is none, and nobody has read that
    watch.read = watch.look()
    file.write_text("[]")
    changed = watch.look()
    assert changed != watch.read
    watch.read = changed
    assert watch.look() == watch.read
    os.utime(file, ns=(1, 1))
    assert watch.look() != watch.read
    new = tmp_path / "new"
    new.write_text("[]")
    os.utime(new, ns=(1, 1))
    watch.read = watch.look()
    new.replace(file)  # of the same time, and another file
    assert watch.look() != watch.read


def test_it_does_not_look_all_the_time(tmp_path: Path) -> None:
    watch = FileWatch(lambda: [tmp_path])
    assert watch.look()
    assert watch.look() is None
