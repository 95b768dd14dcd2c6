"""Contrast sets that this project makes: what public data lacks, and its harmless look-alikes."""

from training.contrast.generate import NAME, examples
from training.sources.source import Source

SOURCE: Source = Source(
    name=NAME,
    upstream="training/contrast",
    licence="Apache-2.0",
    licence_verified=True,
    citation="this project",
    files=(),
    heads={"hate": "adversarial", "dehumanization": "exact"},
    make=examples,
    note="Made from templates; shares no template, metaphor or group with the suites.",
)
