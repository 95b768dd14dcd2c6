"""Classifying database errors: the store is down, or it refuses a row.

Told by the class of the error alone: its message can hold the values of a row.
"""

from typing import Any, Final

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from upstander.serving.store.address import StoreError

_DOWN: Final = frozenset({"08", "25", "28", "3D", "53", "55", "57", "58"})
"""Classes of SQLSTATE of PostgreSQL that no row is the reason for: no connection, a server that
only reads, that refuses the account, lacks the database, a disk or memory, is locked, is stopping
or cancels what takes too long, or whose own files fail."""

_DOWN_ALONE: Final = frozenset({"42501", "42P01", "42703"})
"""Codes outside of these: no right to write, no such table, no such column."""

_OF_A_ROW: Final = frozenset({18, 19, 20, 21, 25})
"""Codes of SQLite that a row is the reason for: too big, against a constraint, of another type."""


def is_down(error: Exception) -> bool:
    """Whether the store can keep nothing now; if not, one of the rows is the reason."""
    if isinstance(error, StoreError | OSError | NoConnection):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    original: Any = error.orig
    if state := getattr(original, "sqlstate", None):
        return state[:2] in _DOWN or state in _DOWN_ALONE
    if (code := getattr(original, "sqlite_errorcode", None)) is not None:
        return code & 0xFF not in _OF_A_ROW
    # Of a driver and without a code. That of SQLite means by InterfaceError a value of a row.
    is_interface = isinstance(error, InterfaceError)
    return isinstance(error, OperationalError) or (
        is_interface and type(original).__module__.partition(".")[0] == "psycopg"
    )


def name_of(error: Exception) -> str:
    """What an error is called, without its message."""
    original: Any = getattr(error, "orig", None) or error
    code = getattr(original, "sqlstate", None) or getattr(original, "sqlite_errorname", None)
    return str(code or type(original).__name__)
