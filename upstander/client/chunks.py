"""Splitting a stream of posts into chunks."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Generator, Iterable, Iterator
from contextlib import suppress
from typing import Final

from upstander.client.requests import AnyPost, AnyPosts, line_of, several

AT_A_TIME: Final = 64
_BYTES: Final = 32_768
"""Of a chunk: less than any socket holds, so that neither side waits for the other for ever."""
_IDLE: Final = 0.05
"""Seconds without a further post after which those at hand are sent."""


class _Chunk:
    """Gathers lines until there are as many as may be sent before an answer is read."""

    def __init__(self, at_a_time: int) -> None:
        self._most = at_a_time
        self.lines: list[bytes] = []
        self._size = 0

    def add(self, post: AnyPost) -> Iterator[list[bytes]]:
        """Take a post in; what is full by then."""
        line = line_of(post)
        if self.lines and self._size + len(line) > _BYTES:
            yield self.taken()
        self.lines.append(line)
        self._size += len(line)
        if len(self.lines) >= self._most:
            yield self.taken()

    def taken(self) -> list[bytes]:
        """The lines that were gathered, which begins anew."""
        lines, self.lines, self._size = self.lines, [], 0
        return lines


def chunks(posts: Iterable[AnyPost], at_a_time: int) -> Generator[list[bytes], None, None]:
    """Posts as lines, a chunk at a time. Raises Unsendable."""
    several(posts, at_a_time)
    chunk = _Chunk(at_a_time)
    for post in posts:
        yield from chunk.add(post)
    if chunk.lines:
        yield chunk.taken()


async def async_chunks(posts: AnyPosts, at_a_time: int) -> AsyncGenerator[list[bytes], None]:
    """The same of posts that may have to be awaited; a source that pauses keeps none back."""
    if not isinstance(posts, AsyncIterable):
        for lines in chunks(posts, at_a_time):
            yield lines
        return
    several((), at_a_time)
    chunk = _Chunk(at_a_time)
    source = aiter(posts)
    coming: asyncio.Future[AnyPost] | None = None
    try:
        while True:
            coming = coming or asyncio.ensure_future(anext(source))
            await asyncio.wait({coming}, timeout=_IDLE if chunk.lines else None)
            if not coming.done():
                yield chunk.taken()
                continue
            try:
                post = coming.result()
            except StopAsyncIteration:
                break
            coming = None
            for lines in chunk.add(post):
                yield lines
        if chunk.lines:
            yield chunk.taken()
    finally:
        if coming is not None and not coming.done():
            coming.cancel()
            with suppress(asyncio.CancelledError, StopAsyncIteration):
                await coming
