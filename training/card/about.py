"""What the model is, what it is for, and where it ends."""

from typing import Final

from models.manifest import Manifest
from models.names import OPENAI_CATEGORIES, OPENAI_MODELLED, PERSPECTIVE_ONLY, TWIN, label_of
from training.card.tables import table

TRAINING_DATA: Final = """\
Public data sets in English, and sentences that this project makes from templates. The bundle holds
none of their texts. Licences and checksums of every file are in `manifest.json`."""

POLICY: Final = """\
Dehumanizing speech denies people their humanity because of a protected group. The model scores; it
does not decide. A policy file over labels, categories and mechanisms decides, and it is the
platform's own."""

ANNOTATION: Final = """\
Every row keeps what the annotators of its data set said, in the labels of this project
(`training/sources/` has the mapping of each). What a data set does not annotate is unknown and
trains nothing. The posts of `dehum_natural` were read and labelled for this project's own
definition by a large language model that worked from a written codebook: one pass over the training
rows, two over the test rows (kappa 0.95 for clear dehumanization). It is one reader's consistent
view, and not that of independent people. The everyday posts of `ordinary` are presumed harmless;
nobody labelled them."""

BENCHMARKS: Final = """\
Of the int8 graph in this bundle, with 95 % intervals. No row below trained it; thresholds were set
on validation rows."""

INTENDED_USE: Final = """\
## Intended use

To find posts for people to look at, under a written rule and with an appeal. It judges a text,
never its author. Not for: automatic removal without review, legal decisions, surveillance of
persons or groups, or languages other than English."""

_LIMITS: Final = """\
English only. The training data was collected by keyword or written by annotators: its groups,
slurs and dialects are those of the United States and Britain around 2016 to 2022, and reclaimed
and in-group speech is often marked offensive in it. Texts are judged without their thread,
picture or author. The tables below and the benchmarks show where it fails.
"""


def front_matter(manifest: Manifest) -> str:
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


def what_it_is(manifest: Manifest) -> str:
    return (
        f"A text classifier for moderation, fine-tuned from {manifest.base_model.name} "
        f"({manifest.base_model.licence}, SHA-256 `{manifest.base_model.sha256}`), exported to "
        f"ONNX with {manifest.quantization.weights} weights. It reads texts in windows of "
        f"{manifest.window.length} tokens that overlap by {manifest.window.overlap}; the score of "
        "a long text is that of its highest window."
    )


def names_elsewhere(manifest: Manifest) -> str:
    """The labels in the words of the APIs that a service stands in for, and what is missing."""
    labels = [label.name for label in manifest.labels]
    own = ", ".join(f"`{name.upper()}`" for name in labels)
    others = ", ".join(f"`{name}`" for name in PERSPECTIVE_ONLY if label_of(name) not in labels)
    modelled = {name for name, label in OPENAI_MODELLED.items() if label in labels}
    missing = ", ".join(f"`{name}`" for name in OPENAI_CATEGORIES if name not in modelled)
    return (
        "## Names in other APIs\n\n"
        f"As attributes of the Perspective API: {own}, each also with `{TWIN}`. Not modelled: "
        f"{others}. Whoever runs a service may let a label stand in for one of these "
        "(`--attribute-aliases`). Such a score is that of the label and says nothing of its own: "
        "every answer that holds one names it in `X-Upstander-Aliases`, and the discovery document "
        "says it too.\n\n"
        "As categories of OpenAI's moderation endpoint: "
        f"{', '.join(f'`{name}`' for name in sorted(modelled)) or 'none'}. Not modelled, and so "
        f"always false and 0.0: {missing}."
    )


def limits(manifest: Manifest) -> str:
    unverified = [source.name for source in manifest.sources if not source.licence_verified]
    return (
        f"{_LIMITS}\nLicences that were not verified at their source: "
        f"{', '.join(unverified) or 'none'}. Texts taken from a platform also fall under that "
        "platform's terms."
    )


def links(manifest: Manifest) -> str:
    """Where the base model and the data sets come from."""
    base = f"sentence-transformers/{manifest.base_model.name.removeprefix('gt-')}"
    return "\n".join(
        table(
            ("what", "address"),
            (
                (f"base model {base}", f"https://huggingface.co/{base}"),
                *((s.name, s.upstream) for s in manifest.sources if "://" in s.upstream),
            ),
        )
    )
