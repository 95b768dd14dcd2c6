"""Decompression of gzip, bzip2, xz and Zstandard, detected by magic bytes.

Every stream of a file is read, and what is no stream behind the last one is an error. The readers
of the standard library for bzip2 and xz leave it out in silence, be it half of the posts.
"""

import bz2
import io
import lzma
import re
import sys
import zlib
from collections.abc import Callable
from typing import Any, Final, Protocol

COMPRESSED: Final = (".gz", ".bz2", ".xz", ".zst")
"""How the names of compressed files end; what is in them tells of others too."""

_BYTES: Final = 1 << 16
_PADDING: Final = b"\0"
"""Tapes and some tools fill up the last block behind a gzip stream."""


class Damaged(Exception):
    """Compressed bytes that are cut off or changed."""


class _Unpacker(Protocol):
    """Of one stream, as the standard library has it for bzip2."""

    eof: bool
    needs_input: bool
    unused_data: bytes

    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Gzip:
    """zlib's unpacker, which checks the checksum too, in the form of the others."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._zlib.eof

    @property
    def needs_input(self) -> bool:
        return not self._zlib.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._zlib.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._zlib.decompress(self._zlib.unconsumed_tail + data, max_length)


def zstd() -> Any:
    """The library of Zstandard, which comes with Python from 3.14 on."""
    if sys.version_info >= (3, 14):
        import compression.zstd

        return compression.zstd
    import backports.zstd

    return backports.zstd


_FORMS: Final[dict[str, tuple[re.Pattern[bytes], Callable[[], Any]]]] = {
    "gzip": (re.compile(rb"\x1f\x8b\x08"), _Gzip),
    "bzip2": (re.compile(rb"BZh[1-9](1AY&SY|\x17rE8P\x90)"), bz2.BZ2Decompressor),
    "xz": (re.compile(rb"\xfd7zXZ\0"), lzma.LZMADecompressor),
    "Zstandard": (re.compile(rb"\x28\xb5\x2f\xfd"), lambda: zstd().ZstdDecompressor()),
}
"""What begins with which bytes, and what unpacks a stream of it."""


def form_of(head: bytes) -> str:
    """What some bytes are compressed with, by the first ten; "" if with none that is known."""
    return next((name for name, (first, _) in _FORMS.items() if first.match(head)), "")


def unpacked(form: str, packed: io.BufferedReader) -> io.BufferedReader:
    """What is compressed in a stream, of a form that `form_of` names. Reading raises Damaged."""
    _, make = _FORMS[form]
    return io.BufferedReader(_Unpacked(packed, make), _BYTES)


class _Unpacked(io.RawIOBase):
    """Stream after stream, as much at a time as is asked for: a few bytes may hold gigabytes."""

    def __init__(self, packed: io.BufferedReader, make: Callable[[], _Unpacker]) -> None:
        self._packed = packed
        self._make = make
        self._stream = make()

    def readable(self) -> bool:
        return True

    def readinto(self, place: Any) -> int:
        try:
            found = self._read(len(place))
        except Damaged:
            raise
        except Exception as error:  # each library has an error of its own
            raise Damaged(str(error)) from error
        place[: len(found)] = found
        return len(found)

    def _read(self, size: int) -> bytes:
        while True:
            given, is_over = b"", False
            if self._stream.eof:
                given = self._next_stream()
                if not given:
                    return b""
                self._stream = self._make()
            elif self._stream.needs_input:
                given = self._packed.read1(_BYTES)
                is_over = not given
            if found := self._stream.decompress(given, size):
                return found
            if is_over and not self._stream.eof:
                raise Damaged("the compressed data ends too early")

    def _next_stream(self) -> bytes:
        """The first bytes behind a stream that has ended; none at the end."""
        left = self._stream.unused_data.lstrip(_PADDING)
        while not left and (more := self._packed.read1(_BYTES)):
            left = more.lstrip(_PADDING)
        return left
