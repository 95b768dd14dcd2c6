"""What the graph said of texts that came lately: moderation traffic repeats itself."""

import hashlib
import threading
from collections.abc import Callable

from cachetools import LRUCache

from models.scorer import Reading


class ReadingCache:
    """The last `size` readings, by a hash of the normalised text and the bundle; 0 keeps none.

    A hash and not the text: what people wrote is not kept in memory longer than it takes to score.
    Used by several threads.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._readings: LRUCache[bytes, Reading] = LRUCache(size)
        self._lock = threading.Lock()

    def read(
        self, text: str, bundle: str, read: Callable[[], Reading], keep: bool = True
    ) -> tuple[Reading, bool]:
        """The reading of a normalised text, and whether it was there already.

        bundle: the checksum of the bundle that `read` runs. keep: whether to remember it.
        """
        if not self._size:
            return read(), False
        key = hashlib.blake2b(text.encode(), key=bundle.encode()[:64], digest_size=16).digest()
        with self._lock:
            known = self._readings.get(key)
        if known is not None:
            return known, True
        reading = read()
        if keep:
            with self._lock:
                self._readings[key] = reading
        return reading, False

    def __len__(self) -> int:
        return len(self._readings)
