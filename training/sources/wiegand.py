"""Wiegand et al.: sentences about four groups, abusive or not, all without slurs."""

from evaluation import taxonomy
from training.example import Example
from training.sources.source import Context, Source, SourceFile, hate_labels


def _read(context: Context) -> Example:
    return Example(
        text=context.row["#SENTENCE_FROM_TWEET"].strip().strip('"'),
        source=context.source,
        id=context.id,
        split="unsplit",
        labels=hate_labels(context.choose("LABEL", {"ABUSE": 1.0, "OTHER": 0.0})),
        targets=taxonomy.from_codes([context.row["TARGET"]]),
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
            ("#SENTENCE_FROM_TWEET", "LABEL", "TARGET"),
            2221,
            "f2902dea5f27495ceb65d6126752eb6bed109661133d469d67ca696c3c8357e7",
        ),
    ),
    heads={"hate": "groups", "dehumanization": "exact"},
    read=_read,
    note="Its other rows mention the same four groups. The German file is left out: English model.",
)
