"""The salt of text hashes, in a file apart from the store.

Who has both finds a short text by trying: so a copy of the store must not have the salt in it. The
store keeps a check of it, by which a salt that is not its own is found out.
"""

import hashlib
import hmac
import os
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, Table, delete, select, text

from upstander.models.errors import UpstanderError
from upstander.models.files import write_whole
from upstander.serving.store.address import StoreError, address_of
from upstander.serving.store.database import insert_into, scrub
from upstander.serving.store.tables import PROPERTIES, SECRETS

_BYTES: Final = 32
_CHECK: Final = "salt_check"
_MAKING: Final = 7_305_777
"""The number of the lock under which PostgreSQL lets one process at a time make a salt."""


def salt_file_of(store: str, given: Path | None) -> Path:
    """The file of the salt: as given, else beside a file of SQLite, else in the folder of now."""
    if given is not None:
        return given
    address = address_of(store)
    if address.drivername == "sqlite":
        return Path(f"{address.database}.salt")
    return Path("upstander.salt")


def load_salt(engine: Engine, file: Path, make: bool = False) -> bytes:
    """The salt of the hashes of a store.

    file: where it lies, in hexadecimal. make: for the service that records: a store that has none
        gets one, and one of an earlier version, which lies in the store, is taken out to the file.

    Raises StoreError for a file that is not there, or has another salt than that of the store.
    """
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_MAKING})"))
        kept, check = _value(connection, SECRETS, "salt"), _value(connection, PROPERTIES, _CHECK)
        found = _read(file)
        if check is not None:
            return _checked(found, check, file)
        if not make:
            if kept is None:
                raise StoreError("this store has no salt: no decision was recorded in it yet")
            return kept
        if kept is not None and found is not None and kept != found:
            raise StoreError(
                f"--salt-file {file}: the hashes of this store were made with another salt, which "
                "lies in it: name a file that is not there yet, and it is taken out to that"
            )
        salt = kept or found or os.urandom(_BYTES)
        if found is None:
            _write(file, salt)
        insert_into(connection, "properties", [{"name": _CHECK, "value": _check_of(salt)}])
        connection.execute(delete(SECRETS).where(SECRETS.c.name == "salt"))
    if kept is not None:
        scrub(engine)
    return salt


def salt_of(connection: Connection, file: Path) -> bytes | None:
    """The salt of a store, out of its file; None if nothing was ever hashed. Raises StoreError."""
    check = _value(connection, PROPERTIES, _CHECK)
    return None if check is None else _checked(_read(file), check, file)


def _value(connection: Connection, table: Table, name: str) -> bytes | None:
    found = connection.execute(select(table.c.value).where(table.c.name == name)).scalar()
    return None if found is None else bytes(found)


def _read(file: Path) -> bytes | None:
    """The salt of a file; None if it is not there."""
    try:
        salt = bytes.fromhex(file.read_text(encoding="ascii").strip())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise StoreError(f"--salt-file {file}: cannot be read as a salt") from error
    if len(salt) != _BYTES:
        raise StoreError(f"--salt-file {file}: a salt has {2 * _BYTES} hexadecimal digits")
    return salt


def _write(file: Path, salt: bytes) -> None:
    try:
        write_whole(file, salt.hex().encode() + b"\n", private=True)
    except (UpstanderError, OSError) as error:
        raise StoreError(f"--salt-file: {error}") from error


def _checked(found: bytes | None, check: bytes, file: Path) -> bytes:
    if found is None:
        raise StoreError(
            f"--salt-file {file}: there is no such file, and the hashes of this store were made "
            "with a salt: name its file, or restore it from your backup"
        )
    if not hmac.compare_digest(_check_of(found), check):
        raise StoreError(
            f"--salt-file {file}: the hashes of this store were made with another salt: name its "
            "file, or restore it from your backup"
        )
    return found


def _check_of(salt: bytes) -> bytes:
    """Random enough that nobody finds the salt from it."""
    return hashlib.sha256(b"upstander salt" + salt).digest()[:16]
