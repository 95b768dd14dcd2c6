"""An LRU cache of model outputs, because moderation traffic repeats itself."""

import hashlib
import threading
from typing import Final

from cachetools import LRUCache

from upstander.models.score import Reading
from upstander.serving.metrics import Metrics

_BYTES_AN_ENTRY: Final = 1024
"""A hash, a reading without tokens, its probabilities, and the links of the cache (measured)."""

_BYTES_A_TOKEN: Final = 192
"""A token with its two offsets and its probability, and its place in the tuple (measured)."""

_BYTES_A_PROBABILITY: Final = 32


class ReadingCache:
    """The last readings, by a hash of the normalised text and the bundle.

    It holds at most `size` readings and about `most_bytes` bytes of them; 0 of either keeps none.
    A hash and not the text: what people wrote is not kept in memory longer than it takes to score.
    Used by several threads.
    """

    def __init__(self, size: int, most_bytes: int, metrics: Metrics) -> None:
        self._size = size if most_bytes else 0
        self._readings: LRUCache[bytes, Reading] = LRUCache(most_bytes, getsizeof=bytes_of)
        self._lock = threading.Lock()
        self._metrics = metrics

    def find(self, text: str, bundle: str, holder: str = "") -> Reading | None:
        """The reading of a normalised text by the bundle with this checksum, if it is here.

        holder: id of the key that asks. It finds what it sent itself: how fast an answer comes must
        not tell what others sent.
        """
        if not self._size:
            return None
        key = _key(text, bundle, holder)
        with self._lock:
            return self._readings.get(key)

    def keep(self, text: str, bundle: str, reading: Reading, holder: str = "") -> None:
        """Remember a reading, and forget as many of the oldest as that takes."""
        if not self._size or bytes_of(reading) > self._readings.maxsize:
            return
        key = _key(text, bundle, holder)
        with self._lock:
            self._readings[key] = reading
            while len(self._readings) > self._size:
                self._readings.popitem()
            self._metrics.cache_bytes.set(self._readings.currsize)
            self._metrics.cache_texts.set(len(self._readings))

    @property
    def bytes(self) -> int:
        """About how many bytes the readings take."""
        return int(self._readings.currsize)

    def __len__(self) -> int:
        return len(self._readings)


def bytes_of(reading: Reading) -> int:
    """About how many bytes a reading takes in memory, its place in the cache included."""
    return (
        _BYTES_AN_ENTRY
        + _BYTES_A_TOKEN * len(reading.tokens)
        + _BYTES_A_PROBABILITY * len(reading.probabilities)
    )


def _key(text: str, bundle: str, holder: str) -> bytes:
    own = hashlib.blake2b(holder.encode(), digest_size=16).digest()
    key = bundle.encode()[:64]
    return hashlib.blake2b(text.encode(), key=key, salt=own, digest_size=16).digest()
