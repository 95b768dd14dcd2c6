"""Stormfront sentences of de Gibert et al.: single sentences out of forum posts."""

from upstander.training.example import Example
from upstander.training.sources.source import Context, Source, SourceFile, hate_labels

_COLUMNS = ("file_id", "label", "text")


def _read(context: Context) -> Example | None:
    hateful = context.choose(
        "label", {"hate": 1.0, "noHate": 0.0, "relation": None, "idk/skip": None}
    )
    if hateful is None:
        return None  # hateful only together with its neighbours, or not judged
    return Example(
        text=context.row["text"],
        source=context.source,
        id=context.row["file_id"],
        split="unsplit",
        labels=hate_labels(hateful),
    )


SOURCE = Source(
    name="vicomtech",
    upstream="https://github.com/Vicomtech/hate-speech-dataset",
    licence="CC BY-SA 3.0 ES (share-alike)",
    licence_verified=True,
    citation="de Gibert, Perez, Garcia-Pablos, Cuadros 2018",
    files=(
        SourceFile(
            "vicomtech/train.jsonl.gz",
            "unsplit",
            _COLUMNS,
            1910,
            "0ba13d715478712772b2fc17af29cc3c6c4386fc81d2bbf55674cf5e1d8872a3",
        ),
        SourceFile(
            "vicomtech/unsampled.jsonl.gz",
            "unsplit",
            _COLUMNS,
            8518,
            "ed28fd46389c33a6392baa662500ec4acb02071231090b00f40919b338a6d051",
        ),
    ),
    heads={"hate": "forums", "dehumanization": "exact"},
    presumed={"hate": "exact"},
    read=_read,
    note="Single Stormfront sentences; some are hateful only in their thread.",
)
