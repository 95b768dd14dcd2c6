"""POLAR: posts in 22 languages about politics and groups, polarizing or not. Two sources of it.

What its columns mean for us was decided on a sample of each language that we serve (about thirty
rows of each kind):

- `polarization` is not hate: most of it is about parties, wars and governments. A row of type
  racial/ethnic, religious or gender/sexual with `vilification`, `dehumanization` or
  `extreme_language` is hateful in about half of the cases, in some languages less. It trains a head
  of its own, `hate.polarization`, which no label is fused from. Italian, Polish and Russian rows
  have no columns but the types: there the type is all that is said.
- `dehumanization` fits our definition hardly ever in English, German, Hindi and Spanish, where
  it stands for a hostile tone or a keyword, now and then in Arabic and Turkish, where it is mostly
  an insult by animals of one person or a rival nation, and in about half of the Chinese rows. Only
  the Chinese column is used, for a head of its own, `dehumanization.polarization`.
- The Urdu rows that are polarizing have nearly all columns at once: they say nothing and are left
  out.
- A row with `polarization` 0 may be rude, but attacks no group, but for a few in a hundred. Those
  of the languages served are the ordinary posts of each language (`polar_harmless`), presumed
  harmless as English ones are.

Rows of languages that are not served are left out. It has no labelled test part: the official
development part is our test, and one in five of the ordinary posts of the training part.
"""

from typing import Final

from upstander.evaluation.suites.polar import LANGUAGES, is_test
from upstander.training.example import Example
from upstander.training.sources.source import Context, Source, SourceFile, hate_labels, no_mechanism

_TYPES: Final = ("racial/ethnic", "religious", "gender/sexual")
"""The types of polarization that are about protected groups."""
_MANNERS: Final = ("vilification", "dehumanization", "extreme_language")
_CHINESE: Final = "zho"
_SAYS_NOTHING: Final = "urd"


def _read_harmless(context: Context) -> Example | None:
    language = LANGUAGES.get(context.row["lang"])
    if language is None or context.choose("polarization", {"0": False, "1": True}):
        return None
    text = context.row["text"]
    return Example(
        text=text,
        source=context.source,
        id=context.row["id"],
        split="test" if is_test(text) else context.file.split,
        labels=hate_labels(0.0),
        mechanisms=no_mechanism(0.0),
        language=language,
    )


def _read_polarizing(context: Context) -> Example | None:
    row = context.row
    language = LANGUAGES.get(row["lang"])
    if not context.choose("polarization", {"0": False, "1": True}) or language is None:
        return None
    if row["lang"] == _SAYS_NOTHING:
        return None
    of_groups = any(row[kind] == "1" for kind in _TYPES)
    manners = [row.get(manner) for manner in _MANNERS]
    labels = {"hate": float(of_groups and ("1" in manners or manners == [None] * len(manners)))}
    if row["lang"] == _CHINESE:
        labels["dehumanization"] = float(of_groups and row.get("dehumanization") == "1")
    labels["hate"] = max(labels.values())
    return Example(
        text=row["text"],
        source=context.source,
        id=row["id"],
        split=context.file.split,
        labels=labels,
        language=language,
    )


def _files(*columns: str, optional: tuple[str, ...] = ()) -> tuple[SourceFile, ...]:
    own = ("lang", "id", "text", "polarization", *columns)
    return (
        SourceFile(
            "multilingual/polar_train.jsonl.gz",
            "unsplit",
            own,
            73681,
            "9f7b5ee8eb0d99bb2e12851ede44ff118b9793e50e40d8bcfd207f79cd325d35",
            optional,
        ),
        SourceFile(
            "multilingual/polar_dev.jsonl.gz",
            "test",
            own,
            3687,
            "188ef9d49370f146c19fce1a87590e740d002de5b45e1461a77d555c6605ba63",
            optional,
        ),
    )


_UPSTREAM: Final = "https://github.com/Polar-SemEval/data-public"
_CITATION: Final = "POLAR, SemEval-2026 Task 9, Multilingual Online Polarization"

HARMLESS = Source(
    name="polar_harmless",
    upstream=_UPSTREAM,
    licence="CC BY 4.0",
    licence_verified=True,
    citation=_CITATION,
    files=_files(),
    heads={"hate": "exact", "dehumanization": "exact"},
    presumed={"hate": "polarization"},
    read=_read_harmless,
    languages=tuple(LANGUAGES.values()),
    note="Rows of eleven languages that are not polarizing: the ordinary posts of each.",
)

POLARIZING = Source(
    name="polar",
    upstream=_UPSTREAM,
    licence="CC BY 4.0",
    licence_verified=True,
    citation=_CITATION,
    files=_files(*_TYPES, optional=_MANNERS),
    heads={"hate": "polarization", "dehumanization": "polarization"},
    read=_read_polarizing,
    languages=tuple(code for lang, code in LANGUAGES.items() if lang != _SAYS_NOTHING),
    note="Polarizing rows of ten languages; noisy, and its classes are not ours.",
)
