"""Everyday posts of many domains, which a detector must leave alone. Presumed harmless."""

from upstander.training.example import Example
from upstander.training.sources.source import Context, Source, SourceFile, hate_labels, no_mechanism


def _read(context: Context) -> Example:
    row = context.row
    return Example(
        text=row["text"],
        source=context.source,
        id=f"{row['domain']}/{row['id']}",
        split=context.file.split,
        # Nobody was asked, yet these are not weak: without them nothing is calibrated on what
        # most traffic looks like.
        labels=hate_labels(0.0),
        mechanisms=no_mechanism(0.0),
        spans=(),
    )


SOURCE = Source(
    name="ordinary",
    upstream="this project",
    licence="several, all of which allow training; the file names the one of each row",
    licence_verified=False,
    citation="this project",
    files=(
        SourceFile(
            "ordinary/train.jsonl.gz",
            "unsplit",
            ("id", "text", "domain"),
            21855,
            "5963339879213226464eedb08265a920df7ece6b1dfbc539a57830460ad878e5",
        ),
    ),
    heads={"hate": "exact", "dehumanization": "exact"},
    read=_read,
    note="Presumed harmless, not labelled: a small share is rude or hostile.",
)
