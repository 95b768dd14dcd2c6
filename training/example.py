"""One labelled text, in the common schema of all data sets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from upstander.models.labels import LABELS, MECHANISMS, TARGETS

Split = Literal["train", "dev", "test", "unsplit"]
"""What the data set itself says. `dev` is divided into validation and calibration, `unsplit` into
training, validation and calibration, by `training/splits.py`."""

RELATED: Final[Mapping[str, str]] = {
    "inferiority": "Says or implies that a group is of less value (Latent Hatred, ElSherief 2021)",
}
"""Signals that are not labels of the product, but are fused into one."""

SIGNALS: Final = (*LABELS, *RELATED)


@dataclass(frozen=True, slots=True)
class Example:
    """A text and what its data set says of it.

    text: as the data set has it, less the marks of how it was collected.
    labels: label or related signal to 1.0 or 0.0; absent where the data set does not say.
    weak: the labels among them that a rule of ours guessed, rather than an annotator; with
        `dehumanization` its mechanisms are guessed too. `targets` if these are.
    targets: protected category to 1.0 or 0.0; absent where the data set does not say.
    mechanisms: mechanism to 1.0 or 0.0; absent where the data set does not say.
    spans: (begin, end) stretches that annotators marked as the reason, in code points of `text`;
        None where nobody was asked.
    id: the data set's own id, or file and line where it has none.
    language: of the text, as an ISO 639-1 code.
    """

    text: str
    source: str
    id: str
    split: Split
    labels: Mapping[str, float] = field(default_factory=dict)
    weak: frozenset[str] = frozenset()
    targets: Mapping[str, float] = field(default_factory=dict)
    mechanisms: Mapping[str, float] = field(default_factory=dict)
    spans: tuple[tuple[int, int], ...] | None = None
    language: str = "en"

    def __post_init__(self) -> None:
        unknown = {*self.labels} - {*SIGNALS}
        unknown |= {*self.targets} - {*TARGETS}
        unknown |= {*self.mechanisms} - {*MECHANISMS}
        if unknown:
            raise ValueError(f"unknown label, target or mechanism: {', '.join(sorted(unknown))}")
