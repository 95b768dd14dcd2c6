r"""A stream as lines, which end in `\n` and in nothing else.

`httpx` ends them where `str.splitlines` does: at U+2028 too, which JSON may have within a string.
"""


class LineSplitter:
    """Gathers bytes until a line is complete."""

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
