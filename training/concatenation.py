"""Rows read with a harmless post before or after them, as one text.

Posts of data sets are short and of one mind, so a network that reads the mean of a text loses one
hateful clause among harmless ones. What is hateful stays so beside a post about the weather, and
what is harmless stays harmless.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from upstander.training.encoding import EncodedRows
from upstander.training.recipe import Training

_HEADS: Final = ("hate.exact", "dehumanization.exact")
_KEPT: Final = (*_HEADS, "mechanism.", "target.")


def is_kept(head: str) -> bool:
    """Whether a label of a row holds of the row with a harmless post beside it.

    How rude the two together are, nobody was asked.
    """
    return head.startswith(_KEPT)


@dataclass(frozen=True, slots=True)
class Pieces:
    """The tokens of a batch, as places in the arrays of the rows.

    counts: (rows,), tokens of each row of the batch. entries: (tokens,), where each stands.
    own: (tokens,), false for the tokens of a harmless post.
    joined: (rows,), which rows have one.
    """

    counts: npt.NDArray[np.int64]
    entries: npt.NDArray[np.int64]
    own: npt.NDArray[np.bool_]
    joined: npt.NDArray[np.bool_]


class Companions:
    """Harmless posts, and the batches that they are put into.

    A batch is joined as a whole or not at all, because its rows are of like length.
    """

    def __init__(self, rows: EncodedRows, options: Training, seed: int = 0) -> None:
        self._rows = rows
        self._seed = seed
        self._share, self._longest = 0.0, 0
        self._pool = np.zeros(0, dtype=np.int64)
        self._joinable = np.zeros(len(rows), dtype=np.bool_)
        if (choice := options.concatenate) is None:
            return
        self._share, self._longest = choice.share, choice.max_length
        heads = [rows.heads.index(head) for head in _HEADS if head in rows.heads]
        known = np.isin(rows.label_heads, heads)
        owners = np.repeat(np.arange(len(rows)), np.diff(rows.label_starts))
        self._joinable[owners[known]] = True
        harmless = self._joinable.copy()
        harmless[owners[known & (rows.label_values > 0)]] = False
        sources = [rows.source_names.index(s) for s in choice.sources if s in rows.source_names]
        harmless &= np.isin(rows.sources, sources)
        self._pool = np.flatnonzero(harmless & (rows.lengths <= self._longest - 8))

    def pieces(self, rows: npt.NDArray[np.int64]) -> Pieces:
        """What stands in a batch of these rows: the same for the same rows."""
        lengths = self._rows.lengths[rows]
        random = np.random.default_rng([self._seed, *rows.tolist()])
        joined = np.zeros(len(rows), dtype=np.bool_)
        beside = np.zeros(len(rows), dtype=np.int64)
        if len(self._pool) and random.random() < self._share:
            beside = self._pool[random.integers(len(self._pool), size=len(rows))]
            together = lengths + self._rows.lengths[beside] - 2
            joined = self._joinable[rows] & (together <= self._longest)
        first = random.random(len(rows)) < 0.5
        parts: list[tuple[npt.NDArray[np.int64], bool]] = []
        for row, other, is_joined, comes_first in zip(rows, beside, joined, first, strict=True):
            tokens = np.arange(self._rows.starts[row], self._rows.starts[row + 1])
            if not is_joined:
                parts.append((tokens, True))
                continue
            # The first token and the last are special: what is joined stands between them.
            post = np.arange(self._rows.starts[other] + 1, self._rows.starts[other + 1] - 1)
            texts = [(tokens[1:-1], True), (post, False)]
            parts += [
                (tokens[:1], True),
                *(texts if comes_first else reversed(texts)),
                (tokens[-1:], True),
            ]
        counts = lengths + np.where(joined, self._rows.lengths[beside] - 2, 0)
        return Pieces(
            counts,
            entries=np.concatenate([tokens for tokens, _ in parts]),
            own=np.repeat([own for _, own in parts], [len(tokens) for tokens, _ in parts]),
            joined=joined,
        )
