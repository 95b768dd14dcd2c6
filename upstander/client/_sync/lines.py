# Made by deploy/sync_client.py: change `_async`, and run it.

"""A stream as lines, as its bytes arrive."""

from collections.abc import Iterable, Iterator

from upstander.client.lines import LineSplitter


def lines_of(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The lines of some bytes, without those that are empty."""
    splitter = LineSplitter()
    for piece in pieces:
        for line in splitter.add(piece):
            yield line
    for line in splitter.rest():
        yield line
