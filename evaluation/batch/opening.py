"""Opening a file or standard input: decompressed, decoded, with clear errors for damage."""

import io
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TextIO

from upstander.evaluation.batch.encodings import ERRORS, codec_for
from upstander.evaluation.batch.unpacking import COMPRESSED, Damaged, form_of, unpacked
from upstander.evaluation.errors import EvaluationError

STANDARD_INPUT: Final = "standard input"

_HEAD: Final = 1 << 16
_ENOUGH: Final = 300
"""Bytes by which every kind of file is known: the mark of a tar archive comes late."""

_UNREADABLE: Final = (
    (re.compile(rb"PAR1"), "Parquet: give --format parquet"),
    (re.compile(rb"PK\x03\x04"), "a zip archive, as .xlsx is: unpack it, or save a table as CSV"),
    (re.compile(rb"\xd0\xcf\x11\xe0"), "an old Excel or Word file: save it as CSV"),
    (re.compile(rb"%PDF-"), "a PDF: save its texts as CSV or plain text"),
    (re.compile(rb"7z\xbc\xaf\x27\x1c|Rar!\x1a"), "an archive: unpack it"),
    (re.compile(rb"\x04\x22\x4d\x18|\xff\x06\0\0sNaPpY"), "lz4 or snappy: unpack it, or use zstd"),
    (re.compile(rb"ARROW1|ORC|Obj\x01|SQLite format 3\0"), "no text: export it as Parquet or CSV"),
    (re.compile(rb".{257}ustar", re.DOTALL), "a tar archive: unpack it"),
)
"""What files begin with that hold posts in a form that cannot be read, and what to do."""


@contextmanager
def opened_bytes(path: Path | None) -> Iterator[tuple[io.BufferedReader, bytes]]:
    """The bytes of a file, or of standard input if path is None, unpacked; and the first of them.

    Raises EvaluationError if it cannot be read, is damaged, or is an archive or a kind of table
    that nothing here reads, then or while it is read.
    """
    name = str(path or STANDARD_INPUT)
    try:
        if path is None:
            yield _unpacked(_standard_input(), name)
        else:
            with path.open("rb") as file:
                yield _unpacked(file, name)
    except Damaged as error:
        raise EvaluationError(
            f"{name} is cut off or damaged: {error}: copy it again, or unpack it yourself to score "
            "what is left of it"
        ) from error
    except OSError as error:
        raise EvaluationError(f"{name} cannot be read: {error.strerror or error}") from error


@contextmanager
def opened_text(path: Path | None, encoding: str, *, is_table: bool = False) -> Iterator[TextIO]:
    r"""The text of a file, or of standard input, whose lines end in `\n` or `\r\n`.

    A `\r` alone is a character like any other. is_table: it is the end of a line where a file has
    no other, as in CSV from old Macintoshes. Bytes that do not decode are halves of characters.
    Raises EvaluationError, as `opened_bytes` and `codec_for`.
    """
    with opened_bytes(path) as (stream, head):
        codec = codec_for(encoding, head, str(path or STANDARD_INPUT))
        newline = "\r" if is_table and b"\r" in head and b"\n" not in head else "\n"
        yield io.TextIOWrapper(stream, codec, ERRORS, newline)


def refuse_unreadable(path: Path) -> None:
    """Raise EvaluationError if a file is an archive or a kind of table that nothing here reads."""
    with opened_bytes(path):
        pass


def _unpacked(raw: Any, name: str) -> tuple[io.BufferedReader, bytes]:
    stream, head = _looked_into(raw)
    if form := form_of(head):
        stream, head = _looked_into(unpacked(form, stream))
    elif name.lower().endswith(COMPRESSED):
        raise EvaluationError(
            f"{name} is not compressed, or its beginning is lost: copy it again, or take the "
            "ending away"
        )
    if form_of(head):
        raise EvaluationError(f"{name} was compressed twice: unpack it once")
    for first, told in _UNREADABLE:
        if first.match(head):
            raise EvaluationError(f"{name} is {told}")
    return stream, head


def _looked_into(raw: Any) -> tuple[io.BufferedReader, bytes]:
    """A stream from its beginning, and its first bytes: as many as there are for the time being."""
    head = b""
    while len(head) < _ENOUGH and (more := raw.read1(_HEAD)):
        head += more
    return io.BufferedReader(_Again(head, raw)), head


class _Again(io.RawIOBase):
    """Bytes that were read, and then the rest of the stream."""

    def __init__(self, head: bytes, rest: Any) -> None:
        self._head = head
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, place: Any) -> int:
        found = self._head[: len(place)] or self._rest.read1(len(place))
        self._head = self._head[len(found) :]
        place[: len(found)] = found
        return len(found)


def _standard_input() -> Any:
    if sys.stdin is None:
        raise EvaluationError("standard input is closed: give a file, or pipe posts in")
    return sys.stdin.buffer
