"""Schema versions of a store, and downgrading to an earlier one.

The way forward is taken whenever a store is opened (`database.open_store`).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from upstander.serving.store.address import StoreError, address_of
from upstander.serving.store.database import (
    MIGRATIONS,
    cause_of,
    connect,
    migrate,
    scrub,
    without_password,
)
from upstander.serving.store.salt import salt_of
from upstander.serving.store.tables import SECRETS

_SALT_INSIDE: Final = "0002"
"""The last version that has the salt of its hashes in the store."""

_LOSES: Final = {"0001": ("decisions", "reviews")}
"""Version to the tables that it lacks, and that are not dropped while they have rows."""


def known_versions() -> Sequence[str]:
    """Every version of the tables that this release knows, the oldest first."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config).walk_revisions()
    return [script.revision for script in scripts][::-1]


def version_of(connection: Connection) -> str | None:
    """The version that the tables of a store have; None if it has none."""
    return MigrationContext.configure(connection).get_current_revision()


def version_at(store: str) -> str | None:
    """The same of a store that is there, which is left as it is. Raises StoreError."""
    with _as_it_is(store) as engine, engine.connect() as connection:
        return version_of(connection)


def go_back(store: str, version: str, salt_file: Path) -> None:
    """Give a store the tables of an earlier version, for an earlier release; all of it or nothing.

    No service may have it open. salt_file: with the salt, which version 0002 has in the store.

    Raises StoreError for a version that cannot be had, or that would drop what was recorded.
    """
    known = known_versions()
    with _as_it_is(store) as engine:
        with engine.begin() as connection:
            now = version_of(connection)
            if now is None or now not in known or version not in known or version > now:
                earlier = [one for one in known if now is not None and one < now]
                raise StoreError(
                    f"--back-to {version}: the tables have version {now}, and can go back to "
                    f"{', '.join(earlier) or 'none'}"
                )
            _refuse_to_lose(connection, version)
            salt = salt_of(connection, salt_file) if version <= _SALT_INSIDE < now else None
            migrate(connection, back_to=version)
            if salt is not None and version == _SALT_INSIDE:
                connection.execute(SECRETS.insert().values(name="salt", value=salt))
        scrub(engine)


@contextmanager
def _as_it_is(store: str) -> Iterator[Engine]:
    """A store that is there, whatever version its tables have."""
    address = address_of(store)
    if address.drivername == "sqlite" and not Path(address.database or "").is_file():
        raise StoreError(f"--store {without_password(address)}: there is no such file")
    engine = connect(address)
    try:
        yield engine
    except SQLAlchemyError as error:
        raise StoreError(f"--store {without_password(address)}: {cause_of(error)}") from error
    finally:
        engine.dispose()


def _refuse_to_lose(connection: Connection, version: str) -> None:
    there = set(inspect(connection).get_table_names())
    for table in _LOSES.get(version, ()):
        if table not in there:
            continue
        if connection.execute(text(f"SELECT 1 FROM {table} LIMIT 1")).first():  # noqa: S608
            raise StoreError(
                f"version {version} has no table {table}, and there are rows in it: export and "
                "purge them first, or stay at 0002"
            )
