"""export: the fused graph as ONNX, int8, and the gate that refuses one that decides differently."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from tokenizers import Tokenizer

from upstander.evaluation.progress import track
from upstander.evaluation.scoring import in_order
from upstander.models import normaliser
from upstander.models.bundle import sha256_of
from upstander.models.labels import LABELS
from upstander.models.manifest import (
    SCHEMA_VERSION,
    Calibration,
    Golden,
    Manifest,
    OperatingPoint,
    Output,
    Parity,
    Quantization,
    Rationale,
    Window,
)
from upstander.models.provenance import BaseModelRecord
from upstander.models.session import open_session
from upstander.training.base_model import base_of, load_tokenizer, resolve
from upstander.training.calibration import sigmoid
from upstander.training.gate import Compared, Drop, drops, refuse_worse
from upstander.training.golden import GOLDEN_TEXTS
from upstander.training.inference import logits_of
from upstander.training.model import HeadedEncoder
from upstander.training.onnx_export import BLOCK, FusedEncoder, run, write_graphs
from upstander.training.outliers import TEXTS
from upstander.training.outputs import points_by_name, reliability_by_label, supported
from upstander.training.recipe import Recipe
from upstander.training.served import languages_of
from upstander.training.steps.train import WEIGHTS, load_trained

Floats = NDArray[np.float64]

_CPU_FEATURES = ("avx2", "fma", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8", "asimddp")


def export(
    recipe: Recipe, prepared: Path, trained: Path, calibrated: Path, out: Path
) -> dict[str, Any]:
    """Write `out/fp32.onnx`, `out/model.onnx`, `out/tokenizer.json` and a draft of the manifest.

    Raises ParityError if int8 judges validation rows worse than the recipe allows.
    """
    model, _ = load_trained(recipe, trained)
    calibration = json.loads((calibrated / "calibration.json").read_text())
    fused = FusedEncoder(model, calibration).eval()
    tokenizer = load_tokenizer(base_of(recipe.base, trained.parent))
    tokenizer.save(str(out / "tokenizer.json"))
    tables = datasets.load_from_disk(str(prepared / "data"))
    seen = tables["calibration"].shuffle(seed=recipe.seed)["text"][:TEXTS]
    tokens = [e.ids[: recipe.export.window_length] for e in tokenizer.encode_batch(seen)]
    weights = write_graphs(fused, out, recipe.export.opset, recipe.export.scale, tokens)

    by_kind: dict[str, list[Output]] = {"label": [], "target": [], "mechanism": []}
    for o in calibration["outputs"]:
        scaling = Calibration.model_validate(o["calibration"])
        by_kind[o["kind"]].append(Output(name=o["name"], calibration=scaling))
    named_points = points_by_name(calibration["outputs"])
    outputs = [output for own in by_kind.values() for output in own]
    rows = tables["validation"]
    parity, lost = gate(
        model, calibration, out, tokenizer, rows, outputs, named_points["balanced"], recipe
    )
    manifest = Manifest(
        schema_version=SCHEMA_VERSION,
        name=recipe.name,
        version=recipe.version,
        description=recipe.description,
        labels=tuple(by_kind["label"]),
        targets=tuple(by_kind["target"]),
        mechanisms=tuple(by_kind["mechanism"]),
        rationale=Rationale.model_validate(calibration["rationale"]),
        activation="sigmoid",
        languages=languages_of(recipe.languages, by_kind["label"]),
        normaliser=normaliser.VERSION,
        window=Window(length=recipe.export.window_length, overlap=recipe.export.window_overlap),
        operating_points=named_points,
        own_thresholds=supported(calibration["own_thresholds"]),
        reliability=reliability_by_label(calibration["outputs"]),
        quantization=Quantization(
            weights="int8",
            block=BLOCK if recipe.export.scale == "block" else 0,
            cpu_features=cpu_features(),
            onnxruntime=ort.__version__,
        ),
        parity=tuple(parity),
        base_model=BaseModelRecord(
            name=recipe.base.name,
            licence=recipe.base.licence,
            sha256=recipe.base.sha256 or sha256_of(resolve(recipe.base) / WEIGHTS),
        ),
        sources=(),
        metrics=(),
        golden=Golden(rows=len(GOLDEN_TEXTS), tolerance=recipe.export.golden_tolerance),
        weights=weights,
    )
    (out / "manifest.json").write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return {
        "parity": [entry.model_dump() for entry in parity],
        "drops": [asdict(drop) for drop in lost],
        "megabytes": round(
            sum((out / name).stat().st_size for name in ("model.onnx", *weights)) / 1e6, 1
        ),
    }


def gate(
    model: HeadedEncoder,
    calibration: Mapping[str, Any],
    out: Path,
    tokenizer: Tokenizer,
    rows: datasets.Dataset,
    outputs: Sequence[Output],
    points: dict[str, OperatingPoint],
    recipe: Recipe,
) -> tuple[list[Parity], list[Drop]]:
    """Compare fp32 torch, fp32 ONNX and int8 ONNX, one text a run, and refuse what judges worse."""
    limit = recipe.export.window_length
    encoded = [encoding.ids for encoding in tokenizer.encode_batch(rows["text"][:])]
    kept = np.flatnonzero([len(own) <= limit for own in encoded])
    kept = kept[:: max(1, len(kept) // recipe.export.parity_rows)][: recipe.export.parity_rows]
    ids = [encoded[index] for index in kept]
    fusion, bias = np.array(calibration["fusion"]), np.array(calibration["bias"])
    logits: dict[str, Floats] = {"torch": logits_of(model, ids)[0] @ fusion.T + bias}
    for name in ("fp32", "model"):
        session = open_session(out / f"{name}.onnx")
        found = []
        with track(f"parity of {name}.onnx", total=len(ids), unit="rows") as progress:
            for row in in_order(partial(run, session), ids):
                found.append(row)
                progress.advance()
        logits[name] = np.stack(found)
    compared = [
        compare("fp32 torch, fp32 ONNX", logits["torch"], logits["fp32"], outputs, points),
        compare("fp32 torch, int8 ONNX", logits["torch"], logits["model"], outputs, points),
    ]
    probabilities = {name: _probabilities(own, outputs) for name, own in logits.items()}
    values = np.array(rows["labels"][:], dtype=np.float64)[kept]
    is_ordinary = np.isin(np.array(rows["source"][:])[kept], list(recipe.points.ordinary))
    labels = {}
    for place, output in enumerate(outputs):
        if output.name in LABELS:
            truth = values[:, list(LABELS).index(output.name)]
            known = ~np.isnan(truth)
            labels[output.name] = Compared(
                probabilities["fp32"][known, place],
                probabilities["model"][known, place],
                truth[known] >= 0.5,
                is_ordinary[known],
                points[output.name].threshold,
            )
    lost = drops(labels)
    refuse_worse(lost, recipe.export.max_drop)
    return compared, lost


def _probabilities(logits: Floats, outputs: Sequence[Output]) -> Floats:
    slopes = np.array([output.calibration.slope for output in outputs])
    intercepts = np.array([output.calibration.intercept for output in outputs])
    return sigmoid(slopes * logits + intercepts)


def compare(
    name: str,
    one: Floats,
    other: Floats,
    outputs: Sequence[Output],
    points: dict[str, OperatingPoint],
) -> Parity:
    """How many rows are decided differently, for the output with the most of them."""
    thresholds = np.array([points[output.name].threshold for output in outputs])
    first, second = _probabilities(one, outputs), _probabilities(other, outputs)
    flipped = ((first >= thresholds) != (second >= thresholds)).mean(axis=0)
    return Parity(
        compared=name,
        rows=len(one),
        worst=outputs[int(flipped.argmax())].name,
        flipped=float(flipped.max()),
        difference=float(np.abs(first - second).max()),
    )


def cpu_features() -> tuple[str, ...]:
    """The vector units of this machine, of those that change how int8 is computed."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return ()
    present = set(text.split())
    return tuple(feature for feature in _CPU_FEATURES if feature in present)
