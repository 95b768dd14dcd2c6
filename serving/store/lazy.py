"""A store that is opened on first use, which saves 40 MB where nothing is stored."""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from upstander.serving.store.address import StoreError

if TYPE_CHECKING:
    from sqlalchemy import Engine

log = logging.getLogger("upstander")

T = TypeVar("T")

_RETRY_INTERVAL: Final = 1.0
"""Seconds for which a store that could not be opened is left alone."""


class LazyStore:
    """One store, and the salt of its hashes. Used by several threads."""

    def __init__(self, store: str, salt_file: Path | None) -> None:
        """As in the settings."""
        self._store = store
        self._salt_file = salt_file
        self._engine: Engine | None = None
        self._file: tuple[int, int] | None = None
        self._salt = b""
        self._failed: tuple[float, StoreError] | None = None
        self._lock = threading.Lock()

    def engine(self) -> "Engine":
        """The store, opened anew if its file was removed or replaced. Raises StoreError."""
        with self._lock:
            return self._open()

    def salt(self) -> bytes:
        """The salt of its hashes, made if it has none. Raises StoreError."""
        with self._lock:
            engine = self._open()
            if not self._salt:
                self._salt = self._unless_failed(lambda: self._load(engine))
            return self._salt

    def close(self) -> None:
        """Let go of the store."""
        if self._engine is not None:
            self._engine.dispose()

    def _open(self) -> "Engine":
        from upstander.serving.store.database import file_of, open_store

        if self._engine is not None and file_of(self._engine) != self._file:
            log.error("the file of the store was removed or replaced: it is opened anew")
            self._engine.dispose()
            self._engine, self._salt = None, b""
        if self._engine is None:
            self._engine = self._unless_failed(lambda: open_store(self._store))
            self._file = file_of(self._engine)
            log.info("the store is open")
        return self._engine

    def _load(self, engine: "Engine") -> bytes:
        from upstander.serving.store.salt import load_salt, salt_file_of

        return load_salt(engine, salt_file_of(self._store, self._salt_file), make=True)

    def _unless_failed(self, work: "Callable[[], T]") -> T:
        """What it gives; once it failed, the error of then until it may be tried again."""
        if self._failed is not None and time.monotonic() - self._failed[0] < _RETRY_INTERVAL:
            raise self._failed[1]
        try:
            made = work()
        except StoreError as error:
            log.error("nothing is stored: %s", error)
            self._failed = time.monotonic(), error
            raise
        self._failed = None
        return made
