"""The fine-tuned network as a graph, and the bundle of it."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer

from upstander.evaluation.scoring import in_order
from upstander.models.bundle import Bundle, GoldenRow, flatten, write_bundle
from upstander.models.manifest import Calibration, Golden, Manifest, Metric, OperatingPoint, Output
from upstander.models.provenance import SourceRecord
from upstander.models.scorer import Scorer
from upstander.models.session import open_session
from upstander.training.finetune.calibrate import Tuned
from upstander.training.finetune.card import render_card
from upstander.training.finetune.network import Network, new_network
from upstander.training.finetune.windows import windows_of
from upstander.training.golden import GOLDEN_TEXTS
from upstander.training.inference import logits_of
from upstander.training.onnx_export import FusedEncoder, run, write_graphs
from upstander.training.outliers import TEXTS
from upstander.training.recipe import Training
from upstander.training.steps.export import compare, cpu_features

_OPSET = 20


def export(
    network: Network,
    weights: Path,
    shipped: Manifest,
    tuned: Mapping[str, Tuned],
    tokenizer: Tokenizer,
    texts: Sequence[str],
    out: Path,
) -> dict[str, Any]:
    """Write `out/model.onnx` and a draft of the manifest, and compare the graph with the network.

    texts: that both read; nobody's answers are needed.
    """
    outputs = [output.name for output in shipped.outputs]
    model = new_network(network.record, outputs, Training(layers=network.record.layers), 0.0)
    model.load_state_dict(load_file(weights))
    model.eval().rounds_as_int8 = False  # what is compared with is the network as it was trained
    identity = {"fusion": torch.eye(len(outputs)).tolist(), "bias": [0.0] * len(outputs)}
    tokens = [e.ids[: shipped.window.length] for e in tokenizer.encode_batch(texts[:TEXTS])]
    fused = FusedEncoder(model, identity).eval()
    files = write_graphs(fused, out, _OPSET, network.record.scale, tokens)
    draft = shipped.model_copy(
        update={
            "labels": tuple(_output(output, tuned) for output in shipped.labels),
            "targets": tuple(_output(output, tuned) for output in shipped.targets),
            "mechanisms": tuple(_output(output, tuned) for output in shipped.mechanisms),
            "operating_points": {
                point: {name: tuned[name].points[point] for name in own}
                for point, own in shipped.operating_points.items()
            },
            "own_thresholds": {
                label: own
                for label, own in shipped.own_thresholds.items()
                if not tuned[label].is_own
            },
            "reliability": {
                label: own for label, own in shipped.reliability.items() if not tuned[label].is_own
            },
            "quantization": shipped.quantization.model_copy(
                update={"cpu_features": cpu_features(), "onnxruntime": ort.__version__}
            ),
            "weights": files,
            "metrics": (),
        }
    )
    ids = [parts[0] for parts in windows_of(tokenizer, shipped.window, texts)]
    session = open_session(out / "model.onnx")
    theirs = np.stack(list(in_order(partial(run, session), ids)))
    points = draft.operating_points["balanced"]
    parity = compare(
        "fp32 torch, int8 ONNX", logits_of(model, ids)[0], theirs, draft.outputs, points
    )
    manifest = draft.model_copy(update={"parity": (parity,)})
    (out / "manifest.json").write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
    (out / "fp32.onnx").unlink()
    return {"flipped": parity.flipped, "of": parity.worst, "rows": parity.rows}


def _output(output: Output, tuned: Mapping[str, Tuned]) -> Output:
    return output.model_copy(update={"calibration": tuned[output.name].calibration})


def read_tuned(path: Path) -> dict[str, Tuned]:
    """What `write_tuned` wrote."""
    return {
        name: Tuned(
            Calibration.model_validate(own["calibration"]),
            {point: OperatingPoint.model_validate(one) for point, one in own["points"].items()},
            own["is_own"],
        )
        for name, own in json.loads(path.read_text(encoding="utf-8")).items()
    }


def write_tuned(tuned: Mapping[str, Tuned], path: Path) -> None:
    """Calibrations and thresholds as JSON."""
    plain = {
        name: {
            "calibration": own.calibration.model_dump(),
            "points": {point: one.model_dump() for point, one in own.points.items()},
            "is_own": own.is_own,
        }
        for name, own in tuned.items()
    }
    path.write_text(json.dumps(plain, indent=2) + "\n", encoding="utf-8")


def publish(
    exported: Path,
    start: Bundle,
    name: str,
    version: str,
    files: Mapping[str, str],
    reports: Mapping[str, Any],
    destination: Path,
) -> Bundle:
    """Write the bundle. files: name of each file of rows to its SHA-256. reports: of the steps.

    Raises BundleExists if there is one already.
    """
    draft = Manifest.model_validate_json((exported / "manifest.json").read_bytes())
    rows = reports["rows"]["parts"]["train"]
    own = SourceRecord(
        name=name,
        upstream="rows of whoever fine-tuned",
        licence="not published",
        licence_verified=True,
        citation="their own",
        rows=rows,
        files=dict(files),
    )
    labels = ", ".join(reports["rows"]["answers"])
    manifest = Manifest.model_validate(
        draft.model_copy(
            update={
                "name": name,
                "version": version,
                "description": (
                    f"{start.manifest.name} {start.manifest.version}, fine-tuned on {rows:,} texts "
                    f"of {name} for {labels}."
                ),
                "sources": (*start.manifest.sources, own),
                "metrics": tuple(Metric.model_validate(one) for one in reports["judge"]["metrics"]),
                "golden": Golden(rows=len(GOLDEN_TEXTS), tolerance=start.manifest.golden.tolerance),
            }
        ).model_dump()
    )
    tokenizer = start.path / "tokenizer.json"
    scorer = Scorer(exported / "model.onnx", tokenizer, manifest)
    golden = [GoldenRow(text=text, scores=flatten(scorer, text)) for text in GOLDEN_TEXTS]
    card, structured = render_card(
        manifest, start.manifest, reports, datetime.now(UTC).date().isoformat()
    )
    return write_bundle(
        destination,
        manifest=manifest,
        model=exported / "model.onnx",
        tokenizer=tokenizer,
        golden=golden,
        card=card,
        structured_card=structured,
    )
