"""The model card: filled in by the run that it describes, never by hand."""

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from models.labels import LABELS, TARGETS
from models.manifest import Manifest, Metric, OperatingPoint
from training.sources import SOURCES

if TYPE_CHECKING:
    from training.pipeline import Run

_HOW_DEHUMANIZATION = """
*Annotated* positives are HatemojiBuild's `dehumanizinglanguage` and EDOS 2.3 (which mixes
dehumanization with sexual objectification). *Annotated* negatives are hateful rows of another
type, and rows that are not hateful at all: dehumanization is a form of hate. *Guessed* ones are
hateful rows of DynaHate and ToxiGen, positive if they use a word of the lexicon in
`training/metaphors.py`, and kindly comments; they count less in the loss and are used neither for
calibration nor for any number in this card. DynaHate's typed dev rows serve calibration and
validation, its typed test rows the test. Latent Hatred's `inferiority` and Gab's `human dignity`
train heads of their own, and the label is a combination of these heads that was fitted on
validation rows.
"""

_HOW_CALIBRATED = """\
Platt scaling on a split of its own. The expected calibration error is over validation rows,
weighted as in the recipe: a probability is right for texts as common there, and real traffic
holds far less hate.
"""

_LIMITS = """\
## Limits

English only. The training data was collected by keyword or written by annotators: its groups,
slurs and dialects are those of the United States and Britain around 2016 to 2022, and reclaimed
and in-group speech is often marked offensive in it. Texts are judged without their thread,
picture or author. The tables above show where it fails.
"""


def render_card(run: "Run", manifest: Manifest) -> str:
    """The card as Markdown, with the front matter that model hubs read."""
    reports = {
        step: run.report(step) for step in ("prepare", "train", "calibrate", "export", "evaluate")
    }
    suites = json.loads((run.step("evaluate") / "suites.json").read_text())["suites"]
    case = json.loads((run.step("evaluate") / "case.json").read_text())
    parts = [
        _front_matter(manifest),
        f"# {manifest.name} {manifest.version}\n\n{manifest.description}",
        _what_it_is(manifest),
        _intended_use(),
        _labels(manifest),
        _dehumanization(reports["prepare"], manifest, case),
        _results(manifest.metrics, suites),
        _calibration(manifest, reports["calibrate"]),
        _training(run, reports, manifest),
        _limits(manifest),
    ]
    return "\n\n".join(parts) + "\n"


def _front_matter(manifest: Manifest) -> str:
    return "\n".join(
        [
            "---",
            "language: en",
            "license: apache-2.0",
            f"base_model: sentence-transformers/{manifest.base_model.name.removeprefix('gt-')}",
            "pipeline_tag: text-classification",
            "tags: [hate-speech, dehumanization, content-moderation, onnx]",
            "---",
        ]
    )


def _what_it_is(manifest: Manifest) -> str:
    return (
        f"A text classifier for moderation, fine-tuned from {manifest.base_model.name} "
        f"({manifest.base_model.licence}, SHA-256 `{manifest.base_model.sha256}`), exported to "
        f"ONNX with {manifest.quantization.weights} weights. It reads texts in windows of "
        f"{manifest.window.length} tokens that overlap by {manifest.window.overlap}; the score of "
        "a long text is that of its highest window."
    )


def _intended_use() -> str:
    return (
        "## Intended use\n\n"
        "To find posts for people to look at, under a written rule and with an appeal. It judges a "
        "text, never its author. Not for: automatic removal without review, legal decisions, "
        "surveillance of persons or groups, or languages other than English."
    )


def _labels(manifest: Manifest) -> str:
    points = manifest.operating_points["balanced"]
    modelled = {target.name for target in manifest.targets}
    missing = [name for name in TARGETS if name not in modelled]
    lines = [
        "## Labels\n",
        (
            "Thresholds of the operating point `balanced`, and what they gave on validation rows. "
            "Precision depends on how common the label is; here it is as common as in those rows.\n"
        ),
        *_table(
            ("label", "meaning", "threshold", "precision", "recall", "rows", "positive"),
            (
                (label.name, LABELS[label.name], *_point(points[label.name]))
                for label in manifest.labels
            ),
        ),
        "\nProtected categories that the text speaks of:\n",
        *_table(
            ("category", "meaning", "threshold", "precision", "recall", "rows", "positive"),
            (
                (target.name, TARGETS[target.name], *_point(points[target.name]))
                for target in manifest.targets
            ),
        ),
    ]
    if missing:
        lines.append(
            f"\nNot modelled, for want of training rows: {', '.join(missing)}. A text about them "
            "still gets its labels, but the answer names no category."
        )
    return "\n".join(lines)


def _point(point: OperatingPoint) -> tuple[str, ...]:
    def with_interval(estimate: Any) -> str:
        return f"{estimate.value:.2f} ({estimate.low:.2f} to {estimate.high:.2f})"

    return (
        f"{point.threshold:.3f}",
        with_interval(point.precision),
        with_interval(point.recall),
        f"{point.rows:,}",
        f"{point.positives:,}",
    )


def _dehumanization(prepared: dict[str, Any], manifest: Manifest, case: dict[str, float]) -> str:
    counts = prepared["dehumanization"]
    tweet, *others = case.values()
    threshold = manifest.threshold("dehumanization")
    lines = [
        "## How dehumanization was learned\n",
        "Few public rows carry the label. Counted over training rows, repeats included:\n",
        *_table(
            ("what is said of dehumanization", "rows"),
            ((kind, f"{count:,}") for kind, count in sorted(counts.items())),
        ),
        _HOW_DEHUMANIZATION,
        "The case that this product comes from, and three texts that must score lower:\n",
        *_table(
            ("text", "dehumanization", "below the case by"),
            (
                (text, f"{score:.3f}", "" if index == 0 else f"{tweet - score:+.3f}")
                for index, (text, score) in enumerate(case.items())
            ),
        ),
        (
            f"\nThe case lies {tweet - max(others):+.3f} from the highest of the three, and the "
            f"threshold is {threshold:.3f}: the case is "
            f"{'flagged' if tweet >= threshold else '**not** flagged'}, and of the three "
            f"{sum(score >= threshold for score in others)} are."
        ),
    ]
    return "\n".join(lines)


def _results(metrics: Sequence[Metric], suites: Sequence[dict[str, Any]]) -> str:
    lines = [
        "## Results\n",
        (
            "Of the int8 graph in this bundle, scored once after everything was fixed, with 95 % "
            "intervals. `upstander evaluate --suite all` prints those of the suites.\n"
        ),
        *_table(
            ("suite", "label", "number", "value", "95 % interval", "rows"),
            (
                (m.suite, m.label, m.name, f"{m.value:.3f}", f"{m.low:.3f} to {m.high:.3f}", m.rows)
                for m in metrics
            ),
        ),
    ]
    for suite in suites:
        lines += [
            f"\n### {suite['suite']}: accuracy of `{suite['label']}` by functionality\n",
            *_table(
                ("functionality", "accuracy", "95 % interval", "rows"),
                _accuracies(suite["functionalities"]),
            ),
        ]
        # DynaHate's target column names a hundred combinations; only those with rows enough tell.
        targets = {name: m for name, m in suite["targets"].items() if m["rows"] >= 30}
        if targets:
            lines += [
                "\nBy target, where there are at least 30 rows:\n",
                *_table(("target", "accuracy", "95 % interval", "rows"), _accuracies(targets)),
            ]
    return "\n".join(lines)


def _accuracies(table: dict[str, dict[str, float]]) -> Iterable[tuple[object, ...]]:
    for name, m in table.items():
        yield name, f"{m['value']:.3f}", f"{m['low']:.3f} to {m['high']:.3f}", int(m["rows"])


def _calibration(manifest: Manifest, calibrated: dict[str, Any]) -> str:
    labels = {label.name for label in manifest.labels}
    return "\n".join(
        [
            "## Calibration\n",
            _HOW_CALIBRATED,
            *_table(
                ("output", "expected calibration error", "calibration rows", "positive"),
                (
                    (
                        output["name"],
                        f"{output['expected_calibration_error']:.3f}",
                        f"{output['calibration_rows']:,}",
                        f"{output['calibration_positives']:,}",
                    )
                    for output in calibrated["outputs"]
                    if output["name"] in labels
                ),
            ),
        ]
    )


def _training(run: "Run", reports: dict[str, Any], manifest: Manifest) -> str:
    trained, prepared = reports["train"], reports["prepare"]
    options = run.recipe.training
    members = ""
    if options.members > 1:
        alone = " and ".join(f"{member['best']:.3f}" for member in trained["members"])
        members = (
            f", over {options.members} networks whose weights are averaged (area under the ROC "
            f"curve on validation rows, {options.best_head or 'mean of heads'}: {alone} alone, "
            f"{trained['best']:.3f} averaged)"
        )
    left_out = "; ".join(f"{reason}: {count:,}" for reason, count in prepared["left_out"].items())
    lines = [
        "## Training\n",
        (
            f"`upstander train {run.recipe.name.removeprefix('upstander-')}`, seed "
            f"{run.recipe.seed}: {trained['rows']:,} rows (repeats included), "
            f"{trained['steps']:,} steps of {options.batch_size}, learning rate "
            f"{options.learning_rate:g}, {trained['precision']}, {trained['seconds'] / 60:.0f} "
            f"minutes{members}. Another {trained['too_long']:,} rows were longer than "
            f"{options.max_length} tokens and left out, because the label of a cut text is "
            "unknown.\n"
        ),
        (
            f"Rows left out before sampling ({left_out}). No text of HateCheck and none that fills "
            "one of its templates is in the training data, nor any text of a dev or test set.\n"
        ),
        *_table(
            ("source", "training rows", "licence", "verified", "citation", "to know"),
            (
                (
                    f"[{s.name}]({s.upstream})",
                    f"{s.rows:,}",
                    s.licence,
                    "yes" if s.licence_verified else "**no**",
                    s.citation,
                    SOURCES[s.name].note,
                )
                for s in manifest.sources
            ),
        ),
        "\nFrom fp32 to int8, on validation rows:\n",
        *_table(
            ("compared", "rows", "most decisions flipped", "of", "largest difference"),
            (
                (p.compared, f"{p.rows:,}", f"{p.flipped:.2%}", p.worst, f"{p.difference:.3f}")
                for p in manifest.parity
            ),
        ),
    ]
    return "\n".join(lines)


def _limits(manifest: Manifest) -> str:
    unverified = [source.name for source in manifest.sources if not source.licence_verified]
    return (
        f"{_LIMITS}\nLicences that were not verified at their source: "
        f"{', '.join(unverified) or 'none'}. Texts taken from a platform also fall under that "
        "platform's terms."
    )


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    lines = ["| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return lines
