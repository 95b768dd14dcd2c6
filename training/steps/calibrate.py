"""calibrate: fuse heads into labels, turn logits into probabilities, choose thresholds.

Each on rows of its own, so that nothing is judged by what it was fitted on: the combination of
heads and the thresholds on the validation split, the probabilities on the calibration split. No
test row is read here.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import datasets
import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from tokenizers import Tokenizer

from evaluation.metrics import share
from models.labels import LABELS
from models.manifest import Calibration, Estimate, OperatingPoint
from training.base import load_tokenizer, resolve
from training.encoding import Collator
from training.errors import TrainingError
from training.model import HeadedEncoder
from training.recipe import Fusion, Recipe
from training.sources import SOURCES
from training.steps.train import load_trained
from upstander.progress import track

Floats = NDArray[np.float64]

_MIN_SLOPE = 0.05  # calibration must keep the order of texts, even where it has little to go by
_FEW = 5  # positives or negatives below which nothing is fitted


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one split with the logits of every head.

    logits: (rows, heads). labels: (rows, labels), targets: (rows, targets); NaN where unknown.
    """

    sources: NDArray[np.str_]
    logits: Floats
    labels: Floats
    targets: Floats


def calibrate(recipe: Recipe, prepared: Path, trained: Path, out: Path) -> dict[str, Any]:
    """Write `out/calibration.json`: fusion weights, Platt scaling and operating points."""
    model, heads = load_trained(recipe, trained)
    every_head = json.loads((prepared / "heads.json").read_text())
    tables = datasets.load_from_disk(str(prepared / "data"))
    tokenizer = load_tokenizer(resolve(recipe.base))
    length = recipe.export.window_length
    validation = collect(tables["validation"], model, heads, every_head, tokenizer, length)
    calibration = collect(tables["calibration"], model, heads, every_head, tokenizer, length)

    targets = [head.removeprefix("target.") for head in heads if head.startswith("target.")]
    labels = [label for label in LABELS if label in recipe.labels]
    fusion = np.zeros((len(labels) + len(targets), len(heads)))
    bias = np.zeros(len(labels) + len(targets))
    outputs: list[dict[str, Any]] = []
    for index, name in enumerate([*labels, *targets]):
        choice = recipe.labels.get(name)
        if choice is None:  # a target is its own head
            fusion[index, heads.index(f"target.{name}")] = 1
            known_v, truth_v, weights_v = _target_rows(validation, targets.index(name))
            known_c, truth_c, weights_c = _target_rows(calibration, targets.index(name))
        else:
            known_v, truth_v, weights_v = _label_rows(validation, name, choice)
            known_c, truth_c, weights_c = _label_rows(calibration, name, choice)
            used = [heads.index(head) for head in choice.heads if head in heads]
            fusion[index, used], bias[index] = _fuse(
                validation.logits[known_v][:, used], truth_v, weights_v
            )
        if choice is not None and not (len(truth_v) and len(truth_c)):
            raise TrainingError(
                f"labels.{name}: no validation or no calibration row says anything of it: add a "
                "source that does, or give the splits a larger share"
            )
        fused_v = validation.logits[known_v] @ fusion[index] + bias[index]
        fused_c = calibration.logits[known_c] @ fusion[index] + bias[index]
        platt = _platt(fused_c, truth_c, weights_c)
        probabilities = _sigmoid(platt.slope * fused_v + platt.intercept)
        point = _operating_point(probabilities, truth_v, weights_v)
        outputs.append(
            {
                "name": name,
                "calibration": platt.model_dump(),
                "balanced": point.model_dump(),
                "expected_calibration_error": _expected_error(probabilities, truth_v, weights_v),
                "calibration_rows": len(truth_c),
                "calibration_positives": int(truth_c.sum()),
            }
        )
    result = {
        "labels": labels,
        "targets": targets,
        "heads": heads,
        "fusion": fusion.tolist(),
        "bias": bias.tolist(),
        "outputs": outputs,
    }
    (out / "calibration.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    return {"outputs": outputs}


def collect(
    table: datasets.Dataset,
    model: HeadedEncoder,
    heads: Sequence[str],
    every_head: Sequence[str],
    tokenizer: Tokenizer,
    length: int,
) -> Rows:
    """Logits of every row that fits in one window."""
    ids = [encoding.ids for encoding in tokenizer.encode_batch(table["text"])]
    kept = [index for index, row in enumerate(ids) if len(row) <= length]
    values = np.array(table["heads"], dtype=np.float64)[kept]
    columns = [every_head.index(head) for head in heads if head.startswith("target.")]
    return Rows(
        sources=np.array(table["source"])[kept],
        logits=logits_of(model, [ids[index] for index in kept]),
        labels=np.array(table["labels"], dtype=np.float64)[kept],
        targets=values[:, columns],
    )


def logits_of(model: HeadedEncoder, ids: Sequence[Sequence[int]], batch: int = 64) -> Floats:
    """Logits of shape (rows, heads), in the order of `ids`; computed in batches of like length."""
    order = sorted(range(len(ids)), key=lambda index: len(ids[index]))
    result = np.zeros((len(ids), model.heads.out_features))
    pad = Collator(model.encoder.config.pad_token_id or 0)
    with track("inference", total=len(ids), unit="rows") as progress, torch.inference_mode():
        for start in range(0, len(order), batch):
            rows = order[start : start + batch]
            inputs = pad([{"input_ids": ids[row], "labels": [], "weights": []} for row in rows])
            output = model(inputs["input_ids"], inputs["attention_mask"])
            result[rows] = output["logits"].numpy()
            progress.advance(len(rows))
    return result


def _label_rows(rows: Rows, label: str, choice: Fusion) -> tuple[NDArray[np.bool_], Floats, Floats]:
    """Which rows define a label, what they say, and how much each counts.

    Each family has its share of the weight, however many rows it has. With a `prior`, positives
    then have that share of the whole.
    """
    values = rows.labels[:, list(LABELS).index(label)]
    families = np.array([SOURCES[str(s)].heads.get(label, "") for s in rows.sources])
    known = ~np.isnan(values) & np.isin(families, list(choice.families))
    truth, families = values[known], families[known]
    weights = np.ones(len(truth))
    for family, portion in choice.families.items():
        own = families == family
        if own.any():
            weights[own] = portion / own.sum()
    if choice.prior and len(truth):
        for positive, portion in ((True, choice.prior), (False, 1 - choice.prior)):
            own = (truth == 1) == positive
            if own.any():
                weights[own] *= portion / weights[own].sum()
    return known, truth, weights * len(truth) / max(weights.sum(), 1e-12)


def _target_rows(rows: Rows, target: int) -> tuple[NDArray[np.bool_], Floats, Floats]:
    values = rows.targets[:, target]
    known = ~np.isnan(values)
    return known, values[known], np.ones(int(known.sum()))


def _fuse(logits: Floats, truth: Floats, weights: Floats) -> tuple[Floats, float]:
    """Logistic regression over the logits of the heads: one weight a head, and a bias."""
    if min(truth.sum(), (1 - truth).sum()) < _FEW:
        return np.full(logits.shape[1], 1 / logits.shape[1]), 0.0
    fitted = LogisticRegression(C=1.0, max_iter=1000).fit(logits, truth, sample_weight=weights)
    return cast("Floats", fitted.coef_[0]), float(fitted.intercept_[0])


def _platt(logits: Floats, truth: Floats, weights: Floats) -> Calibration:
    if min(truth.sum(), (1 - truth).sum()) < _FEW:
        return Calibration(slope=1.0, intercept=0.0)
    fitted = LogisticRegression(C=1e6).fit(logits[:, None], truth, sample_weight=weights)
    slope = max(float(fitted.coef_[0, 0]), _MIN_SLOPE)
    return Calibration(slope=slope, intercept=float(fitted.intercept_[0]))


def _operating_point(probabilities: Floats, truth: Floats, weights: Floats) -> OperatingPoint:
    """The threshold around which the mean of the two classes' weighted F1 scores is best.

    The best single point is a matter of a few rows: two trainings of one recipe put it 0.07 apart,
    on a curve that is flat there. So the curve is smoothed over a quarter of a logit either way.
    Precision and recall are reported over the rows as they are, without weights.
    """
    positive = truth == 1
    threshold = 0.5
    if min(positive.sum(), (~positive).sum()) >= _FEW:
        measure = _weighted_macro_f1(probabilities, positive, weights)
        candidates = _sigmoid(np.linspace(-6, 6, 481))
        curve = np.array([measure(candidate) for candidate in candidates])
        window = np.ones(21)
        smooth = np.convolve(curve, window, "same") / np.convolve(curve * 0 + 1, window, "same")
        threshold = float(np.round(candidates[np.argmax(smooth)], 3))
    flagged = probabilities >= threshold
    hits = int((flagged & positive).sum())
    return OperatingPoint(
        threshold=threshold,
        precision=_estimate(hits, int(flagged.sum())),
        recall=_estimate(hits, int(positive.sum())),
        rows=len(truth),
        positives=int(positive.sum()),
    )


def _weighted_macro_f1(
    probabilities: Floats, positive: NDArray[np.bool_], weights: Floats
) -> Callable[[float], float]:
    def measure(threshold: float) -> float:
        flagged = probabilities >= threshold
        scores = []
        for said, true in ((flagged, positive), (~flagged, ~positive)):
            both = weights[said & true].sum()
            scores.append(2 * both / max(weights[said].sum() + weights[true].sum(), 1e-12))
        return float(np.mean(scores))

    return measure


def _expected_error(probabilities: Floats, truth: Floats, weights: Floats, bins: int = 15) -> float:
    """Expected calibration error over bins of equal weight (Naeini 2015)."""
    if not len(truth):
        return float("nan")
    order = np.argsort(probabilities, kind="stable")
    position = np.cumsum(weights[order]) / weights.sum()
    edges = np.minimum((position * bins).astype(int), bins - 1)
    error = 0.0
    for index in range(bins):
        own = order[edges == index]
        if len(own):
            gap = np.average(truth[own] - probabilities[own], weights=weights[own])
            error += abs(gap) * weights[own].sum() / weights.sum()
    return float(error)


def _estimate(hits: int, rows: int) -> Estimate:
    measured = share(hits, rows)
    value = 0.0 if rows == 0 else measured.value
    return Estimate(value=value, low=measured.low, high=measured.high)


def _sigmoid(values: Floats) -> Floats:
    return cast("Floats", np.exp(-np.logaddexp(0, -values)))
