"""The outputs that are trained: one for each label and family of sources, one a target category and
one a mechanism.

Sources disagree about what is hateful. Mixing their labels in one output teaches an average that is
nobody's definition; one output a family keeps them apart on a shared encoder, and `calibrate` fuses
them into the labels of the product (`docs/decisions/0004-one-head-a-family.md`).
"""

from collections.abc import Iterable

from upstander.models.labels import MECHANISMS, TARGETS
from upstander.training.example import Example
from upstander.training.sources import SOURCES


def head_of(source: str, label: str) -> str:
    """The head that a label of a source trains, such as `hate.exact`."""
    return f"{label}.{SOURCES[source].heads[label]}"


def presumed_heads(row: Example) -> list[str]:
    """The heads that take a row as a presumed negative: it says 0 for every label of its source.

    Empty for a source that presumes nothing (`Source.presumed`).
    """
    source = SOURCES[row.source]
    if any(row.labels.get(label) != 0 for label in source.heads):
        return []
    return _presumed(row.source)


def _presumed(source: str) -> list[str]:
    return [f"{label}.{family}" for label, family in SOURCES[source].presumed.items()]


def all_heads(sources: Iterable[str]) -> list[str]:
    """Every head that these sources can train, in a fixed order: labels, targets, mechanisms."""
    sources = list(sources)
    labels = {head_of(name, label) for name in sources for label in SOURCES[name].heads}
    labels |= {head for name in sources for head in _presumed(name)}
    return [
        *sorted(labels),
        *(f"target.{target}" for target in TARGETS),
        *(f"mechanism.{mechanism}" for mechanism in MECHANISMS),
    ]
