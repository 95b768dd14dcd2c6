"""Signatures of bundles (minisign), over SHA256SUMS and so over every file.

The files are those of minisign (https://jedisct1.github.io/minisign/): `SHA256SUMS.minisig` in the
bundle, and a file of public keys. The checksums find damage; a signature also finds what somebody
replaced together with its checksums.
"""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from upstander.models.bundle import CHECKSUMS
from upstander.models.errors import BundleError, UpstanderError

if TYPE_CHECKING:
    from minisign import PublicKey

SIGNATURE: Final = f"{CHECKSUMS}.minisig"

PROJECT_KEY: Final = Path(__file__).parent / "upstander.pub"
"""The public key of this project, with which the bundles that come along are signed."""

_COMMENT: Final = b"untrusted comment:"
_MAX_BYTES: Final = 64 * 1024
"""Of each file that is read here; all of them have a few lines."""


class BundleUnsigned(BundleError):
    """The bundle has no signature of a key that is trusted."""


@dataclass(frozen=True, slots=True)
class Signed:
    """key: id of the key that signed, as minisign shows it. comment: what its owner signed too."""

    key: str
    comment: str


def check_signature(bundle: Path, keys: Path | None = None) -> Signed:
    """Check that a trusted key signed the checksums of a bundle; its files are not looked at.

    keys: file of public keys as `minisign -G` writes one, several of them one after another; None
        for that of this project.

    Raises BundleUnsigned, and UpstanderError for a file that has no keys.
    """
    from minisign import Error, Signature

    trusted = read_keys(keys or PROJECT_KEY)
    names = ", ".join(sorted(trusted))
    file = bundle / SIGNATURE
    try:
        written, signed = _read(file), _read(bundle / CHECKSUMS)
    except OSError as error:
        raise BundleUnsigned(
            f"{error.filename} cannot be read, and a signature of {names} is required: get the "
            "bundle with its signature"
        ) from error
    try:
        signature = Signature.from_bytes(written)
    except Error as error:
        raise BundleUnsigned(f"{file} is not a signature of minisign: {error}") from error
    key = _key_id(written)
    if key not in trusted:
        raise BundleUnsigned(
            f"{file} is of {key}, and trusted are {names}: get a bundle of somebody whom you "
            "trust, or name their key with --signature-keys"
        )
    try:
        trusted[key].verify(signed, signature)
    except Error as error:
        raise BundleUnsigned(
            f"{file}: {CHECKSUMS} or the comment is not what {key} signed: get the bundle again"
        ) from error
    return Signed(key, signature.trusted_comment)


def read_keys(file: Path) -> "Mapping[str, PublicKey]":
    """The public keys of a file, by id. Raises UpstanderError if it has none, or one is broken."""
    from minisign import Error, PublicKey

    try:
        keys = {
            _key_id(comment + b"\n" + line): PublicKey.from_base64(line)
            for comment, line in _pairs(_read(file))
        }
    except OSError as error:
        raise UpstanderError(f"{file}: {error.strerror}: name a file of public keys") from error
    except Error as error:
        raise UpstanderError(f"{file}: not a public key of minisign: {error}") from error
    if not keys:
        raise UpstanderError(f"{file} has no public key: minisign -G writes one")
    return keys


def _pairs(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Comment and key; a comment may be left out."""
    comment = _COMMENT
    for line in filter(None, map(bytes.strip, content.splitlines())):
        if line.startswith(_COMMENT):
            comment = line
        else:
            yield comment, line


def _key_id(written: bytes) -> str:
    """The id within the second line of a key or a signature that was parsed, or will be."""
    try:
        line = base64.b64decode(written.splitlines()[1], validate=True)
    except (IndexError, ValueError):
        return ""
    return line[2:10][::-1].hex().upper()


def _read(file: Path) -> bytes:
    with file.open("rb") as stream:
        return stream.read(_MAX_BYTES)
