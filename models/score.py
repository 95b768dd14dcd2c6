"""What the model says of one text."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from upstander.models.rationale import Span, Token

Stage = Literal["student", "base"]
"""A graph of a cascade: the small one that settles what is plainly harmless, or the large one."""

STAGES: Final[tuple[Stage, ...]] = ("student", "base")
"""In the order in which they read a text."""


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
class Work:
    """What it took to score a text. The unit is a run of the graph, of a cascade's student.

    runs: of every graph, one a window. cost: of these runs; a run of a cascade's base is several.
    tokens: that the graphs read, each as often as a run of its graph costs.
    """

    runs: int = 0
    cost: float = 0.0
    tokens: int = 0


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
    stage: the graph of a cascade that answered, whose windows, tokens and thresholds count; None
        where there is one graph. work: of all graphs that read the text.
    """

    scores: Mapping[str, float]
    targets: tuple[TargetScore, ...]
    mechanisms: tuple[MechanismScore, ...]
    spans: tuple[Span, ...]
    obfuscated: bool
    windows: int
    tokens: int
    timings: Timings
    stage: Stage | None = None
    work: Work = Work()


@dataclass(frozen=True, slots=True)
class Reading:
    """What the graph says of a normalised text, whatever the text looked like before.

    probabilities: one an output of the manifest, in its order. tokens: those that reach the
        threshold of a span, with their offsets into the normalised text. length: tokens without the
        special ones. tokenize, run: seconds.
    stage: the graph of a cascade that says it. before: windows and tokens that its student had read
        before the base did; their seconds are among those here.
    """

    probabilities: tuple[float, ...]
    tokens: tuple[Token, ...]
    windows: int
    length: int
    tokenize: float
    run: float
    stage: Stage | None = None
    before: tuple[int, int] = (0, 0)
