"""Contextual Abuse Dataset: Reddit posts, labelled in the context of their thread."""

from upstander.training.example import Example
from upstander.training.sources.source import Context, Source, SourceFile, hate_labels

_COLUMNS = ("id", "text", "labels")
_ABUSE = {"IdentityDirectedAbuse", "AffiliationDirectedAbuse", "PersonDirectedAbuse"}


def _read(context: Context) -> Example:
    kinds = set(context.row["labels"].split(","))
    if unknown := kinds - _ABUSE - {"Neutral", "CounterSpeech"}:
        raise ValueError(f"{len(unknown)} unknown labels")
    return Example(
        text=context.row["text"].replace("[linebreak]", "\n"),
        source=context.source,
        id=context.row["id"],
        split=context.file.split,
        labels={
            **hate_labels(float("IdentityDirectedAbuse" in kinds)),
            "toxicity": float(bool(kinds & _ABUSE)),
        },
    )


SOURCE = Source(
    name="cad",
    upstream="https://github.com/dongpng/cad_naacl2021",
    licence="believed CC BY 4.0 on Zenodo (4881008)",
    licence_verified=False,
    citation="Vidgen et al. 2021, Introducing CAD",
    files=(
        SourceFile(
            "cad/train.jsonl.gz",
            "train",
            _COLUMNS,
            13584,
            "85b04d65f8ee213e1779c09d2a20e457917f701376e7f8582ac210ca11853375",
        ),
        SourceFile(
            "cad/dev.jsonl.gz",
            "dev",
            _COLUMNS,
            4526,
            "86834906d08997ce6eb9eedfeacfb001e9d5a735023cf240ec6f161b5265a291",
        ),
        SourceFile(
            "cad/test.jsonl.gz",
            "test",
            _COLUMNS,
            5307,
            "5363f8b358e578a91666f9d2c1693c582662f78e9da637d5f8721dd6de01caae",
        ),
    ),
    heads={"hate": "forums", "toxicity": "forums", "dehumanization": "exact"},
    presumed={"hate": "exact"},
    read=_read,
    note="Labels were given in thread context; negatives are ordinary Reddit posts.",
)
