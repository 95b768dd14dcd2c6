"""What the model says of one text."""

from collections.abc import Mapping
from dataclasses import dataclass

from models.rationale import Span, Token


@dataclass(frozen=True, slots=True)
class TargetScore:
    """A protected category that the text speaks of.

    score: calibrated probability in [0, 1].
    """

    category: str
    score: float


@dataclass(frozen=True, slots=True)
class MechanismScore:
    """A way in which the text dehumanizes.

    score: calibrated probability in [0, 1].
    """

    mechanism: str
    score: float


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds spent in each stage of one `score` call."""

    normalise: float
    tokenize: float
    run: float


@dataclass(frozen=True, slots=True)
class Score:
    """What the model says of one text.

    scores: label to calibrated probability in [0, 1]; over several windows the highest.
    targets: every category that the bundle models, the likeliest first.
    mechanisms: every mechanism that the bundle models, the likeliest first.
    spans: the words that carried the score, in the order of the text.
    obfuscated: the text was written so as to hide words from a filter.
    windows: runs that were needed; more than one means that the text is longer than a window.
    tokens: tokens of the whole text, without the special ones.
    """

    scores: Mapping[str, float]
    targets: tuple[TargetScore, ...]
    mechanisms: tuple[MechanismScore, ...]
    spans: tuple[Span, ...]
    obfuscated: bool
    windows: int
    tokens: int
    timings: Timings


@dataclass(frozen=True, slots=True)
class Reading:
    """What the graph says of a normalised text, whatever the text looked like before.

    probabilities: one an output of the manifest, in its order. tokens: those that reach the
        threshold of a span, with their offsets into the normalised text. length: tokens without the
        special ones. tokenize, run: seconds.
    """

    probabilities: tuple[float, ...]
    tokens: tuple[Token, ...]
    windows: int
    length: int
    tokenize: float
    run: float
