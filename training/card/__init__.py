"""The model card: filled in by the run that it describes, never by hand.

parts      what a card is made of
about, labels, results, training   the parts, out of the reports of the steps
render     the parts as Markdown, from card.md.jinja
structure  the same parts for programs
"""

import json

from upstander.models.card import SECTIONS, CardFile
from upstander.models.manifest import Manifest
from upstander.training.card import about, labels, languages, results, training
from upstander.training.card.parts import Part
from upstander.training.card.render import markdown
from upstander.training.card.structure import structure
from upstander.training.run import Run


def render_card(run: Run, manifest: Manifest, release_date: str) -> tuple[str, CardFile]:
    """The card as Markdown and as structured data, both out of the same parts.

    release_date: YYYY-MM-DD.
    """
    reports = {
        step: run.report(step)
        for step in ("prepare", "train", "refine", "calibrate", "export", "evaluate")
    }
    folder = run.step("evaluate")
    evaluation = json.loads((folder / "evaluation.json").read_text())
    case = json.loads((folder / "case.json").read_text())
    use = about.intended_use(manifest)
    limits = about.limits(manifest)
    thousand = results.thousand(evaluation["goals"], manifest)
    measured = [
        results.goals(evaluation["goals"], run.recipe.tried),
        results.suites(manifest.metrics, evaluation["suites"]),
        results.calibration(manifest, reports["calibrate"]),
    ]
    by_language = languages.languages(
        manifest, evaluation.get("languages", ()), reports["calibrate"]
    )
    fairness = results.fairness(evaluation["fairness"])
    policy = Part(
        SECTIONS["policyAndTaxonomy"],
        [about.POLICY],
        [labels.outputs(manifest, reports["calibrate"])],
    )
    annotation = Part(
        SECTIONS["annotationMethodology"],
        [about.ANNOTATION],
        [labels.dehumanization(reports["prepare"], manifest, case)],
    )
    data = Part(
        SECTIONS["trainingData"],
        [about.training_data(manifest)],
        [
            training.sources(reports["prepare"], manifest),
            training.how(run.recipe, reports, manifest),
        ],
    )
    guidance = [about.what_it_is(manifest)]
    names = about.names_elsewhere(manifest)
    links, checksums = about.links(manifest), about.checksums(manifest)
    benchmarks = SECTIONS["performanceBenchmarks"]
    bias = SECTIONS["biasAndLimitations"]
    for_people = [
        use,
        Part("Limits", limits),
        thousand,
        *by_language,
        Part(benchmarks, [about.BENCHMARKS], [*measured, fairness]),
        policy,
        Part(SECTIONS["implementationGuidance"], guidance, [names]),
        annotation,
        data,
        links,
        checksums,
    ]
    # Programs find the sections that they ask for, under the ids that they know, in their order.
    for_programs = {
        "trainingData": data,
        "policyAndTaxonomy": policy,
        "annotationMethodology": annotation,
        "performanceBenchmarks": Part(
            benchmarks, [about.BENCHMARKS], [thousand, *by_language, *measured]
        ),
        "biasAndLimitations": Part(bias, limits, [fairness]),
        "implementationGuidance": Part(SECTIONS["implementationGuidance"], guidance, [use, names]),
        "relevantLinks": Part(SECTIONS["relevantLinks"], links.content, [checksums]),
    }
    return (
        markdown(for_people, manifest, release_date),
        structure(for_programs, manifest, release_date),
    )
