"""Detecting quotations: whether the key phrases are within quotation marks."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

from upstander.models.rationale import Span

_QUOTED: Final = re.compile(
    '"[^"\n]{2,}"|\u201c[^\u201c\u201d\n]{2,}\u201d|\u201e[^\u201e\u201c\u201d\n]{2,}[\u201c\u201d]'
    "|\u00ab[^\u00ab\u00bb\n]{2,}\u00bb|\u2018[^\u2018\u2019\n]{2,}\u2019(?!\\w)"
)
_WORD: Final = re.compile(r"\w+")
_WORDS_AROUND: Final = 3
"""Fewer words around it, and a quotation is the post itself: marks alone excuse nothing."""


def is_quotation(text: str, spans: Sequence[Span]) -> bool:
    """Whether every span lies within quotation marks, and the post says something beside them.

    A sign for people to look, and no more: anybody can type quotation marks.
    """
    if not spans:
        return False
    quoted = [found.span() for found in _QUOTED.finditer(text)]
    begins = [begin for begin, _ in quoted]
    for span in spans:
        before = bisect_right(begins, span.begin)
        if not before or quoted[before - 1][1] < span.end:
            return False
    around = _QUOTED.sub(" ", text)
    return len(_WORD.findall(around)) >= _WORDS_AROUND
