"""The model card: filled in by the run that it describes, never by hand."""

import json
import re
from typing import TYPE_CHECKING

from models.card import SECTIONS, ModelCard
from models.manifest import Manifest
from training.card import about, labels, results, training
from training.card.structure import structure

if TYPE_CHECKING:
    from training.pipeline import Run


def render_card(run: "Run", manifest: Manifest, release_date: str) -> tuple[str, ModelCard]:
    """The card as Markdown, with the front matter that model hubs read, and as structured data.

    release_date: YYYY-MM-DD.
    """
    reports = {
        step: run.report(step)
        for step in ("prepare", "train", "refine", "calibrate", "export", "evaluate")
    }
    folder = run.step("evaluate")
    evaluation = json.loads((folder / "evaluation.json").read_text())
    case = json.loads((folder / "case.json").read_text())
    sections = {
        "trainingData": [
            about.TRAINING_DATA,
            training.sources(reports["prepare"], manifest),
            training.how(run.recipe, reports, manifest),
        ],
        "policyAndTaxonomy": [about.POLICY, labels.outputs(manifest, reports["calibrate"])],
        "annotationMethodology": [
            about.ANNOTATION,
            labels.dehumanization(reports["prepare"], manifest, case),
        ],
        "performanceBenchmarks": [
            about.BENCHMARKS,
            results.goals(evaluation["goals"], run.recipe.tried),
            results.suites(manifest.metrics, evaluation["suites"]),
            results.calibration(manifest, reports["calibrate"]),
        ],
        "biasAndLimitations": [about.limits(manifest), results.fairness(evaluation["fairness"])],
        "implementationGuidance": [
            about.what_it_is(manifest),
            about.INTENDED_USE,
            about.names_elsewhere(manifest),
        ],
        "relevantLinks": [about.links(manifest)],
    }
    title = (
        f"# {manifest.name} {manifest.version}\n\n{manifest.description} "
        f"Released on {release_date}."
    )
    front = results.headline(evaluation["goals"])
    body = "\n\n".join(
        [
            f"{title}\n\n{front}" if front else title,
            *(
                f"## {SECTIONS[name]}\n\n" + "\n\n".join(_one_level_down(part) for part in parts)
                for name, parts in sections.items()
            ),
        ]
    )
    front_matter = about.front_matter(manifest)
    return f"{front_matter}\n\n{body}\n", structure(body, manifest, release_date)


def _one_level_down(markdown: str) -> str:
    return re.sub(r"^(?=##)", "#", markdown, flags=re.MULTILINE)
