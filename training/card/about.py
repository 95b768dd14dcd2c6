"""What the model is, what it is for, and where it ends."""

from typing import Final

from upstander.models.languages import ENGLISH
from upstander.models.manifest import Manifest
from upstander.models.names import (
    OPENAI_CATEGORIES,
    OPENAI_MODELLED,
    PERSPECTIVE_ONLY,
    TWIN,
    label_of,
)
from upstander.training.card.languages import NAMES
from upstander.training.card.parts import Part, Table

_TRAINING_DATA: Final = """\
Public data sets in {}, and sentences that this project makes from templates. The bundle holds
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

_INTENDED_USE: Final = """\
To find posts for people to look at, under a written rule and with an appeal. It judges a text,
never its author. Not for: automatic removal without review, legal decisions, surveillance of
persons or groups, or languages other than {}."""

_LIMITS: Final = """\
English only. The training data was collected by keyword or written by annotators: its groups,
slurs and dialects are those of the United States and Britain around 2016 to 2022, and reclaimed
and in-group speech is often marked offensive in it. Texts are judged without their thread,
picture or author. The tables of this card show where it fails."""


_LIMITS_OF_LANGUAGES: Final = """\
Languages other than the served ones are not decided. Most of what is known of hate was learned in
English, and of dehumanization nearly all; the table under Languages says what was measured where.
The training data was collected by keyword or written by annotators: its groups, slurs and dialects
are those of a few countries around 2016 to 2024, and reclaimed and in-group speech is often marked
offensive in it. Texts are judged without their thread, picture or author. The tables of this card
show where it fails."""

_OTHER_OWNERS: Final = {"multilingual-e5-small": "intfloat"}


def base_of(manifest: Manifest) -> str:
    """The base model by its name on a hub."""
    name = manifest.base_model.name
    if name in _OTHER_OWNERS:
        return f"{_OTHER_OWNERS[name]}/{name}"
    return f"sentence-transformers/{manifest.base_model.name.removeprefix('gt-')}"


def training_data(manifest: Manifest) -> str:
    """What kind of data it is, in the languages that are served."""
    return _TRAINING_DATA.format(_named(manifest))


def intended_use(manifest: Manifest) -> Part:
    return Part("Intended use", [_INTENDED_USE.format(_named(manifest))])


def _serves_others(manifest: Manifest) -> bool:
    return any(language.code != ENGLISH for language in manifest.languages)


def _named(manifest: Manifest) -> str:
    """The languages that it serves, in words."""
    *others, last = (NAMES.get(language.code, language.code) for language in manifest.languages)
    return f"{', '.join(others)} and {last}" if others else last


def what_it_is(manifest: Manifest) -> str:
    return (
        f"A text classifier for moderation, fine-tuned from {manifest.base_model.name} "
        f"({manifest.base_model.licence}), exported to ONNX with {manifest.quantization.weights} "
        f"weights. It reads texts in windows of {manifest.window.length} tokens that overlap by "
        f"{manifest.window.overlap}; the score of a long text is that of its highest window."
    )


def names_elsewhere(manifest: Manifest) -> Part:
    """The labels in the words of the APIs that a service stands in for, and what is missing."""
    labels = [label.name for label in manifest.labels]
    own = ", ".join(f"`{name.upper()}`" for name in labels)
    others = ", ".join(f"`{name}`" for name in PERSPECTIVE_ONLY if label_of(name) not in labels)
    modelled = {name for name, label in OPENAI_MODELLED.items() if label in labels}
    missing = ", ".join(f"`{name}`" for name in OPENAI_CATEGORIES if name not in modelled)
    perspective = (
        f"As attributes of the Perspective API: {own}, each also with `{TWIN}`. Not modelled: "
        f"{others}. Whoever runs a service may let a label stand in for one of these "
        "(`--attribute-aliases`). Such a score is that of the label and says nothing of its own: "
        "every answer that holds one names it in `X-Upstander-Aliases`, and the discovery document "
        "says it too."
    )
    openai = (
        "As categories of OpenAI's moderation endpoint: "
        f"{', '.join(f'`{name}`' for name in sorted(modelled)) or 'none'}. Not modelled, and so "
        f"always false and 0.0: {missing}."
    )
    return Part("Names in other APIs", [perspective, openai])


def limits(manifest: Manifest) -> list[str]:
    """Where it ends, a paragraph each."""
    unverified = [source.name for source in manifest.sources if not source.licence_verified]
    licences = (
        f"Licences that were not verified at their source: {', '.join(unverified) or 'none'}. "
        "Texts taken from a platform also fall under that platform's terms."
    )
    return [_LIMITS_OF_LANGUAGES if _serves_others(manifest) else _LIMITS, licences]


def links(manifest: Manifest) -> Part:
    """Where the base model and the data sets come from."""
    base = base_of(manifest)
    addresses = {f"base model {base}": f"https://huggingface.co/{base}"} | {
        source.name: source.upstream for source in manifest.sources if "://" in source.upstream
    }
    # Some sets come from two places, so an address is no link.
    return Part("Relevant links", [Table(("what", "address"), [*map(list, addresses.items())])])


def checksums(manifest: Manifest) -> Part:
    """What proves that a file is the one that is meant."""
    return Part(
        "Checksums",
        [
            (
                "SHA-256 of every file of the bundle is in `SHA256SUMS`, and of every file of data "
                "that trained it in `manifest.json`, under `sources`."
            ),
            Table(
                ("file", "SHA-256"),
                [[f"base model {manifest.base_model.name}", f"`{manifest.base_model.sha256}`"]],
            ),
        ],
    )
