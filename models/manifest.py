"""The manifest: everything a reader of a bundle may rely on, and nothing else.

Unknown fields are refused, so that a bundle of a later version is never half understood.
"""

from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from upstander.models.labels import LABELS, MECHANISMS, TARGETS
from upstander.models.languages import Language as Language
from upstander.models.languages import check_languages, only_english
from upstander.models.operating_points import in_order, name_among
from upstander.models.provenance import BaseModelRecord, SourceRecord
from upstander.models.score import Stage
from upstander.models.strict import Name, Probability, Strict, Version

SCHEMA_VERSION: Literal[2] = 2

WEIGHTS: Final = r"^weights-[1-9][0-9]?\.bin$"
"""Names of the files that hold weights of a graph which is too large for one file."""


class Calibration(Strict):
    """Platt scaling of one output: probability = 1 / (1 + exp(-(slope * logit + intercept))).

    Source: Platt 1999, Probabilistic Outputs for Support Vector Machines.
    """

    slope: Annotated[float, Field(gt=0)]
    """Factor of the logit. It is positive, so that calibration never changes the order of texts."""
    intercept: float
    """What is added to the scaled logit."""
    prior: Probability | None = None
    """Share of positives that the probabilities assume; null for that of the rows as they are."""


class Output(Strict):
    """One column of the graph's output: a sentence label, a target category or a mechanism."""

    name: str
    """Name of the label, category or mechanism, as answers and policies write it."""
    calibration: Calibration
    """How the logit of this column becomes a probability."""


class Estimate(Strict):
    """A measured share with its 95 % interval."""

    value: float
    """The share, in [0, 1]; 0 where there are no rows to measure."""
    low: float
    """Lower end of the interval."""
    high: float
    """Upper end of the interval."""


class OperatingPoint(Strict):
    """The threshold of one output, and what it gave on validation rows."""

    threshold: Probability
    """A text is flagged when its calibrated probability is at or above this."""
    precision: Estimate
    """Share of the flagged rows that are positive.

    Rows count as they are: positives are far more common among them than in ordinary traffic.
    """
    recall: Estimate
    """Share of the positive rows that are flagged."""
    rows: Annotated[int, Field(ge=0)]
    """Rows that precision and recall were measured on.

    Natural validation rows where `ordinary` is given, else all validation rows of the output.
    """
    positives: Annotated[int, Field(ge=0)]
    """Those of them that are positive."""
    ordinary: Estimate | None = None
    """Share of ordinary posts of everyday domains that are flagged; null if not measured."""
    recall_adversarial: Estimate | None = None
    """Share of the positives among adversarial rows that are flagged; null if not measured.

    Adversarial rows were written to test or to deceive a classifier.
    """


class Rationale(Strict):
    """The graph's output for each token: whether an annotator would mark it as the reason."""

    calibration: Calibration
    """How the logit of a token becomes a probability."""
    threshold: Probability
    """A word is part of a span where its probability is at or above this."""


class Window(Strict):
    """How long texts are cut. The windows of a text go to the graph one by one."""

    length: Annotated[int, Field(ge=8)]
    """Most tokens of a window, with the two special tokens that it starts and ends with."""
    overlap: Annotated[int, Field(ge=0)]
    """Tokens of the text that a window shares with the next one; smaller than length - 2."""

    @model_validator(mode="after")
    def _moves_forward(self) -> Self:
        if self.overlap >= self.length - 2:
            raise ValueError(
                "overlap must be smaller than length - 2, or windows would never advance"
            )
        return self


class Quantization(Strict):
    """How the weights were made small, and which machine gave the golden answers."""

    weights: Literal["int8", "none"]
    """Type of the stored weights; `none` for floats as they were trained."""
    block: Annotated[int, Field(ge=0)]
    """Weights that share a scale."""
    cpu_features: tuple[str, ...]
    """Vector units of the CPU that gave the golden answers, as Linux names them."""
    onnxruntime: str
    """Version of onnxruntime that gave the golden answers."""


class Parity(Strict):
    """How far one form of the model is from another, on validation rows."""

    compared: str
    """The two forms, in words."""
    rows: int
    """Validation rows that were scored by both."""
    worst: str
    """The output with the most decisions on another side of its threshold."""
    flipped: float
    """Share of rows on which they are, in [0, 1]."""
    difference: float
    """Largest difference of a calibrated probability, over all outputs."""


class Metric(Strict):
    """One number of the evaluation that the run did once, at its end."""

    suite: str
    """The suite, or the data set whose test rows were scored."""
    label: str
    """The label that was judged."""
    name: str
    """What was measured, such as `macro_f1` or `auc`."""
    value: float
    """The number; all measures are in [0, 1]."""
    low: float
    """Lower end of its 95 % interval."""
    high: float
    """Upper end of its 95 % interval."""
    rows: Annotated[int, Field(ge=0)]
    """Rows that it was measured on."""


class Reliability(Strict):
    """One bin of a reliability diagram, over validation rows, weighted as in the recipe."""

    predicted: Probability
    """Mean probability of its rows."""
    seen: Probability
    """Share of its rows that are positive."""
    rows: Annotated[int, Field(ge=0)]
    """Rows in it, without weights."""


class Golden(Strict):
    """What golden.jsonl holds, and how far from its scores another machine may be."""

    rows: Annotated[int, Field(ge=1)]
    """Lines of golden.jsonl."""
    tolerance: Annotated[float, Field(gt=0, le=0.1)]
    """Largest difference of a calibrated probability that is allowed.

    Integer products are exact on every CPU, but the floating point between them is rounded
    differently by different vector units.
    """


class Manifest(Strict):
    """manifest.json of a bundle, schema 2.

    The columns of the graph's output `logits` are labels, then targets, then mechanisms.
    """

    schema_version: Literal[2]
    """Which form of manifest this is; a reader refuses one that it does not know."""
    name: Name
    """Name of the model."""
    version: Version
    """Version of the model; a bundle of one version never changes."""
    description: str
    """What the model finds, in a sentence."""
    labels: tuple[Output, ...]
    """Sentence labels: the first columns of `logits`, in this order. At least one."""
    targets: tuple[Output, ...]
    """Protected categories: the columns after those of the labels."""
    mechanisms: tuple[Output, ...] = ()
    """Ways of dehumanizing: the columns after those of the targets."""
    rationale: Rationale | None = None
    """How to read the graph's output `rationale`; null if the graph has none."""
    languages: Annotated[tuple[Language, ...], Field(default_factory=only_english)]
    """The languages that it serves. Bundles that name none serve English, with every label."""
    activation: Literal["sigmoid"]
    """What turns a scaled logit into a probability. Each output stands for itself."""
    normaliser: int
    """Version of the normaliser that a text goes through before the tokenizer."""
    window: Window
    """How a text is cut."""
    operating_points: dict[str, dict[str, OperatingPoint]]
    """Name of the point to name of the output to its threshold.

    Every point has every output, and there is always one named `balanced`. The others are `quiet`
    and `watchful`; bundles before 2.0.0 call them `high-precision` and `high-recall`.
    """
    own_thresholds: Annotated[dict[str, dict[str, Probability]], Field(default_factory=dict)]
    """Label to category to a threshold, for the categories whose rows support one of their own.

    It may stand for that of `balanced` where a text speaks of that category.
    """
    reliability: Annotated[dict[str, tuple[Reliability, ...]], Field(default_factory=dict)]
    """Label to the bins of its reliability diagram, from the least probable up."""
    quantization: Quantization
    """How the weights were made small."""
    parity: tuple[Parity, ...]
    """How far the shipped graph is from the trained model, a step each."""
    base_model: BaseModelRecord
    """The encoder that training began with."""
    sources: tuple[SourceRecord, ...]
    """The data sets that it was trained on."""
    metrics: tuple[Metric, ...]
    """What the evaluation at the end of the run measured."""
    golden: Golden
    """What golden.jsonl holds."""
    weights: tuple[Annotated[str, Field(pattern=WEIGHTS)], ...] = ()
    """Files beside model.onnx that hold its weights, as ONNX's external data; none of most bundles.

    A graph of over 90 MB is divided so, because code hosts refuse files of 100 MB.
    """

    @property
    def outputs(self) -> tuple[Output, ...]:
        """The columns of the graph's output, in order."""
        return self.labels + self.targets + self.mechanisms

    @property
    def point_names(self) -> tuple[str, ...]:
        """Names of the operating points, the one that flags least first; never an older name."""
        return in_order(self.operating_points)

    def has_point(self, operating_point: str) -> bool:
        """Whether there is an operating point of that name, or of one that means the same."""
        return name_among(self.operating_points, operating_point) is not None

    def point(self, output: str, operating_point: str = "balanced") -> OperatingPoint:
        """An operating point of a label, target or mechanism.

        operating_point: its name or the older one, whichever of them the bundle uses.
        Raises KeyError for an operating point or output that the bundle lacks.
        """
        name = name_among(self.operating_points, operating_point)
        return self.operating_points[name or operating_point][output]

    def threshold(self, output: str, operating_point: str = "balanced") -> float:
        """The threshold of a label, target or mechanism; names and errors as in `point`."""
        return self.point(output, operating_point).threshold

    def for_stage(self, _: Stage | None) -> "Manifest":
        """That of the graph which gave a score, by whose thresholds the score is judged."""
        return self

    @model_validator(mode="after")
    def _known_names(self) -> Self:
        for kind, outputs, known in (
            ("label", self.labels, LABELS),
            ("target", self.targets, TARGETS),
            ("mechanism", self.mechanisms, MECHANISMS),
        ):
            names = [output.name for output in outputs]
            if unknown := sorted(set(names) - set(known)):
                raise ValueError(f"unknown {kind}: {', '.join(unknown)}")
            if len(set(names)) != len(names):
                raise ValueError(f"a {kind} stands twice")
        if not self.labels:
            raise ValueError("a bundle needs at least one label")
        check_languages(self.languages, [label.name for label in self.labels])
        if "balanced" not in self.operating_points:
            raise ValueError("the operating point 'balanced' is missing")
        for name, points in self.operating_points.items():
            if missing := {output.name for output in self.outputs} - set(points):
                raise ValueError(f"operating point {name!r} lacks {', '.join(sorted(missing))}")
        return self
