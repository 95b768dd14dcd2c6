"""Opening a store in SQLite or PostgreSQL, and migrating its tables."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from pydantic_core import to_json
from sqlalchemy import Connection, Engine, create_engine, event, false, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from upstander.models.overwriting import refuse_overwriting
from upstander.serving.store.address import StoreError, address_of
from upstander.serving.store.tables import METADATA, POLICIES, PROPERTIES

MIGRATIONS: Final = Path(__file__).parent / "migrations"
_MIGRATING: Final = 7_305_776
"""The number of the lock under which PostgreSQL lets one process at a time migrate."""

_TRIES: Final = 3
"""Times that the write-ahead log is emptied if others have it in use, each of them `_SECONDS`."""

_FILES: Final = ("", "-wal", "-shm", "-journal")
"""How the names of the files of SQLite end."""

_SECONDS: Final = 5
"""For another process to let go of SQLite's lock, and for PostgreSQL to answer a connection."""


def open_store(store: str, make: bool = True) -> Engine:
    """Connect to a store, and bring its tables up to date.

    store: as in the setting. make: whether a file that is not there is made.

    Raises StoreError, whose message holds no password and no text.
    """
    address = address_of(store)
    if not make and address.drivername == "sqlite" and not Path(address.database or "").exists():
        raise StoreError(f"--store {without_password(address)}: there is no such file")
    try:
        engine = connect(address)
        try:
            with engine.begin() as connection:
                migrate(connection)
        except BaseException:
            engine.dispose()
            raise
    except CommandError as error:
        raise StoreError(
            f"--store {without_password(address)}: its tables are those of a later version of "
            "Upstander: install that, or name another store"
        ) from error
    except (SQLAlchemyError, OSError) as error:
        raise StoreError(
            f"--store {without_password(address)}: cannot be opened: {cause_of(error)}"
        ) from error
    except ModuleNotFoundError as error:
        raise StoreError(
            f"--store {without_password(address)}: PostgreSQL needs "
            "pip install -c constraints.txt -e '.[postgresql]'"
        ) from error
    return engine


def connect(address: URL) -> Engine:
    """A store as it is, whatever version its tables have; a file that is not there is made."""
    return _sqlite(address) if address.drivername == "sqlite" else _postgresql(address)


@contextmanager
def opened(store: str, writes: Sequence[Path] = ()) -> Iterator[Engine]:
    """A store that is there, for as long as the block runs.

    writes: files that the block writes. Raises StoreError, and UpstanderError if the store would be
    written over.
    """
    if (address := address_of(store)).drivername == "sqlite":
        file = address.database or ""
        refuse_overwriting(writes, [Path(file + ending) for ending in _FILES])
    engine = open_store(store, make=False)
    try:
        yield engine
    finally:
        engine.dispose()


def file_of(engine: Engine) -> tuple[int, int] | None:
    """Device and inode of the file of SQLite, by which a removed or replaced one is told.

    None if there is none, and for PostgreSQL.
    """
    if engine.dialect.name != "sqlite":
        return None
    try:
        status = os.stat(engine.url.database or "")
    except OSError:
        return None
    return status.st_dev, status.st_ino


def scrub(engine: Engine) -> bool:
    """Empty the write-ahead log of SQLite, in which what was deleted can be read.

    False if others kept it in use. PostgreSQL has a log of its own, and throws it away itself.
    """
    if engine.dialect.name != "sqlite":
        return True
    raw = engine.raw_connection()  # without the transaction in which this is refused
    try:
        cursor = raw.cursor()
        for _ in range(_TRIES):
            busy, _, _ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if not busy:
                return True
    finally:
        raw.close()
    return False


def insert_into(connection: Connection, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, which all have the same columns.

    A policy that is there already is left, and a property that is there already is replaced.
    """
    made = METADATA.tables[table]
    statement: Any = made.insert()
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    if made is POLICIES:
        statement = dialect.insert(made).on_conflict_do_nothing()
    elif made is PROPERTIES:
        given = dialect.insert(made)
        statement = given.on_conflict_do_update(
            index_elements=["name"], set_={"value": given.excluded.value}
        )
    connection.execute(statement, [dict(row) for row in rows])


def try_insert(connection: Connection, table: str) -> None:
    """Insert no row, which fails where one would: without the table, or the right to write it."""
    made = METADATA.tables[table]
    connection.execute(made.insert().from_select(list(made.columns), select(made).where(false())))


def without_password(address: URL) -> str:
    """An address as errors may show it: a password may also be in the query."""
    return address.set(query={}).render_as_string(hide_password=True)


def cause_of(error: Exception) -> str:
    """What went wrong, in words that hold no row: PostgreSQL's own can quote the values of one."""
    original: Any = getattr(error, "orig", None) or error
    code = getattr(original, "sqlstate", None) or getattr(original, "sqlite_errorname", None)
    if code is None and isinstance(error, SQLAlchemyError):
        # One of the driver itself, before any row was sent: a wrong host, a refused password.
        code = str(original).partition("\n")[0].strip()
    return str(code or error)


def _to_json(value: Any) -> str:
    """A sixth of the time that `json` takes, of which each record needs six."""
    return to_json(value).decode()


def _sqlite(address: URL) -> Engine:
    path = Path(address.database or "")
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # texts are for the owner's eyes
    engine = create_engine(
        address,
        hide_parameters=True,
        json_serializer=_to_json,
        connect_args={"timeout": _SECONDS},
    )

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _: Any) -> None:
        # The driver would begin transactions by rules of its own, and none before DDL.
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")  # on the disk once it is committed
        connection.execute("PRAGMA secure_delete=ON")  # what is deleted is overwritten

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        is_reader = connection.get_execution_options().get("reads_only")
        connection.exec_driver_sql("BEGIN" if is_reader else "BEGIN IMMEDIATE")

    return engine


def _postgresql(address: URL) -> Engine:
    return create_engine(
        address,
        hide_parameters=True,
        json_serializer=_to_json,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": _SECONDS,
            "options": f"-c statement_timeout={2 * _SECONDS}s",
            "tcp_user_timeout": 2000 * _SECONDS,
        },
    )


def migrate(connection: Connection, back_to: str | None = None) -> None:
    """Bring the tables up to date, or back to an earlier version, in the transaction that is open.

    back_to: name of a version, as in `migrations/versions`. Raises CommandError for one that is not
    known.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL statement_timeout = 0"))  # a large table takes its time
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATING})"))
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    if back_to is None:
        command.upgrade(config, "head")
    else:
        command.downgrade(config, back_to)
