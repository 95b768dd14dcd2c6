"""From logits of heads to labels, categories and mechanisms: fused, calibrated, with thresholds.

Each on rows of its own, so that nothing is judged by what it was fitted on: the combination of
heads and the thresholds on validation rows, the probabilities on calibration rows.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from upstander.evaluation.calibration import expected_error
from upstander.models.labels import LABELS
from upstander.models.manifest import OperatingPoint, Reliability
from upstander.training.calibration import (
    Scored,
    balanced_threshold,
    everyday_points,
    fuse,
    operating_points,
    platt,
    reliability,
    sigmoid,
)
from upstander.training.errors import TrainingError
from upstander.training.inference import Rows, WindowLogits
from upstander.training.recipe import Fusion, Recipe
from upstander.training.sources import SOURCES
from upstander.training.threshold_floor import flagged_by_language, floor_of
from upstander.training.thresholds import Judged, own_thresholds

Floats = NDArray[np.float64]

_OF_GROUPS = ("dehumanization", "hate")
"""Labels that speak of protected groups, so that a category could want its own threshold."""

_KINDS = ("target", "mechanism")
"""Outputs that are a head of their own."""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """What thresholds and probabilities are fitted on.

    ordinary: everyday posts of every threshold. posts: those whose language is known, of which no
    language may have many flagged. languages: of each of them.
    """

    validation: Rows
    calibration: Rows
    ordinary: WindowLogits
    posts: WindowLogits
    languages: NDArray[np.str_]


def calibrate_outputs(recipe: Recipe, heads: Sequence[str], held_out: HeldOut) -> dict[str, Any]:
    """The outputs of a recipe: `heads`, `fusion`, `bias`, `outputs` and `own_thresholds`.

    heads: names of the columns of the logits. A label is made of those that its recipe names, a
    category of `target.NAME`, a mechanism of `mechanism.NAME`.
    Raises TrainingError for a label of which no row says anything.
    """
    validation, calibration = held_out.validation, held_out.calibration
    ordinary, posts = held_out.ordinary, held_out.posts
    names: dict[str, list[str]] = {"label": [label for label in LABELS if label in recipe.labels]}
    for kind in _KINDS:
        prefix = f"{kind}."
        names[kind] = [head.removeprefix(prefix) for head in heads if head.startswith(prefix)]
    fusion, bias, outputs = [], [], []
    for kind, name in ((kind, name) for kind, own in names.items() for name in own):
        choice = recipe.labels.get(name) if kind == "label" else None
        if choice is None:
            used = [heads.index(f"{kind}.{name}")]
            rows_v, rows_c = (_own_rows(rows, used[0]) for rows in (validation, calibration))
            shown = rows_v
        else:
            used = [heads.index(head) for head in choice.heads if head in heads]
            rows_v = _label_rows(validation, name, choice, choice.families)
            shares = choice.calibrate or choice.families
            rows_c, shown = (
                _label_rows(r, name, choice, shares) for r in (calibration, validation)
            )
            if not (len(rows_v[1]) and len(rows_c[1])):
                raise TrainingError(
                    f"labels.{name}: no validation or no calibration row says anything of it: add "
                    "a source that does, or give the splits a larger share"
                )
        (known_v, truth_v, weights_v), (known_c, truth_c, weights_c) = rows_v, rows_c
        own_fusion = np.zeros(len(heads))
        own_fusion[used], own_bias = fuse(validation.logits[known_v][:, used], truth_v, weights_v)
        scaling = platt(
            calibration.logits[known_c] @ own_fusion + own_bias, truth_c, weights_c
        ).model_copy(update={"prior": (choice.prior or None) if choice else None})
        logits = validation.logits @ own_fusion + own_bias
        probabilities = sigmoid(scaling.slope * logits + scaling.intercept)
        by_language: dict[str, dict[str, float]] = {}
        if choice is not None and len(ordinary):
            best = _best_threshold(probabilities, validation, name, choice)
            if name in _OF_GROUPS and len(posts):
                of_posts = sigmoid(
                    scaling.slope * posts.highest(own_fusion, own_bias) + scaling.intercept
                )
                best = max(best, floor_of(of_posts, held_out.languages, recipe.points.most))
            points = everyday_points(
                sigmoid(scaling.slope * ordinary.highest(own_fusion, own_bias) + scaling.intercept),
                _scored(probabilities, validation, name, _natural_of(recipe, name, choice)),
                _scored(probabilities, validation, name, recipe.points.adversarial),
                best,
            )
            if name in _OF_GROUPS and len(posts):
                by_language = flagged_by_language(
                    of_posts, held_out.languages, points["balanced"].threshold
                )
        else:
            points = operating_points(probabilities[known_v], truth_v, weights_v)
        known, truth, weights = shown
        fusion.append(own_fusion.tolist())
        bias.append(own_bias)
        outputs.append(
            {
                "name": name,
                "kind": kind,
                "calibration": scaling.model_dump(),
                "points": {point: value.model_dump() for point, value in points.items()},
                "expected_calibration_error": expected_error(
                    # A soft label is a share of a positive, which the error allows as well.
                    cast("NDArray[np.bool_]", truth),
                    probabilities[known],
                    weights,
                ),
                "reliability": [
                    own.model_dump() for own in reliability(probabilities[known], truth, weights)
                ],
                "calibration_rows": len(truth_c),
                "calibration_positives": int((truth_c >= 0.5).sum()),
                **({"ordinary_by_language": by_language} if by_language else {}),
            }
        )
    result: dict[str, Any] = {"heads": heads, "fusion": fusion, "bias": bias, "outputs": outputs}
    result["own_thresholds"] = thresholds_by_category(recipe, result, validation, calibration)
    return result


def _natural_of(recipe: Recipe, label: str, choice: Fusion) -> frozenset[str]:
    """The sources whose rows say what a label's thresholds find."""
    shares = choice.calibrate or choice.families
    apart = {*recipe.points.ordinary, *recipe.points.adversarial}
    return frozenset(
        name
        for name in recipe.sources
        if (name in shares or SOURCES[name].heads.get(label) in shares) and name not in apart
    )


def _best_threshold(probabilities: Floats, rows: Rows, label: str, choice: Fusion) -> float:
    """What tells the positives of the families from their negatives best, whatever the prior."""
    even = choice.model_copy(update={"prior": 0.0})
    known, truth, weights = _label_rows(rows, label, even, choice.families)
    return balanced_threshold(probabilities[known], truth >= 0.5, weights)


def _scored(probabilities: Floats, rows: Rows, label: str, sources: Collection[str]) -> Scored:
    values = rows.labels[:, list(LABELS).index(label)]
    known = ~np.isnan(values) & np.isin(rows.sources, list(sources))
    return Scored(probabilities[known], values[known] >= 0.5)


def thresholds_by_category(
    recipe: Recipe, result: Mapping[str, Any], validation: Rows, calibration: Rows
) -> dict[str, list[dict[str, Any]]]:
    """Label to what a threshold of its own would give each protected category."""
    outputs = {output["name"]: index for index, output in enumerate(result["outputs"])}
    slopes = np.array([output["calibration"]["slope"] for output in result["outputs"]])
    intercepts = np.array([output["calibration"]["intercept"] for output in result["outputs"]])
    common = np.array([o["points"]["balanced"]["threshold"] for o in result["outputs"]])
    categories = tuple(o["name"] for o in result["outputs"] if o["kind"] == "target")
    columns = [outputs[category] for category in categories]
    labels = [label for label in _OF_GROUPS if label in outputs]

    def judged(rows: Rows, label: str) -> Judged:
        known, truth, weights = _label_rows(
            rows, label, recipe.labels[label], recipe.labels[label].families
        )
        logits = rows.logits[known] @ np.array(result["fusion"]).T + np.array(result["bias"])
        probabilities = sigmoid(slopes * logits + intercepts)
        speaks_of = probabilities[:, columns] >= common[columns]
        return Judged(probabilities[:, outputs[label]], truth >= 0.5, weights, speaks_of)

    return {
        label: [
            {**asdict(own), "is_supported": own.is_supported}
            for own in own_thresholds(
                categories,
                float(common[outputs[label]]),
                judged(validation, label),
                judged(calibration, label),
                len(labels),
            )
        ]
        for label in labels
    }


def _label_rows(
    rows: Rows, label: str, choice: Fusion, shares: Mapping[str, float]
) -> tuple[NDArray[np.bool_], Floats, Floats]:
    """Which rows define a label, what they say, and how much each counts.

    Each family has its share of the weight, however many rows it has. With a `prior`, positives
    then have that share of the whole.
    """
    values = rows.labels[:, list(LABELS).index(label)]
    families = _families(rows.sources, label, shares)
    known = ~np.isnan(values) & np.isin(families, list(shares))
    truth, families = values[known], families[known]
    weights = np.ones(len(truth))
    for family, portion in shares.items():
        own = families == family
        if own.any():
            weights[own] = portion / own.sum()
    if choice.prior and len(truth):
        for positive, portion in ((True, choice.prior), (False, 1 - choice.prior)):
            own = (truth >= 0.5) == positive
            if own.any():
                weights[own] *= portion / weights[own].sum()
    return known, truth, weights * len(truth) / max(weights.sum(), 1e-12)


def _families(
    sources: NDArray[np.str_], label: str, shares: Mapping[str, float]
) -> NDArray[np.str_]:
    return np.array(
        [
            source if source in shares else SOURCES[source].heads.get(label, "")
            for source in map(str, sources)
        ]
    )


def _own_rows(rows: Rows, head: int) -> tuple[NDArray[np.bool_], Floats, Floats]:
    values = rows.annotated[:, head]
    known = ~np.isnan(values)
    return known, values[known], np.ones(int(known.sum()))


def points_by_name(outputs: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, OperatingPoint]]:
    """As in a manifest: name of the point to name of the output to its threshold."""
    named: dict[str, dict[str, OperatingPoint]] = {}
    for output in outputs:
        for point, value in output["points"].items():
            named.setdefault(point, {})[output["name"]] = OperatingPoint.model_validate(value)
    return named


def supported(
    thresholds: Mapping[str, Sequence[Mapping[str, Any]]],
) -> dict[str, dict[str, float]]:
    """As in a manifest: label to category to the thresholds that their rows support."""
    return {
        label: {one["category"]: one["threshold"] for one in every if one["is_supported"]}
        for label, every in thresholds.items()
    }


def reliability_by_label(
    outputs: Sequence[Mapping[str, Any]],
) -> dict[str, tuple[Reliability, ...]]:
    """As in a manifest: label to the bins of its reliability diagram."""
    return {
        output["name"]: tuple(Reliability.model_validate(row) for row in output["reliability"])
        for output in outputs
        if output["kind"] == "label"
    }
