"""Writing files atomically, through symbolic links."""

import errno
import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from upstander.models.errors import UpstanderError

_DEVICES: Final = ("/dev/", "/proc/")


@contextmanager
def replacing(path: Path, *, private: bool = False) -> Iterator[Path]:
    """A new file that takes the place of another in one step, once the block has ended well.

    path: a link stays, and the file that it leads to is replaced. What is no regular file, such as
        a pipe or `/dev/stdout`, is itself given to the block.
    private: only its owner may read the file, if it is a new one.

    A file that was there keeps its permissions and its owner. Several may write to one place at
    once: each file is whole, and the last one stays. Once this returns, the file is on the
    disk under its name. Raises UpstanderError for a folder, and where no file can be made.
    """
    if path.is_dir():
        raise UpstanderError(f"{path} is a folder: give the name of a file")
    if str(path).startswith(_DEVICES) or (path.exists() and not path.is_file()):
        yield path
        return
    place = real(path)
    is_secret = private or place.exists()  # until it has the permissions of the one before
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        unfinished, held = _begun(place, 0o600 if is_secret else 0o666)
    except OSError as error:
        raise UpstanderError(f"{path} cannot be written: {error.strerror}") from error
    try:
        yield unfinished
        os.fsync(held)
        _take_after(place, unfinished, private)
        unfinished.replace(place)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    finally:
        os.close(held)
    _sync(place.parent)


def write_whole(path: Path, content: bytes, *, private: bool = False) -> None:
    """A file that is there with all of its content or not at all; as `replacing`."""
    with replacing(path, private=private) as new:
        new.write_bytes(content)


def real(path: Path) -> Path:
    """The file that a path leads to through all links, whether it is there or not."""
    return Path(os.path.realpath(path))


def _begun(place: Path, mode: int) -> tuple[Path, int]:
    """An empty file beside a place, and a handle that locks it while it is written.

    It has the name of one that a killed process left, which nobody locks and which goes; another
    name if somebody writes to the same place now.
    """
    usual = place.with_name(f".{place.name[:60]}.unfinished")
    with suppress(OSError):
        left = os.open(usual, os.O_WRONLY)
        try:
            fcntl.flock(left, fcntl.LOCK_EX | fcntl.LOCK_NB)
            usual.unlink()
        finally:
            os.close(left)
    for path in (usual, place.with_name(f".{secrets.token_hex(8)}.unfinished")):
        try:
            held = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, mode)
        except FileExistsError:
            continue
        with suppress(OSError):  # a file system without locks, or one who took it for left
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if path is not usual or _is_at(path, held):
            return path, held
        os.close(held)
    raise FileExistsError(errno.EEXIST, "another process writes to it", str(place))


def _is_at(path: Path, handle: int) -> bool:
    """Whether an open file still has this name."""
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False


def _take_after(before: Path, new: Path, private: bool) -> None:
    """Give a new file the owner and the permissions of the one before, if there is one.

    A private file that its owner could no longer read is refused; others go to whoever writes them.
    """
    if not before.exists():
        return
    was, now = before.stat(), new.stat()
    if (was.st_uid, was.st_gid) != (now.st_uid, now.st_gid):
        try:
            os.chown(new, was.st_uid, was.st_gid)
        except PermissionError as error:
            if private:
                raise UpstanderError(
                    f"{before} belongs to another account: run this as that account, or as root"
                ) from error
    new.chmod(was.st_mode & 0o777)


def _sync(folder: Path) -> None:
    """Have the names of a folder on the disk, so that a power cut does not undo a replacement."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
