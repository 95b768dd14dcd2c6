"""The card of a fine-tuned bundle: what it learned from, what changed, and what is as it was."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from upstander.models.card import SECTIONS, CardFile
from upstander.models.manifest import Manifest
from upstander.training.card import about
from upstander.training.card.parts import Part, Table, measured
from upstander.training.card.render import markdown
from upstander.training.card.structure import structure
from upstander.training.finetune.divide import ENOUGH

_KEPT: Final = """\
On a row the answered labels were learned; every other output, and the marked words, were to stay as
the network said them before, there and on made-up sentences of this project. The weights are then
between those of before and of after the training."""

_NATURE: Final = """\
Answers are those of whoever made the rows; nobody else looked at them. What was fine-tuned follows
their rule, which may not be that of the product."""


def render_card(
    manifest: Manifest, start: Manifest, reports: Mapping[str, Any], release_date: str
) -> tuple[str, CardFile]:
    """The card as Markdown and as structured data, both out of the same parts.

    reports: of the steps. release_date: YYYY-MM-DD.
    """
    use, limits, links = (
        about.intended_use(manifest),
        _limits(start, reports),
        about.links(manifest),
    )
    checksums = about.checksums(manifest)
    own_id = "implementationGuidance"
    guidance = Part(SECTIONS[own_id], [about.what_it_is(manifest)])
    sections = {
        "trainingData": _rows(start, reports),
        "policyAndTaxonomy": Part(
            SECTIONS["policyAndTaxonomy"], [about.POLICY], [_outputs(manifest, reports)]
        ),
        "annotationMethodology": Part(SECTIONS["annotationMethodology"], [_NATURE]),
        "performanceBenchmarks": Part(
            SECTIONS["performanceBenchmarks"], [], [_own(reports), _suites(reports)]
        ),
        "biasAndLimitations": Part(SECTIONS["biasAndLimitations"], limits),
        own_id: Part(guidance.title, guidance.content, [use]),
        "relevantLinks": Part(links.title, links.content, [checksums]),
    }
    for_people = [
        use,
        Part("Limits", limits),
        sections["performanceBenchmarks"],
        sections["policyAndTaxonomy"],
        guidance,
        sections["annotationMethodology"],
        sections["trainingData"],
        links,
        checksums,
    ]
    return (
        markdown(for_people, manifest, release_date),
        structure(sections, manifest, release_date),
    )


def _rows(start: Manifest, reports: Mapping[str, Any]) -> Part:
    rows, learned, blended = reports["rows"], reports["learn"], reports["blend"]
    left_out = "; ".join(f"{why}: {count:,}" for why, count in rows["left_out"].items())
    parts = rows["parts"]
    begun = (
        f"Begun with the network of {start.name} {start.version}, whose own card lists "
        f"{len(start.sources)} data sets. {parts['train']:,} texts trained, "
        f"{parts['tune']:,} tuned, {parts['test']:,} judged; nearly equal texts are in one "
        f"part alone. Left out: {left_out or 'none'}."
    )
    answers = Table(
        ("label", "yes", "no"),
        [[name, f"{yes:,}", f"{no:,}"] for name, (yes, no) in rows["answers"].items()],
    )
    trained = (
        f"{learned['windows']:,} windows of texts and {learned['rehearsed']:,} made-up "
        f"sentences, {learned['epochs']:g} epochs, {learned['steps']:,} steps of "
        f"{learned['batch_size']}, learning rate {learned['learning_rate']:g}, "
        f"{learned['precision']} on {learned['device']}. {_KEPT} Taken was "
        f"{blended['share']:.0%} of the trained network."
    )
    return Part(SECTIONS["trainingData"], [begun, answers, trained])


def _outputs(manifest: Manifest, reports: Mapping[str, Any]) -> Part:
    own = reports["blend"]["own"]
    table = Table(
        ("label", "threshold (balanced)", "set by"),
        [
            [
                label.name,
                f"{manifest.threshold(label.name):.3f}",
                "these rows" if label.name in own else "the bundle before",
            ]
            for label in manifest.labels
        ],
    )
    before = (
        "Precision and recall in the manifest of what the bundle before set were measured with "
        "it, and not again."
    )
    return Part("Labels", [table, before])


def _own(reports: Mapping[str, Any]) -> Part:
    title = "On its own rows"
    found = reports["judge"]["own"]
    if not found:
        return Part(title, ["No row was left to judge by: nothing is known of how good it is."])
    few = reports["judge"]["too_few"]
    warning = f"Too few to tell ({', '.join(few)}): under {ENOUGH} rows of either answer."
    return Part(title, [_compared(found), *([warning] if few else [])])


def _suites(reports: Mapping[str, Any]) -> Part:
    judged = reports["judge"]
    left_out = ", ".join(judged["left_out"]) or "none"
    note = f"Without files here, so not measured: {left_out}."
    return Part("On suites", [_compared(judged["suites"]), note])


def _compared(found: Sequence[Mapping[str, Any]]) -> Table:
    return Table(
        ("rows of", "label", "number", "before", "now", "difference", "rows"),
        [
            [
                one["suite"],
                one["label"],
                name,
                f"{one['theirs'][name]:.3f}",
                f"{one['ours'][name]:.3f}",
                measured(change),
                f"{one['rows']:,}",
            ]
            for one in found
            for name, change in one["differences"].items()
        ],
    )


def _limits(start: Manifest, reports: Mapping[str, Any]) -> list[str]:
    lost = reports["blend"]["lost"]
    return [
        (
            f"All limits of {start.name} {start.version} hold. It fits the rows that it was given, "
            "and may be worse elsewhere. On made-up sentences of templates that no training saw, "
            f"the most that an ability fell is {max(lost, 0.0):.4f}."
        )
    ]
