"""Detecting changed files, so that they are reloaded."""

import math
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

RELOAD_INTERVAL: Final = 1.0
"""Seconds after which a change is noticed at the latest."""

Stamps = Mapping[Path, tuple[int, int]]
"""Each file with its time of change in nanoseconds, and its inode."""


class FileWatch:
    """Looks at some files now and then. read: their stamps when they were read last."""

    def __init__(self, files: Callable[[], Iterable[Path]]) -> None:
        self._files = files
        self._looked = -math.inf
        self.read: Stamps | None = None

    def look(self) -> Stamps | None:
        """The files as they are now; None within `RELOAD_INTERVAL` after the last look.

        A file that does not exist is left out. Raises OSError.
        """
        now = time.monotonic()
        if now - self._looked < RELOAD_INTERVAL:
            return None
        self._looked = now
        return self.stamps()

    def stamps(self) -> Stamps:
        """The files as they are now. Raises OSError."""
        found = {}
        for path in self._files():
            with suppress(FileNotFoundError):
                status = path.stat()
                found[path] = (status.st_mtime_ns, status.st_ino)
        return found
