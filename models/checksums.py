"""SHA256SUMS: every file of a bundle with its checksum."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from upstander.models.errors import BundleCorrupt, BundleMissing

CHECKSUMS: Final = "SHA256SUMS"


def sha256_of(file: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_checksums(folder: Path, is_known: Callable[[str], bool]) -> dict[str, str]:
    """The files that a bundle lists, each with its SHA-256.

    is_known: whether a bundle may have a file of that name; no other is ever looked for.
    Raises BundleMissing and BundleCorrupt.
    """
    if not folder.is_dir():
        raise BundleMissing(f"{folder} is not a folder: give the folder of a model bundle")
    sums = folder / CHECKSUMS
    if not sums.is_file():
        raise BundleMissing(f"{sums} is missing: the bundle was not finished or not copied whole")
    return dict(_lines(sums, is_known))


def check_files(folder: Path, listed: Mapping[str, str], required: Iterable[str]) -> str:
    """Check every listed file, and that no required one is left out; the SHA-256 of the list.

    Raises BundleMissing and BundleCorrupt, which name the file.
    """
    sums = folder / CHECKSUMS
    if missing := sorted(set(required) - set(listed)):
        raise BundleMissing(f"{sums} does not list {', '.join(missing)}: get the bundle again")
    for name, expected in listed.items():
        file = folder / name
        if not file.is_file():
            raise BundleMissing(f"{file} is missing: get the bundle again")
        if sha256_of(file) != expected:
            raise BundleCorrupt(f"{file} does not match {CHECKSUMS}: get the bundle again")
    return sha256_of(sums)


def write_checksums(folder: Path, names: Iterable[str]) -> None:
    """List files of a folder."""
    (folder / CHECKSUMS).write_text(
        "".join(f"{sha256_of(folder / name)}  {name}\n" for name in sorted(names)),
        encoding="utf-8",
    )


def _lines(sums: Path, is_known: Callable[[str], bool]) -> Iterator[tuple[str, str]]:
    # A byte that is not UTF-8 must end in a refusal that names the line, not in a decoding error.
    lines = sums.read_text(encoding="utf-8", errors="replace").splitlines()
    for number, line in enumerate(lines, start=1):
        digest, separator, name = line.partition("  ")
        if not separator or len(digest) != 64 or not is_known(name):
            raise BundleCorrupt(f"{sums}, line {number}: not a checksum of a file of the bundle")
        yield name, digest
