"""API keys: a file of salted hashes, written by `upstander keys` and read by the service.

A key is `up_ID_SECRET`. The id finds the entry, and is what logs and metrics may say; the secret is
256 random bits, so that one round of SHA-256 with a salt is enough to keep it: there is no
dictionary to try.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final, Literal

from filelock import FileLock
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from upstander.models.errors import UpstanderError
from upstander.models.files import real, write_whole

Role = Literal["score", "review", "admin"]

_PREFIX: Final = "up"


class KeyFileError(UpstanderError):
    """The file of keys cannot be read, or a key is not in it."""


class Entry(BaseModel):
    """One key as it is kept.

    role: `score` may score; `review` may look at decisions and review them; `admin` may use the
        admin routes; none of them anything else, but to ask about the model and the key. rate:
        requests a minute, quota: posts a day, tokens: of texts a day; 0 is without limit. salt,
        digest: in hexadecimal.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(max_length=16)]
    name: str
    role: Role = "score"
    rate: int = Field(0, ge=0)
    quota: int = Field(0, ge=0)
    tokens: int = Field(0, ge=0)
    created: datetime
    salt: str
    digest: str


_ENTRIES: Final = TypeAdapter(list[Entry])


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one file."""

    entries: Sequence[Entry]

    def find(self, key: str) -> Entry | None:
        """The entry of a key as a client sent it, or None. Takes as long for a near miss."""
        own_id = key.split("_")[1] if key.count("_") >= 2 else ""
        known = next((entry for entry in self.entries if entry.id == own_id), None)
        salt, digest = (known.salt, known.digest) if known else ("00" * 16, "00" * 32)
        matches = hmac.compare_digest(_digest(salt, key), digest)
        return known if matches else None


def read_keys(path: Path) -> Keys:
    """The keys of a file; none if it does not exist. Raises KeyFileError if it is not one."""
    try:
        return Keys(_ENTRIES.validate_json(path.read_bytes()))
    except FileNotFoundError:
        return Keys(())
    except (OSError, ValidationError) as error:
        raise KeyFileError(
            f"{path} is not a file of keys: restore it, or remove it and create keys anew"
        ) from error


def create_key(
    path: Path, name: str, role: Role, rate: int, quota: int, tokens: int = 0
) -> tuple[Entry, str]:
    """Add a key, and return its entry and the key itself, which is kept nowhere."""
    own_id, secret, salt = secrets.token_hex(4), secrets.token_urlsafe(32), secrets.token_hex(16)
    key = f"{_PREFIX}_{own_id}_{secret}"
    entry = Entry(
        id=own_id,
        name=name,
        role=role,
        rate=rate,
        quota=quota,
        tokens=tokens,
        created=datetime.now(UTC),
        salt=salt,
        digest=_digest(salt, key),
    )
    with _locked(path):
        _write(path, [*read_keys(path).entries, entry])
    return entry, key


def revoke_key(path: Path, own_id: str) -> Entry:
    """Remove the key with this id. Raises KeyFileError if there is none."""
    with _locked(path):
        entries = read_keys(path).entries
        found = next((entry for entry in entries if entry.id == own_id), None)
        if found is None:
            raise KeyFileError(f"no key has the id {own_id}: 'upstander keys list' shows them")
        _write(path, [entry for entry in entries if entry.id != own_id])
    return found


def _digest(salt: str, key: str) -> str:
    return hashlib.sha256(bytes.fromhex(salt) + key.encode()).hexdigest()


def _locked(path: Path) -> FileLock:
    """A lock that is the same for every link to the file."""
    file = real(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(file.with_name(f".{file.name}.lock"), timeout=10)


def _write(path: Path, entries: Sequence[Entry]) -> None:
    """Replace the file in one step; it stays with the account that the service runs as."""
    write_whole(path, _ENTRIES.dump_json(list(entries), indent=2) + b"\n", private=True)
