"""Which Arabic and French tweets of MLMA are held out (Ousidhoum et al. 2019, MIT).

The set has no official parts, so one tweet in five is held out, by a hash of its text.
"""

from typing import Final

from upstander.evaluation.suites.case import digest

FILES: Final = {"ar": "mlma/ar.jsonl.gz", "fr": "mlma/fr.jsonl.gz"}
"""Language to its file."""
_PARTS: Final = 5


def is_test(text: str) -> bool:
    """Whether a tweet is held out."""
    return int(digest("mlma", text)[:8], 16) % _PARTS == 0
