r"""A stream as lines, which end in `\n` and in nothing else.

`httpx` ends them where `str.splitlines` does: at U+2028 too, which JSON may have within a string.
"""

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator


class _Splitter:
    def __init__(self) -> None:
        self._begun: list[bytes] = []

    def add(self, piece: bytes) -> list[bytes]:
        """The lines that a piece completes."""
        first, *others = piece.split(b"\n")
        self._begun.append(first)
        if not others:
            return []
        lines = [b"".join(self._begun), *others[:-1]]
        self._begun = others[-1:]
        return [line for line in lines if line]

    def rest(self) -> list[bytes]:
        """What stands behind the last line."""
        line = b"".join(self._begun)
        return [line] if line else []


def lines_of(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The lines of some bytes, without those that are empty."""
    splitter = _Splitter()
    for piece in pieces:
        yield from splitter.add(piece)
    yield from splitter.rest()


async def lines_of_async(pieces: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """The same of bytes that have to be awaited."""
    splitter = _Splitter()
    async for piece in pieces:
        for line in splitter.add(piece):
            yield line
    for line in splitter.rest():
        yield line
