"""The manifest: everything a reader of a bundle may rely on, and nothing else.

Unknown fields are refused, so that a bundle of a later version is never half understood.
"""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from models.labels import LABELS, MECHANISMS, TARGETS

SCHEMA_VERSION: Literal[2] = 2

Probability = Annotated[float, Field(ge=0, le=1)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Calibration(_Strict):
    """Platt scaling of one output: probability = sigmoid(slope * logit + intercept).

    The slope is positive, so that calibration never changes the order of two texts. Source: Platt
    1999, Probabilistic Outputs for Support Vector Machines.

    prior: the share of positives that the probabilities assume; None: that of the rows as they are.
    """

    slope: Annotated[float, Field(gt=0)]
    intercept: float
    prior: Probability | None = None


class Output(_Strict):
    """One column of the graph's output: a sentence label, a target category or a mechanism."""

    name: str
    calibration: Calibration


class Estimate(_Strict):
    """A measured share with its 95 % interval."""

    value: float
    low: float
    high: float


class OperatingPoint(_Strict):
    """The threshold of one output, and what it gave on validation rows.

    A text is flagged when its calibrated probability is at or above `threshold`.
    """

    threshold: Probability
    precision: Estimate
    recall: Estimate
    rows: Annotated[int, Field(ge=0)]
    positives: Annotated[int, Field(ge=0)]


class Rationale(_Strict):
    """The graph's output for each token: whether an annotator would mark it as the reason.

    A stretch of text is reported where the calibrated probability is at or above `threshold`.
    """

    calibration: Calibration
    threshold: Probability


class Window(_Strict):
    """How long texts are cut: `length` tokens a run, `overlap` of them shared with the next run.

    Both count the tokens of the text and the two special tokens that every window starts and ends
    with, as the tokenizers library does.
    """

    length: Annotated[int, Field(ge=8)]
    overlap: Annotated[int, Field(ge=0)]

    @model_validator(mode="after")
    def _moves_forward(self) -> Self:
        if self.overlap >= self.length - 2:
            raise ValueError(
                "overlap must be smaller than length - 2, or windows would never advance"
            )
        return self


class Quantization(_Strict):
    """How the weights were made small, and which CPU features gave the golden answers."""

    weights: Literal["int8", "none"]
    block: Annotated[int, Field(ge=0, description="Weights that share a scale")]
    cpu_features: tuple[str, ...]
    onnxruntime: str


class Parity(_Strict):
    """How far the shipped graph is from the trained model, on validation rows.

    worst: the output with the most decisions on another side of its threshold.
    flipped: the share of rows on which they are.
    difference: largest difference of a probability, over all outputs.
    """

    compared: str
    rows: int
    worst: str
    flipped: float
    difference: float


class BaseModelRecord(_Strict):
    """The encoder that was fine-tuned."""

    name: str
    licence: str
    sha256: Sha256


class SourceRecord(_Strict):
    """One data set that the model was trained on."""

    name: str
    upstream: str
    licence: str
    licence_verified: bool
    citation: str
    rows: Annotated[int, Field(ge=0, description="Training rows after de-duplication and sampling")]
    files: dict[str, Sha256]


class Metric(_Strict):
    """One number of the evaluation that the run did once, at its end."""

    suite: str
    label: str
    name: str
    value: float
    low: float
    high: float
    rows: Annotated[int, Field(ge=0)]


class Reliability(_Strict):
    """One bin of a reliability diagram, over validation rows, weighted as in the recipe.

    predicted: the mean probability of its rows. seen: the share of them that are positive.
    """

    predicted: Probability
    seen: Probability
    rows: Annotated[int, Field(ge=0)]


class Golden(_Strict):
    """The texts of golden.jsonl and how far from their scores another machine may be.

    tolerance: largest difference of a calibrated probability. Integer products are exact on every
        CPU, but the floating point between them is rounded differently by different vector units.
    """

    rows: Annotated[int, Field(ge=1)]
    tolerance: Annotated[float, Field(gt=0, le=0.1)]


class Manifest(_Strict):
    """manifest.json of a bundle, schema 2.

    labels, targets, mechanisms: the columns of the graph's output `logits`, in this order.
    rationale: of its output `rationale`; None if the graph has none.
    own_thresholds: label to category to a threshold, for the categories whose rows support one of
        their own. It may stand for `balanced` where a text speaks of that category.
    """

    schema_version: Literal[2]
    name: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    description: str
    labels: tuple[Output, ...]
    targets: tuple[Output, ...]
    mechanisms: tuple[Output, ...] = ()
    rationale: Rationale | None = None
    activation: Literal["sigmoid"]
    normaliser: int
    window: Window
    operating_points: dict[str, dict[str, OperatingPoint]]
    own_thresholds: dict[str, dict[str, Probability]] = {}
    reliability: dict[str, tuple[Reliability, ...]] = {}
    quantization: Quantization
    parity: tuple[Parity, ...]
    base_model: BaseModelRecord
    sources: tuple[SourceRecord, ...]
    metrics: tuple[Metric, ...]
    golden: Golden

    @property
    def outputs(self) -> tuple[Output, ...]:
        """The columns of the graph's output, in order."""
        return self.labels + self.targets + self.mechanisms

    def threshold(self, output: str, operating_point: str = "balanced") -> float:
        """The threshold of a label or target at a named operating point."""
        return self.operating_points[operating_point][output].threshold

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
        if "balanced" not in self.operating_points:
            raise ValueError("the operating point 'balanced' is missing")
        for name, points in self.operating_points.items():
            if missing := {output.name for output in self.outputs} - set(points):
                raise ValueError(f"operating point {name!r} lacks {', '.join(sorted(missing))}")
        return self
