"""Labels, targets and mechanisms, their thresholds, and how dehumanization was learned."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from models.labels import LABELS, MECHANISMS, TARGETS
from models.manifest import Estimate, Manifest, OperatingPoint, Output
from training.card.tables import table

_HOW_DEHUMANIZATION: Final = """
*Annotated* positives are HatemojiBuild's `dehumanizinglanguage`, EDOS 2.3 (which mixes
dehumanization with sexual objectification), and the contrast sets, sentences that this project
makes from templates (`training/contrast/`). *Annotated* negatives are hateful rows of another
type, and rows that are not hateful at all: dehumanization is a form of hate. *Guessed* ones are
hateful rows of DynaHate and ToxiGen, positive if they use a word of the lexicon in
`training/metaphors.py`, and kindly comments; they count less in the loss and are used neither for
calibration nor for any number in this card. DynaHate's typed dev rows serve calibration and
validation, its typed test rows the test. Latent Hatred's `inferiority` and Gab's `human dignity`
train heads of their own.

The mechanisms are annotated in the contrast sets only, and their thresholds are set on contrast
sentences of held-out templates: on natural text expect less than the table above says.
"""

_POINTS: Final = ("high-recall", "balanced", "high-precision")
_HEADER: Final = ("meaning", "point", "threshold", "precision", "recall", "rows", "positive")


def outputs(manifest: Manifest, calibrated: Mapping[str, Any]) -> str:
    """Every output with its operating points, and what a threshold of its own gives a category."""
    modelled = {target.name for target in manifest.targets}
    missing = [name for name in TARGETS if name not in modelled]
    lines = [
        "## Labels\n",
        (
            "What each operating point gave on validation rows, with 95 % intervals: `balanced` is "
            "the best mean F1 of the two classes, `high-recall` finds nine of ten positives there, "
            "and of what `high-precision` flags nine of ten are right, or as many as can be. "
            "Precision depends on how common the label is; here it is as common as in those "
            "rows.\n"
        ),
        *_points(manifest, "label", manifest.labels, LABELS, _POINTS),
        "\nProtected categories that the text speaks of, at `balanced`:\n",
        *_points(manifest, "category", manifest.targets, TARGETS, _POINTS[1:2]),
        "\nMechanisms, at `balanced`:\n",
        *_points(manifest, "mechanism", manifest.mechanisms, MECHANISMS, _POINTS[1:2]),
    ]
    if missing:
        lines.append(
            f"\nNot modelled, for want of training rows: {', '.join(missing)}. A text about them "
            "still gets its labels, but the answer names no category."
        )
    return "\n".join([*lines, *_own_thresholds(calibrated)])


def _own_thresholds(calibrated: Mapping[str, Any]) -> list[str]:
    return [
        (
            "\nA label has one threshold for every category, unless the rows of one support a "
            "threshold of its own: fitted on validation rows, it must raise the mean F1 of the two "
            "classes on calibration rows, with the whole 95 % interval, which allows for all that "
            "were tried. A row is of a category if the model says that it speaks of it. Categories "
            "that are not listed have too few rows to tell. The tables under Fairness show what "
            "the common threshold means for each group.\n"
        ),
        *table(
            ("label", "category", "its own threshold", "gain", "rows", "supported"),
            (
                (
                    label,
                    own["category"],
                    f"{own['threshold']:.3f}",
                    "{value:+.3f} ({low:+.3f} to {high:+.3f})".format_map(own["gain"]),
                    f"{own['gain']['rows']:,}",
                    "yes" if own["is_supported"] else "no",
                )
                for label, every in calibrated["own_thresholds"].items()
                for own in every
            ),
        ),
    ]


def _points(
    manifest: Manifest,
    kind: str,
    outputs: Sequence[Output],
    meanings: Mapping[str, str],
    names: Sequence[str],
) -> list[str]:
    return table(
        (kind, *_HEADER),
        (
            (
                output.name if index == 0 else "",
                meanings[output.name] if index == 0 else "",
                name,
                *_cells(manifest.operating_points[name][output.name]),
            )
            for output in outputs
            for index, name in enumerate(names)
        ),
    )


def _cells(point: OperatingPoint) -> tuple[str, ...]:
    def with_interval(estimate: Estimate) -> str:
        return f"{estimate.value:.2f} ({estimate.low:.2f} to {estimate.high:.2f})"

    return (
        f"{point.threshold:.3f}",
        with_interval(point.precision),
        with_interval(point.recall),
        f"{point.rows:,}",
        f"{point.positives:,}",
    )


def _flagged(score: float, threshold: float) -> str:
    return "flagged" if score >= threshold else "**not** flagged"


def dehumanization(
    prepared: Mapping[str, Any], manifest: Manifest, case: Mapping[str, float]
) -> str:
    """What the label was learned from, and the case that the product comes from."""
    tweet, in_full, *others = case.values()
    threshold = manifest.threshold("dehumanization")
    lines = [
        "## How dehumanization was learned\n",
        "Few public rows carry the label. Counted over training rows, repeats included:\n",
        *table(
            ("what is said of dehumanization", "rows"),
            ((kind, f"{count:,}") for kind, count in sorted(prepared["dehumanization"].items())),
        ),
        _HOW_DEHUMANIZATION,
        (
            "The case that this product comes from, in short and in full, and three texts that "
            "must score lower:\n"
        ),
        *table(
            ("text", "dehumanization"), ((text, f"{score:.3f}") for text, score in case.items())
        ),
        (
            f"\nThe case lies {tweet - max(others):+.3f} from the highest of the three, in full "
            f"{in_full - max(others):+.3f}, and the threshold is {threshold:.3f}: the case is "
            f"{_flagged(tweet, threshold)}, in full it is {_flagged(in_full, threshold)}, and of "
            f"the three {sum(score >= threshold for score in others)} are. Contrast sentences were "
            "written with it in mind, so it is no test of them."
        ),
    ]
    return "\n".join(lines)
