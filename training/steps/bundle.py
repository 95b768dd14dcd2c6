"""bundle: manifest, golden scores and model card become a bundle that was opened once before."""

import json
from datetime import UTC, datetime
from typing import Any

from upstander.models.bundle import GoldenRow, flatten, write_bundle
from upstander.models.manifest import Manifest, Metric
from upstander.models.provenance import SourceRecord
from upstander.models.scorer import Scorer
from upstander.training.card import render_card
from upstander.training.golden import GOLDEN_TEXTS
from upstander.training.run import Run
from upstander.training.sources import SOURCES


def bundle(run: Run) -> dict[str, Any]:
    """Write the bundle to `run.bundles/NAME/VERSION` and return where it is."""
    recipe = run.recipe
    exported = run.step("export")
    rows = run.report("prepare")["rows"]["train"]
    sources = tuple(
        SourceRecord(
            name=name,
            upstream=SOURCES[name].upstream,
            licence=SOURCES[name].licence,
            licence_verified=SOURCES[name].licence_verified,
            citation=SOURCES[name].citation,
            rows=rows.get(name, 0),
            files={
                file.path: file.sha256
                for file in (*SOURCES[name].files, *SOURCES[name].extra_files)
            },
        )
        for name in recipe.sources
    )
    metrics = json.loads((run.step("evaluate") / "metrics.json").read_text())
    draft = Manifest.model_validate_json((exported / "manifest.json").read_bytes())
    manifest = draft.model_copy(
        update={
            "version": recipe.version,  # a patch changes no step before this one
            "sources": sources,
            "metrics": tuple(Metric.model_validate(metric) for metric in metrics),
        }
    )
    scorer = Scorer(exported / "model.onnx", exported / "tokenizer.json", manifest)
    golden = [GoldenRow(text=text, scores=flatten(scorer, text)) for text in GOLDEN_TEXTS]
    card, structured = render_card(run, manifest, datetime.now(UTC).date().isoformat())
    destination = run.bundles / recipe.name / recipe.version
    written = write_bundle(
        destination,
        manifest=manifest,
        model=exported / "model.onnx",
        tokenizer=exported / "tokenizer.json",
        golden=golden,
        card=card,
        structured_card=structured,
    )
    return {"bundle": f"{recipe.name}/{recipe.version}", "sha256": written.sha256}
