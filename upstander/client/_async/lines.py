"""A stream as lines, as its bytes arrive."""

from collections.abc import AsyncIterable, AsyncIterator

from upstander.client.lines import LineSplitter


async def lines_of(pieces: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """The lines of some bytes, without those that are empty."""
    splitter = LineSplitter()
    async for piece in pieces:
        for line in splitter.add(piece):
            yield line
    for line in splitter.rest():
        yield line
