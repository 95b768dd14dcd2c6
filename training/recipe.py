"""Recipes: everything that a run may vary, in one TOML file; unknown keys are refused."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, ValidationError, field_validator

from upstander.training.base_choice import BaseModelChoice, Strict
from upstander.training.errors import RecipeError
from upstander.training.served import Code, Served, refuse_unknown
from upstander.training.sources import SOURCES

RECIPES: Final = Path(__file__).parent / "recipes"

_Share = Annotated[float, Field(ge=0, le=1)]


class SourceChoice(Strict):
    """How much of a source is used for training.

    share: of its rows that are read at all, chosen by hash of their ids, for a quick trial.
    limit: at most so many rows, chosen by hash: rows with a rare label first, then as many hateful
        or toxic rows as there are, up to half, then others. 0: all.
    held_out: share of its rows without an official split that are kept for validation, and as many
        again for calibration; none is what `splits` says.
    repeat: how often each row is seen in an epoch.
    swap: whether a repeated row speaks of another group, where it can
        (`training/counterfactuals.py`).
    misspell: share of the copies after the first that are misspelt (`training/typos.py`).
    use: off to leave the source out, as an ablation does.
    """

    # Left out of the hash of a step if nobody gave it, so that older runs are still unchanged.
    share: Annotated[float, Field(gt=0, le=1, exclude_if=lambda share: share == 1)] = 1.0
    limit: Annotated[int, Field(ge=0)] = 0
    held_out: _Share | None = None
    repeat: Annotated[int, Field(ge=1)] = 1
    swap: bool = False
    misspell: _Share = 0.0
    use: bool = True


class Splits(Strict):
    """How rows without an official split are divided, and when two texts are near duplicates.

    validation, calibration: share of the rows each.
    similarity: Jaccard similarity of word pairs from which two texts belong together.
    """

    validation: _Share = 0.03
    calibration: _Share = 0.03
    similarity: _Share = 0.8


class Concatenation(Strict):
    """A share of the batches whose rows have a harmless post beside them, of such sources, in so
    many tokens together (`training/concatenation.py`)."""

    share: _Share
    sources: tuple[str, ...]
    max_length: Annotated[int, Field(ge=16, le=512)] = 64


class Training(Strict):
    """Fine-tuning. The names are those of `transformers.TrainingArguments`, where it has them.

    max_length: tokens; longer training rows are left out: the label of a cut text is unknown.
    head_learning_rate: of the heads, which begin from nothing, while the encoder only adapts.
    eval_rows, eval_steps: the progress is told on so many validation rows, every so many steps.
    weak_weight: how much a guessed label counts beside an annotated one.
    layers: of the encoder, counted from 1, whose token states are read: a head sees the mean of
        each over the text, one beside the other.
    head_weights: head, or label for all of its heads, to the weight in the loss; `target` stands
        for every protected category, `mechanism` for every mechanism, and `rationale` for the
        tokens.
    agreement: weight of logit pairing, which keeps the logits of counterfactuals alike, for heads
        of weight 1. 0: nothing.
    members: of the model soup: networks that are trained in different orders of the rows, and whose
        weights are averaged (decision 8).
    min_target_rows: a category with fewer positive training rows is not modelled.
    concatenate: rows that are read with a harmless post beside them.
    """

    epochs: Annotated[float, Field(gt=0)] = 1
    learning_rate: Annotated[float, Field(gt=0)] = 8e-5
    head_learning_rate: Annotated[float, Field(gt=0)] = 1e-3
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    warmup: _Share = 0.06
    batch_size: Annotated[int, Field(ge=1)] = 32
    max_length: Annotated[int, Field(ge=8, le=512)] = 96
    dropout: _Share = 0.1
    layers: tuple[Annotated[int, Field(ge=1)], ...] = (6,)
    eval_rows: Annotated[int, Field(ge=1)] = 3000
    eval_steps: Annotated[int, Field(ge=1)] = 500
    weak_weight: _Share = 0.3
    head_weights: dict[str, float] = Field(default_factory=dict)
    agreement: Annotated[float, Field(ge=0)] = 0.0
    members: Annotated[int, Field(ge=1)] = 1
    min_target_rows: Annotated[int, Field(ge=1)] = 100
    concatenate: Concatenation | None = None
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"


class Refine(Strict):
    """A further training of the network, on all rows of some sources and a share of the others.

    What it does not say is as in `training`.
    quantized: whether the network computes as the int8 graph will while it is refined, so that it
        learns around the rounding (`training/quantization.py`).
    distil: whether the teacher of the recipe goes on teaching.
    blend: alpha of WiSE-FT, the share of the refined weights beside those before: between the
        two it keeps more of what the second training did not show (Wortsman et al. 2022, Robust
        fine-tuning of zero-shot models).
    """

    sources: tuple[str, ...]
    share: _Share = 0.1
    batch_size: Annotated[int, Field(ge=1)] | None = None
    epochs: Annotated[float, Field(gt=0)] = 1
    learning_rate: Annotated[float, Field(gt=0)] = 3e-5
    head_learning_rate: Annotated[float, Field(gt=0)] = 3e-4
    blend: Annotated[float, Field(gt=0, le=1)] = 1.0
    concatenate: Concatenation | None = None
    quantized: bool = False
    distil: bool = True


class Distil(Strict):
    """Learning from a larger network, beside the labels.

    teacher: the recipe of the teacher, whose run must have finished its step `refine`: the name of
        a shipped one, or a path. Its run is looked for beside this one, in a folder of its name.
    weight: what the loss of the teacher's answers counts; that of the labels counts the rest. The
        teacher answers for every head of every row, where labels are known for a few, so that its
        part of the whole is larger than this.
    """

    teacher: str
    weight: _Share = 0.5


def head_weight(head: str, options: Training) -> float:
    """The weight of a head in the loss: its own, that of its label, or 1."""
    return options.head_weights.get(head, options.head_weights.get(head.partition(".")[0], 1.0))


class Fusion(Strict):
    """How the heads of one label become the label.

    heads: names of the heads whose logits are combined.
    families: source family to its share of the total weight when the combination is fitted; only
        rows of these families are used, so they say which definition of the label counts. The name
        of a source takes that source out of its family, with a share of its own.
    calibrate: the same for the rows that the probabilities are fitted on; empty: `families`. A
        mixture of families has another share of positives than any of them.
    prior: share of positives that the probabilities assume; 0 takes it from the rows as they are.
    """

    heads: tuple[str, ...]
    families: dict[str, float]
    calibrate: dict[str, float] = Field(default_factory=dict)
    prior: _Share = 0.0


class Points(Strict):
    """The rows that thresholds are chosen on.

    languages: sources whose harmless rows are the ordinary posts of their languages. No threshold
        of `hate` and `dehumanization` but those of `watchful` flags more than `most` of them in any
        language (`training/threshold_floor.py`).
    ordinary: sources of posts that must be left alone: the operating points of the labels are named
        by the share of them that is flagged. Empty: the points are chosen as for a category.
    adversarial: sources whose recall is reported apart.
    """

    ordinary: tuple[str, ...] = ()
    adversarial: tuple[str, ...] = ()
    # As `share`: what nobody gave is not in the hash of a step.
    languages: Annotated[tuple[str, ...], Field(exclude_if=lambda own: own == ())] = ()
    most: Annotated[_Share, Field(exclude_if=lambda most: most == 0.03)] = 0.03


class RationaleChoice(Strict):
    """Which annotated stretches the token output learns from, and which it is calibrated on."""

    sources: tuple[str, ...]
    calibrate: str


class Export(Strict):
    """The graph: opset, window of the bundle, how it is rounded, and what rounding may cost.

    scale: `channel` for a network that was refined with `quantized`, which is fast; `mixed` for any
        other, with its largest channels in fp32, a little slower (`training/outliers.py`); `block`
        for any other, as slow as fp32 for a wide one.
    parity_rows: validation rows that fp32 and int8 are compared on.
    max_drop: by how much an AUC, a macro-F1 or the share of ordinary posts that are left alone may
        be worse in int8 than in fp32, beyond chance, for any label.
    """

    opset: int = 20
    window_length: Annotated[int, Field(ge=8, le=512)] = 96
    window_overlap: Annotated[int, Field(ge=0)] = 24
    scale: Literal["channel", "mixed", "block"] = "block"
    parity_rows: Annotated[int, Field(ge=1)] = 4000
    max_drop: _Share = 0.003
    golden_tolerance: Annotated[float, Field(gt=0, le=0.1)] = 0.02


class Recipe(Strict):
    """A whole run.

    refine: stages, one after the other; `[refine]` is one, `[[refine]]` each of several.
    verify: refuse data files that are not the declared ones; off for made-up data.
    languages: code of each language served to the labels whose quality is measured on test rows
        in it. None: English, with every label.
    tried: Markdown for the card: what was tried for the goals that are missed. It stands beside the
        recipe, in a file of the same name that ends in `.md`.
    """

    name: str
    version: str
    description: str
    seed: int = 0
    base: BaseModelChoice
    sources: dict[str, SourceChoice]
    splits: Splits = Splits()
    training: Training = Training()
    refine: tuple[Refine, ...] = ()
    distil: Distil | None = None
    labels: dict[str, Fusion]
    points: Points = Points()
    languages: dict[Code, Served] = Field(default_factory=dict, exclude_if=lambda own: not own)
    rationale: RationaleChoice
    export: Export = Export()
    verify: bool = True
    tried: str = ""

    @field_validator("refine", mode="before")
    @classmethod
    def _one_or_several(cls, stages: Any) -> Any:
        return [stages] if isinstance(stages, Mapping) else stages


def load_recipe(path: Path, overrides: Sequence[str] = ()) -> Recipe:
    """Read a recipe, a path or the name of a shipped one, and apply `key.key=value` overrides.

    Raises RecipeError for an unknown key, a value of the wrong kind or an unknown source.
    """
    if not path.is_file() and (RECIPES / f"{path}.toml").is_file():
        path = RECIPES / f"{path}.toml"
    if not path.is_file():
        shipped = ", ".join(sorted(recipe.stem for recipe in RECIPES.glob("*.toml")))
        raise RecipeError(f"{path} is not a recipe: give a TOML file, or one of {shipped}")
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path}: {error}") from error
    for override in overrides:
        _apply(raw, override)
    beside = path.with_suffix(".md")
    tried = beside.read_text(encoding="utf-8") if beside.is_file() else ""
    try:
        recipe = Recipe.model_validate({"tried": tried, **raw})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise RecipeError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    if unknown := sorted(set(recipe.sources) - set(SOURCES)):
        raise RecipeError(
            f"{path}: sources.{unknown[0]} is unknown: 'upstander data list' shows the names"
        )
    used = {name: choice for name, choice in recipe.sources.items() if choice.use}
    rationale = {*recipe.rationale.sources, recipe.rationale.calibrate}
    if missing := sorted(
        {recipe.rationale.calibrate} - set(used) | rationale - set(recipe.sources)
    ):
        raise RecipeError(f"{path}: rationale: {missing[0]} is not among the sources that are used")
    if missing := sorted({name for stage in recipe.refine for name in stage.sources} - set(used)):
        raise RecipeError(f"{path}: refine: {missing[0]} is not among the sources that are used")
    refuse_unknown(recipe.languages, recipe.labels, recipe.points.languages, used)
    return recipe.model_copy(update={"sources": used})


def _apply(raw: dict[str, Any], override: str) -> None:
    key, separator, value = override.partition("=")
    if not separator:
        raise RecipeError(f"--set {override}: write it as key=value, such as training.epochs=1")
    *parents, last = key.strip().split(".")
    table = raw
    for parent in parents:
        table = table.setdefault(parent, {})
        if not isinstance(table, dict):
            raise RecipeError(f"--set {override}: {parent} is a value, not a table")
    try:
        table[last] = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        table[last] = value.strip()  # a bare word is a string
