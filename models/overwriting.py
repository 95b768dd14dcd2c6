"""Refusing outputs that would overwrite an input."""

import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from upstander.models.errors import UpstanderError


def refuse_overwriting(writes: Iterable[Path], reads: Iterable[Path]) -> None:
    """Raise UpstanderError if what is to be written would change what is read.

    Files are compared, and not their names: another spelling, a link and a hard link are found.
    writes: files, and folders that are to be emptied. reads: files, and folders that nothing may be
    written into; `/dev/stdin` is the file that standard input comes from, if it is one.
    """
    read = list(reads)
    files = {known: path for path in read if (known := _identity(path))}
    folders = [path for path in read if path.is_dir()]
    for path in writes:
        known = _identity(path)
        there = files.get(known) if known else _inside(path, read)
        if there is None and (folder := next((f for f in folders if _holds(f, path)), None)):
            there = folder
        if there is not None:
            raise UpstanderError(
                f"{path} is to be written, and {there}, which is read, would be changed by it: "
                "name another output, or leave it out of the input"
            )


def _identity(path: Path) -> tuple[int, int] | None:
    """The device and the number of a regular file; None of anything else."""
    with suppress(OSError):
        known = path.stat()
        if stat.S_ISREG(known.st_mode):
            return known.st_dev, known.st_ino
    return None


def _inside(folder: Path, read: Iterable[Path]) -> Path | None:
    """The first of what is read that lies in a folder."""
    return next((path for path in read if folder.is_dir() and _holds(folder, path)), None)


def _holds(folder: Path, path: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())
