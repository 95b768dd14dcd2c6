"""The model card: filled in by the run that it describes, never by hand."""

import json
from typing import TYPE_CHECKING

from models.manifest import Manifest
from training.card import about, labels, results, training

if TYPE_CHECKING:
    from training.pipeline import Run


def render_card(run: "Run", manifest: Manifest) -> str:
    """The card as Markdown, with the front matter that model hubs read."""
    reports = {
        step: run.report(step)
        for step in ("prepare", "train", "refine", "calibrate", "export", "evaluate")
    }
    folder = run.step("evaluate")
    evaluation = json.loads((folder / "evaluation.json").read_text())
    parts = [
        about.front_matter(manifest),
        f"# {manifest.name} {manifest.version}\n\n{manifest.description}",
        about.what_it_is(manifest),
        about.intended_use(),
        about.names_elsewhere(manifest),
        labels.outputs(manifest, reports["calibrate"]),
        labels.dehumanization(
            reports["prepare"], manifest, json.loads((folder / "case.json").read_text())
        ),
        results.goals(evaluation["goals"], run.recipe.tried),
        results.suites(manifest.metrics, evaluation["suites"]),
        results.fairness(evaluation["fairness"]),
        results.calibration(manifest, reports["calibrate"]),
        training.how(run.recipe, reports, manifest),
        training.sources(reports["prepare"], manifest),
        about.limits(manifest),
    ]
    return "\n\n".join(parts) + "\n"
