"""Online backup of a SQLite store.

The newest rows of such a store lie in the file beside it, so that copying the one file loses them.
"""

import logging
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

from upstander.models.files import real, replacing
from upstander.serving.store.address import StoreError, address_of

log = logging.getLogger("upstander")

_COUNTED: Final = ("decisions", "reviews", "suggestions")


def back_up(store: str, out: Path) -> Mapping[str, int]:
    """Copy a store to a file, which appears once it is whole and was tried; table to its rows.

    The store is read as it is, also where it is that of an earlier version. What was deleted from
    it is not in the copy. Raises StoreError.
    """
    address = address_of(store)
    if address.drivername != "sqlite":
        raise StoreError(
            "PostgreSQL copies its databases itself: pg_dump --format=custom --file=FILE URL, and "
            "pg_restore --dbname=URL FILE; keep the salt file too, apart from it"
        )
    file = Path(address.database or "")
    if not file.is_file():
        raise StoreError(f"--store {store}: there is no such file")
    if real(out) == real(file):
        raise StoreError(f"{out} is the store itself: give the name of another file")
    with replacing(out, private=True) as path:
        try:
            with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=rw", uri=True)) as source:
                source.execute("VACUUM INTO ?", (str(path),))
            return _tried(path)
        except sqlite3.Error as error:
            raise StoreError(f"{out}: the store cannot be copied: {error}") from error


def _tried(path: Path) -> Mapping[str, int]:
    """The rows of a copy that SQLite finds nothing wrong with."""
    with closing(sqlite3.connect(path)) as copy:
        (verdict,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
        if verdict != "ok":
            raise StoreError(f"the copy is not sound, and perhaps the store is not: {verdict}")
        there = {name for (name,) in copy.execute("SELECT name FROM sqlite_master")}
        salts = "SELECT count(*) FROM secrets WHERE name = 'salt'"
        if "secrets" in there and copy.execute(salts).fetchone()[0]:
            log.warning(
                "the salt of the hashes is in the copy, because it is in the store, which is that "
                "of an earlier version: serve it once with --record, and it is taken out"
            )
        return {
            table: copy.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
            for table in _COUNTED
            if table in there
        }
