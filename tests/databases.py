"""A PostgreSQL of the tests' own, and databases in it."""

import os
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def _program(name: str) -> str:
    found = shutil.which(name) or next(
        (str(path) for path in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))), None
    )
    if found is None:
        pytest.skip(f"there is no {name}: apt-get install postgresql")
    return found


@contextmanager
def cluster() -> Iterator[str]:
    """The address of a new PostgreSQL server: of its database `postgres`, which stays empty."""
    initdb, pg_ctl = _program("initdb"), _program("pg_ctl")
    as_owner: list[str] = []
    with tempfile.TemporaryDirectory(prefix="postgresql-") as folder:
        if os.geteuid() == 0:  # which PostgreSQL refuses to run as
            shutil.chown(folder, "postgres")
            as_owner = ["runuser", "-u", "postgres", "--"]
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        place = f"{folder}/data"
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1"
        run = {"check": True, "stdout": subprocess.DEVNULL, "cwd": "/"}
        make = [*as_owner, initdb, "-D", place, "-A", "trust", "-U", "upstander", "--no-sync"]
        subprocess.run(make, **run)
        control = [*as_owner, pg_ctl, "-D", place, "-w"]
        subprocess.run([*control, "-l", f"{folder}/log", "-o", options, "start"], **run)
        try:
            yield f"postgresql://upstander@127.0.0.1:{port}/postgres"
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], **run)


@contextmanager
def new_database(server: str) -> Iterator[str]:
    """The address of a new and empty database in a server, gone again afterwards."""
    import psycopg

    name = f"upstander_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    try:
        yield f"{server.rpartition('/')[0]}/{name}"
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            # A process that a test has killed may not be off yet.
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
