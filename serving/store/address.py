"""Validating the URL of a store without importing a database driver."""

import re
from typing import TYPE_CHECKING

from upstander.models.errors import UpstanderError

if TYPE_CHECKING:
    from sqlalchemy.engine import URL


class StoreError(UpstanderError):
    """A store cannot be opened, read or written."""


_FORMS = re.compile(r"sqlite:///(?!:memory:).+|postgres(ql)?://.+")


def check_address(store: str) -> None:
    """Raise StoreError for a setting that names no store; an empty one says there is none."""
    if store and not _FORMS.fullmatch(store):
        scheme = store.partition("://")[0] if "://" in store else ""
        raise StoreError(
            f"--store {scheme}{'://...' if scheme else '...'} is no address of a store: give "
            "sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME, or nothing to keep nothing"
        )


def address_of(store: str) -> "URL":
    """The address as SQLAlchemy takes it. Raises StoreError."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    check_address(store)
    try:
        address = make_url(store)
    except (ArgumentError, ValueError) as error:
        raise StoreError("--store: this is not an address that can be read") from error
    if address.drivername in ("postgres", "postgresql"):
        return address.set(drivername="postgresql+psycopg")
    return address
