"""Language by language: what is measured, on which rows, and who labelled them."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from upstander.models.languages import ENGLISH
from upstander.models.manifest import Manifest
from upstander.training.card.parts import Part, Table, measured

NAMES: Final = MappingProxyType(
    {
        "ar": "Arabic",
        "de": "German",
        "en": "English",
        "es": "Spanish",
        "fr": "French",
        "hi": "Hindi",
        "it": "Italian",
        "ko": "Korean",
        "nl": "Dutch",
        "pl": "Polish",
        "pt": "Portuguese",
        "ru": "Russian",
        "tr": "Turkish",
        "ur": "Urdu",
        "zh": "Chinese",
    }
)

_MHC: Final = "Multilingual HateCheck"
_WHOM: Final = MappingProxyType(
    {
        "multilingual_hatecheck": (_MHC, "written by native speakers, each case read by three"),
        "gahd": ("GAHD, test", "annotators of its authors"),
        "germeval2018": ("GermEval 2018, test", "annotators of its authors"),
        "toldbr": ("ToLD-Br, a tenth", "three people a tweet"),
        "cold": ("COLD, test", "annotators of its authors"),
        "beep": ("BEEP!, development part", "people of an annotation platform"),
        "roman_urdu": ("Roman Urdu, test", "annotators of its authors"),
        "mlma": ("MLMA, a fifth", "crowd workers, who agree little"),
        "polar": ("POLAR, development part and more", "speakers of each language"),
        "english": ("the suites of this card", "see annotation methodology"),
    }
)
"""A set of test rows to its name and who labelled it."""

_MEASURED_ON: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "ar": ("multilingual_hatecheck", "mlma", "polar"),
        "de": ("multilingual_hatecheck", "gahd", "germeval2018", "polar"),
        "en": ("english",),
        "es": ("multilingual_hatecheck", "polar"),
        "fr": ("multilingual_hatecheck", "mlma"),
        "hi": ("multilingual_hatecheck", "polar"),
        "it": ("multilingual_hatecheck", "polar"),
        "ko": ("beep",),
        "nl": ("multilingual_hatecheck",),
        "pl": ("multilingual_hatecheck", "polar"),
        "pt": ("multilingual_hatecheck", "toldbr"),
        "ru": ("polar",),
        "tr": ("polar",),
        "ur": ("roman_urdu", "polar"),
        "zh": ("multilingual_hatecheck", "cold", "polar"),
    }
)
"""Language to the sets whose test rows in it are judged. Of MLMA and POLAR the harmless rows alone
say something of `hate` by our definition: how many are flagged."""

_TOLD: Final = """\
A language is served if its posts are decided. *Measured* are the labels whose quality was measured
on test rows in it; every other label is learned from other languages, and nobody knows how good it
is there. The attributes of the Perspective API are calibrated on its own scores, which were of
English texts. One table of thresholds serves all languages; it was chosen so that few ordinary
English posts are flagged, and at most about 3 % of the harmless validation rows of any other
language."""

_MADE: Final = """\
In the ten languages of Multilingual HateCheck dehumanization was learned from sentences of this
project (`training/contrast/languages/`): a large language model wrote them in each language, and
no speaker of it has read them all. Multilingual HateCheck is made of templates, as they are: on
natural posts expect less. The harmless rows are of sets that were collected by keyword, and nearer
to hate than most of what people post. Urdu is measured in Latin letters only."""


def languages(
    manifest: Manifest,
    reports: Sequence[Mapping[str, Any]],
    calibrated: Mapping[str, Any],
) -> list[Part]:
    """The part on languages; none of a bundle that serves English alone.

    reports: the suites language by language, as the evaluation has them. calibrated: the report of
    the step `calibrate`.
    """
    if all(language.code == ENGLISH for language in manifest.languages):
        return []
    return [
        Part(
            "Languages",
            [
                _TOLD,
                _served(manifest),
                _MADE,
                "What the suites say of each language, at `balanced`, with 95 % intervals:",
                _by_language(reports),
                "Harmless validation rows that are flagged at `balanced`:",
                _flagged(calibrated),
            ],
        )
    ]


def _served(manifest: Manifest) -> Table:
    rows = []
    for language in manifest.languages:
        sets = [_WHOM[name] for name in _MEASURED_ON.get(language.code, ())]
        rows.append(
            [
                f"{NAMES.get(language.code, language.code)} ({language.code})",
                ", ".join(f"`{label}`" for label in language.measured) or "none",
                "; ".join(f"{name} ({whom})" for name, whom in sets) or "nothing",
            ]
        )
    return Table(("language", "measured", "on test rows of (labelled by)"), rows)


def _by_language(reports: Sequence[Mapping[str, Any]]) -> Table:
    return Table(
        ("language", "suite", "label", "macro-F1", "AUC", "accuracy", "rows", "positive"),
        [
            [
                NAMES.get(report["language"], report["language"]),
                report["suite"],
                report["label"],
                *(measured(report["headline"].get(name)) for name in ("macro_f1", "auc")),
                measured(report["headline"].get("accuracy")),
                f"{report['rows']:,}",
                f"{report['positives']:,}",
            ]
            for report in sorted(reports, key=lambda one: (one["language"], one["suite"]))
        ],
    )


def _flagged(calibrated: Mapping[str, Any]) -> Table:
    return Table(
        ("label", "language", "rows", "flagged"),
        [
            [
                output["name"],
                NAMES.get(code, code),
                f"{found['rows']:,}",
                f"{found['flagged']:.1%}",
            ]
            for output in calibrated["outputs"]
            for code, found in output.get("ordinary_by_language", {}).items()
        ],
    )
