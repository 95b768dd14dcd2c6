"""A cache of answers on disk, so that a text is scored once in a run."""

import hashlib
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

_AT_A_TIME: Final = 500


class ResultCache:
    """Text to answer. Nothing is lost with it but time: whatever is damaged is begun anew."""

    def __init__(self, path: Path | None = None) -> None:
        """path: file that outlives the process; None keeps a temporary one."""
        self._path = path
        try:
            self._open()
        except sqlite3.DatabaseError:
            assert path is not None  # noqa: S101
            path.unlink()
            self._open()

    def _open(self) -> None:
        # An empty name is a database on disk that goes with the connection.
        self._database = sqlite3.connect(str(self._path or ""), check_same_thread=False)
        self._database.execute("PRAGMA journal_mode = MEMORY")
        self._database.execute("PRAGMA synchronous = OFF")
        # With rowids: a tree of keys with answers of a kilobyte in it takes five times as long.
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS answers (key BLOB PRIMARY KEY, answer BLOB)"
        )
        self._database.commit()

    def find(self, texts: Iterable[str]) -> dict[str, bytes]:
        """The answers to those of the texts that have one."""
        by_key = {_key(text): text for text in texts}
        keys = list(by_key)
        found = {}
        for first in range(0, len(keys), _AT_A_TIME):
            piece = keys[first : first + _AT_A_TIME]
            marks = ", ".join("?" * len(piece))
            rows = self._database.execute(
                f"SELECT key, answer FROM answers WHERE key IN ({marks})",  # noqa: S608
                piece,
            )
            found.update({by_key[key]: answer for key, answer in rows})
        return found

    def keep(self, answers: Mapping[str, bytes]) -> None:
        """Remember answers. Raises sqlite3.Error, a full disk among them."""
        with self._database:
            self._database.executemany(
                "INSERT OR IGNORE INTO answers VALUES (?, ?)",
                ((_key(text), answer) for text, answer in answers.items()),
            )

    def close(self) -> None:
        """Let go of the file."""
        with suppress(sqlite3.Error):
            self._database.close()


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
