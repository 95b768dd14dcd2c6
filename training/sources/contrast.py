"""Contrast sets that this project makes: what public data lacks, and its harmless look-alikes."""

from collections.abc import Iterator
from pathlib import Path

from upstander.training.contrast.generate import NAME, examples
from upstander.training.example import Example
from upstander.training.sources.source import Source
from upstander.training.world_groups import world_groups_if_there


def _make(folder: Path) -> Iterator[Example]:
    return examples(world_groups_if_there(folder))


SOURCE: Source = Source(
    name=NAME,
    upstream="training/contrast",
    licence="Apache-2.0",
    licence_verified=True,
    citation="this project",
    files=(),
    heads={"hate": "exact", "dehumanization": "exact"},
    make=_make,
    note=(
        "Made from templates; shares no template or metaphor with the suites, and no group "
        "that they keep unseen."
    ),
)
