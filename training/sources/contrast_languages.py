"""Contrast sentences in other languages than English, which this project writes."""

from collections.abc import Iterator
from pathlib import Path

from upstander.training.contrast.by_language import NAME, codes, examples
from upstander.training.example import Example
from upstander.training.sources.source import Source


def _make(_: Path) -> Iterator[Example]:
    return examples()


SOURCE: Source = Source(
    name=NAME,
    upstream="training/contrast/languages",
    licence="Apache-2.0",
    licence_verified=True,
    citation="this project",
    files=(),
    heads={"hate": "exact", "dehumanization": "exact"},
    make=_make,
    languages=codes(),
    note=(
        "Written in each language; shares no template with Multilingual HateCheck, and no group "
        "that the suites keep unseen."
    ),
)
