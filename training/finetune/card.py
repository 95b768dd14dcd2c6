"""The card of a fine-tuned bundle: what it learned from, what changed, and what is as it was."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from models.card import SECTIONS, ModelCard
from models.manifest import Manifest
from training.card import about
from training.card.structure import structure
from training.card.tables import measured, table
from training.finetune.divide import ENOUGH

_KEPT: Final = """\
On a row the answered labels were learned; every other output, and the marked words, were to stay as
the network said them before, there and on made-up sentences of this project. The weights are then
between those of before and of after the training."""

_NATURE: Final = """\
Answers are those of whoever made the rows; nobody else looked at them. What was fine-tuned follows
their rule, which may not be that of the product."""


def render_card(
    manifest: Manifest, start: Manifest, reports: Mapping[str, Any], release_date: str
) -> tuple[str, ModelCard]:
    """The card as Markdown and as structured data.

    reports: of the steps. release_date: YYYY-MM-DD.
    """
    sections = {
        "trainingData": [_rows(start, reports)],
        "policyAndTaxonomy": [about.POLICY, _outputs(manifest, reports)],
        "annotationMethodology": [_NATURE],
        "performanceBenchmarks": [_own(reports), _suites(reports)],
        "biasAndLimitations": [_limits(start, reports)],
        "implementationGuidance": [about.what_it_is(manifest), about.INTENDED_USE],
        "relevantLinks": [about.links(manifest)],
    }
    title = (
        f"# {manifest.name} {manifest.version}\n\n{manifest.description} Released on "
        f"{release_date}."
    )
    parts = [
        f"## {SECTIONS[name]}\n\n" + "\n\n".join(one_level_down(part) for part in own)
        for name, own in sections.items()
    ]
    body = "\n\n".join([title, *parts])
    return (
        f"{about.front_matter(manifest)}\n\n{body}\n",
        structure(body, manifest, release_date),
    )


def _rows(start: Manifest, reports: Mapping[str, Any]) -> str:
    rows, learned, blended = reports["rows"], reports["learn"], reports["blend"]
    left_out = "; ".join(f"{why}: {count:,}" for why, count in rows["left_out"].items())
    parts = rows["parts"]
    return "\n".join(
        [
            (
                f"Begun with the network of {start.name} {start.version}, whose own card lists "
                f"{len(start.sources)} data sets. {parts['train']:,} texts trained, "
                f"{parts['tune']:,} tuned, {parts['test']:,} judged; nearly equal texts are in one "
                f"part alone. Left out: {left_out or 'none'}.\n"
            ),
            *table(
                ("label", "yes", "no"),
                ((name, f"{yes:,}", f"{no:,}") for name, (yes, no) in rows["answers"].items()),
            ),
            (
                f"\n{learned['windows']:,} windows of texts and {learned['rehearsed']:,} made-up "
                f"sentences, {learned['epochs']:g} epochs, {learned['steps']:,} steps of "
                f"{learned['batch_size']}, learning rate {learned['learning_rate']:g}, "
                f"{learned['precision']} on {learned['device']}. {_KEPT} Taken was "
                f"{blended['share']:.0%} of the trained network."
            ),
        ]
    )


def _outputs(manifest: Manifest, reports: Mapping[str, Any]) -> str:
    own = reports["blend"]["own"]
    lines = [
        "## Labels\n",
        *table(
            ("label", "threshold (balanced)", "set by"),
            (
                (
                    label.name,
                    f"{manifest.threshold(label.name):.3f}",
                    "these rows" if label.name in own else "the bundle before",
                )
                for label in manifest.labels
            ),
        ),
        (
            "\nPrecision and recall in the manifest of what the bundle before set were measured "
            "with it, and not again."
        ),
    ]
    return "\n".join(lines)


def _own(reports: Mapping[str, Any]) -> str:
    found = reports["judge"]["own"]
    if not found:
        return (
            "## On its own rows\n\nNo row was left to judge by: nothing is known of how good it is."
        )
    few = reports["judge"]["too_few"]
    warning = (
        f"\nToo few to tell ({', '.join(few)}): under {ENOUGH} rows of either answer."
        if few
        else ""
    )
    return "\n".join(["## On its own rows\n", *_compared(found), warning]).rstrip()


def _suites(reports: Mapping[str, Any]) -> str:
    judged = reports["judge"]
    left_out = ", ".join(judged["left_out"]) or "none"
    return "\n".join(
        [
            "## On suites\n",
            *_compared(judged["suites"]),
            f"\nWithout files here, so not measured: {left_out}.",
        ]
    )


def _compared(found: Sequence[Mapping[str, Any]]) -> list[str]:
    return table(
        ("rows of", "label", "number", "before", "now", "difference", "rows"),
        (
            (
                one["suite"],
                one["label"],
                name,
                f"{one['theirs'][name]:.3f}",
                f"{one['ours'][name]:.3f}",
                measured(change),
                f"{one['rows']:,}",
            )
            for one in found
            for name, change in one["differences"].items()
        ),
    )


def one_level_down(markdown: str) -> str:
    """Headings as those of a part."""
    return re.sub(r"^(?=##)", "#", markdown, flags=re.MULTILINE)


def _limits(start: Manifest, reports: Mapping[str, Any]) -> str:
    lost = reports["blend"]["lost"]
    return (
        f"All limits of {start.name} {start.version} hold. It fits the rows that it was given, and "
        "may be worse elsewhere. On made-up sentences of templates that no training saw, the most "
        f"that an ability fell is {max(lost, 0.0):.4f}."
    )
