"""Wiegand et al.: sentences about four groups, abusive or not, all without slurs."""

from typing import Final

from upstander.evaluation import taxonomy
from upstander.training.example import Example
from upstander.training.sources.source import Context, Source, SourceFile, hate_labels

_COLUMNS: Final = ("#SENTENCE_FROM_TWEET", "LABEL", "TARGET")
_GERMAN: Final = {"Muslime": "mus", "Frauen": "wom", "Juden": "jew", "Homosexuelle": "gay"}


def _read(context: Context) -> Example:
    return _example(context, context.row["TARGET"], "en")


def _read_german(context: Context) -> Example:
    return _example(context, context.choose("TARGET", _GERMAN), "de")


def _example(context: Context, target: str, language: str) -> Example:
    return Example(
        text=context.row["#SENTENCE_FROM_TWEET"].strip().strip('"'),
        source=context.source,
        id=context.id,
        split="unsplit",
        labels=hate_labels(context.choose("LABEL", {"ABUSE": 1.0, "OTHER": 0.0})),
        targets=taxonomy.from_codes([target]),
        language=language,
    )


SOURCE = Source(
    name="wiegand_identity_groups",
    upstream="https://github.com/miwieg/naacl2022_identity_groups",
    licence="CC BY 4.0",
    licence_verified=True,
    citation="Wiegand, Eder, Ruppenhofer 2022, Identifying Implicitly Abusive Remarks",
    files=(
        SourceFile(
            "wiegand_identity_groups/english.jsonl.gz",
            "unsplit",
            _COLUMNS,
            2221,
            "f2902dea5f27495ceb65d6126752eb6bed109661133d469d67ca696c3c8357e7",
        ),
    ),
    heads={"hate": "groups", "dehumanization": "exact"},
    read=_read,
    note="English. Its other rows mention the same four groups.",
)

GERMAN = Source(
    name="wiegand_german",
    upstream=SOURCE.upstream,
    licence=SOURCE.licence,
    licence_verified=SOURCE.licence_verified,
    citation=SOURCE.citation,
    files=(
        SourceFile(
            "wiegand_identity_groups/german.jsonl.gz",
            "unsplit",
            _COLUMNS,
            970,
            "3caace01001f881d6b08a602592bbd77b2306e848ca253946b0c5f9370663325",
        ),
    ),
    heads=SOURCE.heads,
    read=_read_german,
    languages=("de",),
    note="German. Its other rows mention the same four groups.",
)
