"""Labels, targets and mechanisms, their thresholds, and how dehumanization was learned."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from upstander.models.labels import LABELS, MECHANISMS, TARGETS
from upstander.models.manifest import Estimate, Manifest, OperatingPoint, Output
from upstander.models.operating_points import ORDINARY_FLAGGED
from upstander.training.card.parts import Part, Table

_HOW_DEHUMANIZATION: Final = """\
*Annotated* positives are HatemojiBuild's `dehumanizinglanguage`, EDOS 2.3 (which mixes
dehumanization with sexual objectification), the contrast sets, sentences that this project makes
from templates (`training/contrast/`), and `dehum_natural`, posts of the other data sets that a
large language model labelled with the codebook of this project. *Annotated* negatives are hateful
rows of another type, and rows that are not hateful at all: dehumanization is a form of hate.
*Guessed* ones are hateful rows of DynaHate and ToxiGen, positive if they use a word of the lexicon
in `training/weak_labels.py`, and kindly comments; they count less in the loss and are used neither
for calibration nor for any number in this card. DynaHate's typed dev rows serve calibration and
validation, its typed test rows the test. Latent Hatred's `inferiority` and Gab's `human dignity`
train heads of their own."""

_HOW_MECHANISMS: Final = """\
The mechanisms are annotated in the contrast sets and in `dehum_natural` only. Their thresholds are
set on both, contrast sentences of held-out templates among them: on natural text expect less than
the table above says."""

_POINTS: Final = tuple(ORDINARY_FLAGGED)
_WORLD: Final = ("of 1,000 ordinary posts", "recall, natural", "recall, adversarial", "precision")

_BUDGETS: Final = ", ".join(
    f"{1000 * share:g} at `{name}`" for name, share in ORDINARY_FLAGGED.items()
)
_MEANING: Final = (
    "What each operating point does, with 95 % intervals. The threshold of a point limits how many "
    f"of 1,000 ordinary posts, posts of everyday domains, are flagged: {_BUDGETS}. *Natural* rows "
    "are posts as people wrote them; *adversarial* rows were written to test or to deceive a "
    "classifier. Precision and the numbers of rows are those of the natural rows, where positives "
    "are far more common than in ordinary traffic. All are validation rows."
)

_OTHER_MEANING: Final = (
    "Categories and mechanisms describe posts that a label has flagged, so their points are set "
    "on rows that are annotated for them: `watchful` is the highest threshold that finds nine of "
    "ten positives, nine of ten texts that `quiet` flags are positive, or as many as can be, and "
    "`balanced` is the best mean F1 of the two classes."
)


def outputs(manifest: Manifest, calibrated: Mapping[str, Any]) -> Part:
    """Every output with its operating points, and what a threshold of its own gives a category."""
    modelled = {target.name for target in manifest.targets}
    missing = [name for name in TARGETS if name not in modelled]
    not_modelled = (
        f"Not modelled, for want of training rows: {', '.join(missing)}. A text about them "
        "still gets its labels, but the answer names no category."
    )
    return Part(
        "Labels",
        [
            _MEANING,
            _points(manifest, "label", manifest.labels, LABELS),
            _OTHER_MEANING,
            "Protected categories that the text speaks of, at `balanced`:",
            _balanced(manifest, "category", manifest.targets, TARGETS),
            "Mechanisms, at `balanced`:",
            _balanced(manifest, "mechanism", manifest.mechanisms, MECHANISMS),
            *([not_modelled] if missing else []),
            _OWN_THRESHOLDS,
            _own_thresholds(calibrated),
        ],
    )


_OWN_THRESHOLDS: Final = (
    "A label has one threshold for every category, unless the rows of one support a threshold of "
    "its own: fitted on validation rows, it must raise the mean F1 of the two classes on "
    "calibration rows, with the whole 95 % interval, which allows for all that were tried. A row "
    "is of a category if the model says that it speaks of it. Categories that are not listed have "
    "too few rows to tell. The tables under Fairness show what the common threshold means for each "
    "group."
)


def _own_thresholds(calibrated: Mapping[str, Any]) -> Table:
    return Table(
        ("label", "category", "its own threshold", "gain", "rows", "supported"),
        [
            [
                label,
                own["category"],
                f"{own['threshold']:.3f}",
                "{value:+.3f} ({low:+.3f} to {high:+.3f})".format_map(own["gain"]),
                f"{own['gain']['rows']:,}",
                "yes" if own["is_supported"] else "no",
            ]
            for label, every in calibrated["own_thresholds"].items()
            for own in every
        ],
    )


def _points(
    manifest: Manifest, kind: str, outputs: Sequence[Output], meanings: Mapping[str, str]
) -> Table:
    """Every operating point, with what it does to ordinary, natural and adversarial posts."""
    return Table(
        (kind, "meaning", "point", "threshold", *_WORLD, "rows", "positive"),
        [
            [
                output.name if index == 0 else "",
                meanings[output.name] if index == 0 else "",
                name,
                *_cells(
                    point,
                    per_thousand(point.ordinary),
                    _share(point.recall),
                    _share(point.recall_adversarial),
                    _share(point.precision),
                ),
            ]
            for output in outputs
            for index, name in enumerate(_POINTS)
            for point in [manifest.point(output.name, name)]
        ],
    )


def _balanced(
    manifest: Manifest, kind: str, outputs: Sequence[Output], meanings: Mapping[str, str]
) -> Table:
    return Table(
        (kind, "meaning", "threshold", "precision", "recall", "rows", "positive"),
        [
            [
                output.name,
                meanings[output.name],
                *_cells(point, _share(point.precision), _share(point.recall)),
            ]
            for output in outputs
            for point in [manifest.point(output.name)]
        ],
    )


def _cells(point: OperatingPoint, *measured: str) -> tuple[str, ...]:
    return (f"{point.threshold:.3f}", *measured, f"{point.rows:,}", f"{point.positives:,}")


def _share(estimate: Estimate | None) -> str:
    if estimate is None:
        return ""
    return f"{estimate.value:.2f} ({estimate.low:.2f} to {estimate.high:.2f})"


def per_thousand(estimate: Estimate | None) -> str:
    """So many of 1,000, with the interval; empty where it was not measured."""
    if estimate is None:
        return ""
    value, low, high = (1000 * share for share in (estimate.value, estimate.low, estimate.high))
    return f"{value:.1f} ({low:.1f} to {high:.1f})"


def _flagged(score: float, threshold: float) -> str:
    return "flagged" if score >= threshold else "**not** flagged"


def dehumanization(
    prepared: Mapping[str, Any], manifest: Manifest, case: Mapping[str, float]
) -> Part:
    """What the label was learned from, and the case that the product comes from."""
    tweet, in_full, *others = case.values()
    threshold = manifest.threshold("dehumanization")
    distance = (
        f"The case lies {tweet - max(others):+.3f} from the highest of the three, in full "
        f"{in_full - max(others):+.3f}, and the threshold is {threshold:.3f}: the case is "
        f"{_flagged(tweet, threshold)}, in full it is {_flagged(in_full, threshold)}, and of "
        f"the three {sum(score >= threshold for score in others)} are. Contrast sentences were "
        "written with it in mind, so it is no test of them."
    )
    return Part(
        "How dehumanization was learned",
        [
            "Few public rows carry the label. Counted over training rows, repeats included:",
            Table(
                ("what is said of dehumanization", "rows"),
                [
                    [kind, f"{count:,}"]
                    for kind, count in sorted(prepared["dehumanization"].items())
                ],
            ),
            _HOW_DEHUMANIZATION,
            _HOW_MECHANISMS,
            (
                "The case that this product comes from, in short and in full, and three texts that "
                "must score lower:"
            ),
            Table(
                ("text", "dehumanization"),
                [[text, f"{score:.3f}"] for text, score in case.items()],
            ),
            distance,
        ],
    )
